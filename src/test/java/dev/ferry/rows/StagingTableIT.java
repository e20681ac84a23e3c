package dev.ferry.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.database.Catalog;
import dev.ferry.database.Session;
import dev.ferry.database.Table;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.testing.SyncedPair;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Stages live as long as a connection: over cycles, failures and whole migrations. */
class StagingTableIT {
    private static final String STAGES = "FROM pg_class WHERE relname LIKE 'ferry\\_stage\\_%' AND relkind = 'r'";

    private final SyncedPair pair = SyncedPair.create();

    @AfterEach
    void close() {
        pair.close();
    }

    private long stages(String expression) {
        return pair.planetScale().count("SELECT " + expression + " " + STAGES);
    }

    /** As it is now, under the number that it had. */
    private TrackedTable now(String name) {
        try (Session session = pair.source().open()) {
            Table table = Catalog.tables(session, any -> any.equals(new TableName("public", name)))
                    .get(0);
            return new TrackedTable(pair.table(name).id(), table);
        }
    }

    private long apply(Session destination, TrackedTable table) {
        try (Session origin = pair.source().open()) {
            origin.begin(Session.Isolation.REPEATABLE_READ);
            pair.route().beginApply(destination);
            long keys = new RowTransfer(origin, destination)
                    .applyLoggedKeys(
                            table, Objects.requireNonNull(table.definition().key()), 1, Long.MAX_VALUE);
            destination.commit();
            origin.commit();
            return keys;
        }
    }

    @Test
    void tablesOfOneShapeShareAStageHoweverManyTheyAre() {
        pair.schema(IntStream.range(0, 40)
                        .mapToObj(i -> "CREATE TABLE t" + i + " (id bigint PRIMARY KEY, v text);")
                        .collect(Collectors.joining()))
                .captured();
        pair.heroku()
                .run(IntStream.range(0, 40)
                        .mapToObj(i ->
                                "INSERT INTO t" + i + " SELECT g, 'row ' || " + i + " FROM generate_series(1, 3) g;")
                        .collect(Collectors.joining()));

        pair.cycle();

        pair.assertEqual();
        assertThat(stages("count(*)")).isEqualTo(1);
    }

    @Test
    void aStageIsKeptFromCycleToCycleAndItsSizeIsBounded() {
        pair.schema("CREATE TABLE t (id bigint PRIMARY KEY, v text)").captured();
        pair.heroku().run("INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 100) g");
        pair.cycle();
        long stage = stages("max(oid::bigint)");

        for (int i = 0; i < 60; i++) {
            pair.heroku().run("UPDATE t SET v = repeat('" + i % 10 + "', 500)");
            pair.cycle();
        }

        pair.assertEqual();
        assertThat(stages("max(oid::bigint)")).isEqualTo(stage);
        assertThat(stages("max(pg_table_size(oid))")).isLessThan(3 << 20);
    }

    @Test
    void aLargeBacklogLeavesNoRowsInTheStage() {
        pair.schema("CREATE TABLE t (id bigint PRIMARY KEY, v text)").captured();
        pair.heroku().run("INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 50000) g");

        pair.cycle();

        pair.assertEqual();
        assertThat(stages("max(pg_table_size(oid))")).isLessThan(100_000);
    }

    @Test
    void aTableWhoseColumnsChangedIsStagedInTheNewOnes() {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, v real)").captured();
        try (Session destination = pair.target().open()) {
            pair.heroku().run("INSERT INTO t VALUES (1, 0.5)");
            assertThat(apply(destination, pair.table("t"))).isEqualTo(1);
            String change = "ALTER TABLE t ALTER v TYPE double precision, ADD COLUMN w text";
            pair.heroku().run(change);
            pair.planetScale().run(change);
            pair.heroku().run("UPDATE t SET v = 1.23456789012345, w = 'new'");

            assertThat(apply(destination, now("t"))).isEqualTo(1);
        }
        pair.assertEqual();
    }

    @Test
    void aFailedTransferLeavesNoRowsToTheNext() {
        pair.schema("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text)")
                .captured();
        pair.planetScale().run("ALTER TABLE a ADD CONSTRAINT refuses CHECK (v <> 'refused')");
        try (Session destination = pair.target().open()) {
            pair.heroku().run("INSERT INTO b VALUES (1, 'first')");
            apply(destination, pair.table("b"));
            pair.heroku().run("INSERT INTO a VALUES (2, 'refused'); INSERT INTO b VALUES (3, 'third')");
            assertThatThrownBy(() -> apply(destination, pair.table("a"))).hasMessageContaining("refuses");
            destination.rollback();

            assertThat(apply(destination, pair.table("b"))).isEqualTo(1);
        }
        assertThat(pair.planetScale().value("SELECT string_agg(id::text, ',' ORDER BY id) FROM b"))
                .isEqualTo("1,3");
        assertThat(pair.logged("a")).isEqualTo(1);
    }

    @Test
    void aStageThatLostAColumnWithItsTypeIsMadeAnew() {
        String type = "CREATE TYPE mood AS ENUM ('good', 'bad');";
        pair.schema(type + "CREATE TABLE t (id int PRIMARY KEY, m mood)").captured();
        try (Session destination = pair.target().open()) {
            pair.heroku().run("INSERT INTO t VALUES (1, 'good')");
            apply(destination, pair.table("t"));
            pair.planetScale().run("DROP TYPE mood CASCADE; " + type + "ALTER TABLE t ADD COLUMN m mood");
            pair.heroku().run("UPDATE t SET m = 'bad'");

            assertThat(apply(destination, pair.table("t"))).isEqualTo(1);
        }
        pair.assertEqual();
    }
}
