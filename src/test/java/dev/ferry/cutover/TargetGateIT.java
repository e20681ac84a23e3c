package dev.ferry.cutover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.schema.SchemaRestore;
import dev.ferry.sync.LiveSync;
import dev.ferry.testing.SyncedPair;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A revert is exact, whatever was done to the target's tables while the app used it. */
class TargetGateIT {
    private final SyncedPair pair = SyncedPair.create();

    @AfterEach
    void close() {
        pair.close();
    }

    private void captured(String schema) {
        pair.schema(schema).captured();
        pair.heroku().run("INSERT INTO a SELECT i, 'row ' || i FROM generate_series(1, 10) i");
        pair.cycle();
        pair.assertEqual();
    }

    private void captured() {
        captured("CREATE TABLE a (id bigint PRIMARY KEY, v text); CREATE TABLE b (id bigint PRIMARY KEY)");
    }

    private TargetGate gate() {
        SchemaRestore schema = new SchemaRestore(pair.target(), SyncedPair.fence(SyncedPair.EPOCH), pair, null);
        return new TargetGate(pair.route(), schema, pair.tables(), name -> true, pair);
    }

    private void open() {
        assertThat(gate().prepare(() -> true)).isTrue();
        gate().open(session -> {});
    }

    private void revert() {
        gate().close(session -> {});
    }

    private List<String> differences() {
        return new TargetFingerprints(pair.target(), SyncedPair.fence(SyncedPair.EPOCH), pair)
                .differences(pair.tables());
    }

    private void sync() {
        LiveSync sync = pair.sync();
        sync.cycle(true, session -> {});
        assertThat(sync.suspended()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE a DISABLE TRIGGER USER; INSERT INTO a SELECT generate_series(100, 109);"
                        + " ALTER TABLE a ENABLE TRIGGER USER",
                "ALTER TABLE a ALTER v TYPE text USING upper(v)",
                "ALTER TABLE a ALTER v SET NOT NULL; UPDATE a SET v = 'x'",
                "DROP TRIGGER ferry_capture ON a; DELETE FROM a WHERE id < 5",
                "CREATE TABLE fresh (LIKE a INCLUDING ALL); INSERT INTO fresh SELECT 7 * id FROM a;"
                        + " DROP TABLE a; ALTER TABLE fresh RENAME TO a",
            })
    void aTableThatWasAlteredOnTheTargetIsReadFromTheSourceAgain(String changes) {
        captured();
        for (int round = 0; round < 2; round++) {
            open();
            pair.planetScale().run(changes);

            revert();

            assertThat(differences()).isEmpty();
            sync();
            pair.assertEqual();
        }
        assertThat(pair.markers("b")).as("the other table is left alone").isZero();
        assertThat(pair.journal()).anyMatch(line -> line.contains("public.a was changed on the target"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ALTER TABLE a DROP CONSTRAINT a_pkey; INSERT INTO a VALUES (1) | ALTER TABLE a ADD PRIMARY KEY (id) | another key
            ALTER TABLE a ADD COLUMN w int NOT NULL DEFAULT 1              | ALTER TABLE a DROP COLUMN w        | other columns
            ALTER TABLE a RENAME TO c; DELETE FROM c                       | ALTER TABLE c RENAME TO a          | gone
            """)
    void aTableThatCannotTakeTheSourcesRowsWaitsUntilItIsPutRight(String change, String back, String reason) {
        captured();
        open();
        pair.planetScale().run(change);

        revert();

        assertThat(differences())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("public.a ")
                .contains(reason);
        pair.heroku().run("INSERT INTO a VALUES (500, 'on the source'); INSERT INTO b VALUES (1)");
        LiveSync sync = pair.sync();
        sync.cycle(true, session -> {});
        assertThat(sync.suspended()).containsOnlyKeys("public.a");
        assertThat(pair.planetScale().count("SELECT count(*) FROM b")).isEqualTo(1);

        if (reason.equals("another key")) {
            pair.planetScale().run("SET ferry.applying = on; DELETE FROM a"); // it was there twice
        }
        pair.planetScale().run(back);

        assertThat(differences()).isEmpty();
        sync();
        pair.assertEqual();
        open();
    }

    @Test
    void aTableThatIsNewOnTheTargetIsNamedUntilItIsGone() {
        captured("""
                CREATE TABLE a (id bigint PRIMARY KEY, v text);
                CREATE TABLE metric (id bigint, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
                CREATE TABLE metric_01 PARTITION OF metric FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')
                """);
        open();
        pair.planetScale()
                .run("CREATE TABLE metric_02 PARTITION OF metric FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');"
                        + " INSERT INTO metric VALUES (1, '2024-02-05'), (1, '2024-01-05')");

        revert();

        assertThat(differences()).containsExactly("public.metric_02 is new");
        sync();
        pair.planetScale().run("DROP TABLE metric_02");
        assertThat(differences()).isEmpty();
        pair.assertEqual();
    }

    @Test
    void aTableThatWasThereBeforeTheSwitchIsNobodysConcern() {
        captured();
        pair.planetScale().run("CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.t (a int)");
        open();
        pair.planetScale().run("INSERT INTO a VALUES (100); ALTER TABLE elsewhere.t ADD COLUMN b int");

        revert();

        assertThat(differences()).isEmpty();
        assertThat(pair.markers("a")).as("only its keys are handed over").isZero();
        assertThat(pair.logged("a")).isEqualTo(1);
    }
}
