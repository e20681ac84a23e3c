package dev.ferry.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.database.Catalog;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.Table;
import dev.ferry.database.TableFilter;
import dev.ferry.database.TableName;
import dev.ferry.failure.FerryException;
import dev.ferry.schema.SchemaRestore;
import dev.ferry.sync.SchemaDrift;
import dev.ferry.sync.SequenceCopy;
import dev.ferry.testing.AccessRights;
import dev.ferry.testing.SequenceComparison;
import dev.ferry.testing.SyncedPair;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A switch and its way back on a source that has parts left out, or that was altered since the sync began. */
class SourceChangesIT {
    private static final EpochFence FENCE = SyncedPair.fence(SyncedPair.EPOCH);
    private static final String SEQUENCES = """
            SELECT string_agg(concat_ws(' ', s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin,
                     s.seqmax, s.seqcache, s.seqcycle, d.refobjid::regclass, d.refobjsubid), '; ' ORDER BY s.seqrelid::regclass::text)
            FROM pg_sequence s LEFT JOIN pg_depend d ON d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
            WHERE s.seqrelid::regclass::text NOT LIKE 'ferry.%'
            """;

    private final SyncedPair pair = SyncedPair.create();

    @AfterEach
    void close() {
        pair.close();
    }

    private TestDatabase source() {
        return pair.heroku();
    }

    private static Predicate<TableName> without(String excludeTables) {
        TableFilter filter = TableFilter.parse(excludeTables);
        return name -> !filter.excludes(name);
    }

    private WriteFence fence(Predicate<TableName> included) {
        return new WriteFence(pair.source(), pair.target(), FENCE, included, pair);
    }

    private WriteFence fence() {
        return fence(name -> true);
    }

    private static void shutOut(WriteFence fence) {
        assertThat(fence.prepare()).isEmpty();
        assertThat(fence.engage(fence.engagement())).isEmpty();
        fence.revoke();
    }

    private Switch.Outcome runSwitch() {
        SchemaRestore schema = new SchemaRestore(pair.target(), FENCE, pair, null);
        TargetGate gate = new TargetGate(pair.route(), schema, pair.tables(), name -> true, pair);
        return new Switch(fence(), gate, pair.sync(), pair, 3, progress -> {})
                .run(() -> true, () -> true, session -> {});
    }

    private void assertRefused(String write) {
        assertThatThrownBy(() -> source().run(write))
                .as(write)
                .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo(SqlState.INSUFFICIENT_PRIVILEGE));
    }

    private String role(String name) {
        String role = source().name() + "_" + name;
        source().runAsSuperuser("CREATE ROLE " + role + " LOGIN");
        return role;
    }

    // ---- what is left out

    @Test
    void aSequenceGoesWithTheTableThatOwnsItWhateverItIsCalled() {
        pair.schema("""
                CREATE TABLE events (id bigserial PRIMARY KEY);
                CREATE TABLE audit (id bigserial PRIMARY KEY);
                CREATE TABLE audit_of_old (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
                CREATE SEQUENCE events_number;
                CREATE SEQUENCE invoice_number;
                """).captured();
        Predicate<TableName> included = without("public.events_*,public.audit");

        assertThat(SequenceCopy.statements(pair.source(), included))
                .extracting(statement -> statement.replaceAll(".*\\.\"?(\\w+)\"?'.*", "$1"))
                .containsExactlyInAnyOrder("audit_of_old_id_seq", "events_id_seq", "invoice_number");
        shutOut(fence(included));

        assertRefused("SELECT nextval('events_id_seq')");
        assertRefused("SELECT nextval('invoice_number')");
        source().run("INSERT INTO audit DEFAULT VALUES; SELECT nextval('events_number')");
    }

    @Test
    void aTreeIsLeftOutWithItsRoot() {
        pair.schema("""
                CREATE TABLE metric (id bigserial, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
                CREATE TABLE metric_2024 PARTITION OF metric FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
                  PARTITION BY RANGE (at);
                CREATE TABLE metric_2024_01 PARTITION OF metric_2024 FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
                CREATE TABLE old (id int);
                CREATE TABLE older () INHERITS (old);
                CREATE TABLE other (id int PRIMARY KEY);
                """).captured();
        Predicate<TableName> included = without("metric, old");
        try (Session session = pair.source().open()) {
            assertThat(Catalog.tables(session, included))
                    .extracting(Table::name)
                    .containsExactly(new TableName("public", "other"));
            assertThat(SchemaDrift.newTables(session, List.of(), included))
                    .containsExactly(new TableName("public", "other"));
        }
        shutOut(fence(included));

        assertRefused("INSERT INTO other VALUES (1)");
        source().run("""
                INSERT INTO metric (at) VALUES ('2024-01-05');
                INSERT INTO metric_2024 VALUES (100, '2024-01-05');
                INSERT INTO metric_2024_01 VALUES (101, '2024-01-05');
                INSERT INTO older VALUES (1)""");
    }

    @Test
    void aLeafThatIsLeftOutWithoutItsRootHoldsUpTheSwitch() {
        source().run("CREATE TABLE metric (id int, at int) PARTITION BY LIST (at)");
        pair.captured();
        source().run("CREATE TABLE metric_1 PARTITION OF metric FOR VALUES IN (1)");
        try (Session session = pair.source().open()) {
            assertThat(SchemaDrift.newTables(session, List.of(), without("metric_*")))
                    .containsExactly(new TableName("public", "metric_1"));
        }
    }

    // ---- sequences

    @Test
    void aSequenceThatCameOrChangedDuringTheSyncIsTheSameOnTheTarget() {
        pair.schema("CREATE TABLE a (id int PRIMARY KEY); CREATE SEQUENCE growing AS integer; CREATE SEQUENCE shifted")
                .captured();
        source().run("""
                CREATE SEQUENCE "order No" AS smallint INCREMENT -3 MINVALUE -300 MAXVALUE 90 START 60 CACHE 7 CYCLE;
                CREATE SEQUENCE of_a OWNED BY a.id;
                ALTER SEQUENCE growing AS bigint;
                SELECT setval('growing', 5000000000);
                ALTER SEQUENCE shifted MINVALUE 100 START 150 RESTART 120;
                SELECT nextval('"order No"')""");

        assertThat(runSwitch()).isEqualTo(Switch.Outcome.SWITCHED);

        assertThat(pair.planetScale().value(SEQUENCES)).isEqualTo(source().value(SEQUENCES));
        SequenceComparison.assertEqual(source(), pair.planetScale());
    }

    enum Obstacle {
        SCHEMA_MISSING("CREATE SCHEMA late; CREATE SEQUENCE late.number", "\"late\".\"number\"", "late"),
        RENAMED("ALTER SEQUENCE a_id_seq RENAME TO a_number", "a_number", "a_id_seq"),
        NO_IDENTITY("ALTER TABLE b ALTER id ADD GENERATED ALWAYS AS IDENTITY", "b_id_seq", "GENERATED");

        private final String change;
        private final String named;
        private final String told;

        Obstacle(String change, String named, String told) {
            this.change = change;
            this.named = named;
            this.told = told;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSequenceThatCannotBeMadeRefusesTheSwitchBeforeTheAppIsShutOut(Obstacle obstacle) {
        pair.schema("CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)")
                .captured();
        source().run(obstacle.change);
        SortedSet<String> rights = AccessRights.of(source());

        assertThatThrownBy(this::runSwitch)
                .isInstanceOfSatisfying(
                        FerryException.class,
                        e -> assertThat(e.getMessage() + e.remedy())
                                .contains(obstacle.named)
                                .contains(obstacle.told));

        assertThat(fence().engagedAt()).isEmpty();
        assertThat(AccessRights.of(source())).isEqualTo(rights);
        source().run("INSERT INTO a DEFAULT VALUES");
    }

    // ---- a crash between the fence and what follows it

    enum Crash {
        BEFORE_THE_FIRST_REVOKE,
        AMONG_THE_REVOKES,
        AFTER_THE_LAST_REVOKE
    }

    @ParameterizedTest
    @EnumSource
    void aSwitchResumedAfterTheFenceTakesTheMissingRightsAndItsOwnRevokesForNoDrift(Crash crash) {
        String clerk = role("clerk");
        pair.schema("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id serial PRIMARY KEY, v text)")
                .captured();
        source().run("GRANT UPDATE (v), SELECT (id) ON a TO " + clerk + "; GRANT SELECT (v) ON b TO " + clerk
                + "; INSERT INTO a VALUES (1, 'x')");
        pair.sync().acceptRightsChanges(fence().tablesWithColumnRights()); // as if that was there from the start
        SortedSet<String> before = AccessRights.of(source());
        WriteFence fence = fence();
        assertThat(fence.prepare()).isEmpty();
        assertThat(fence.engage(fence.engagement())).isEmpty();
        String saved = pair.planetScale()
                .value("SELECT md5(string_agg(r::text, ';' ORDER BY r::text)) FROM ferry.saved_right r");
        switch (crash) {
            case BEFORE_THE_FIRST_REVOKE -> {}
            case AMONG_THE_REVOKES ->
                source().run("REVOKE UPDATE (v) ON a FROM " + clerk + "; REVOKE DELETE ON b FROM " + source().owner());
            case AFTER_THE_LAST_REVOKE -> fence.revoke();
        }

        assertThat(runSwitch()).isEqualTo(Switch.Outcome.SWITCHED);

        assertThat(AccessRights.of(source()))
                .as("rights to write")
                .noneMatch(right -> right.matches(".* (INSERT|UPDATE|DELETE|TRUNCATE|USAGE) by .*"));
        assertThat(pair.planetScale()
                        .value("SELECT md5(string_agg(r::text, ';' ORDER BY r::text)) FROM ferry.saved_right r"))
                .isEqualTo(saved);
        assertThat(pair.planetScale().count("SELECT count(*) FROM ferry.table_copy WHERE suspended IS NOT NULL"))
                .isZero();
        pair.assertEqual();
        fence().release();
        assertThat(AccessRights.of(source())).isEqualTo(before);
    }

    @Test
    void aRevokeThatMeetsAGrantOfTheAppsIsTriedAgain() throws Exception {
        pair.schema("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)")
                .captured();
        String clerk = role("clerk");
        WriteFence fence = fence();
        assertThat(fence.prepare()).isEmpty();
        assertThat(fence.engage(fence.engagement())).isEmpty();
        try (Connection app = source().connect()) {
            app.setAutoCommit(false);
            app.createStatement().execute("GRANT SELECT ON a TO " + clerk);
            CompletableFuture<Boolean> revoking = pair.untilItWaits(() -> {
                fence.revoke();
                return true;
            });
            app.commit();
            assertThat(revoking.get(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(AccessRights.of(source()))
                .contains("public.a " + clerk + " SELECT by " + source().owner())
                .noneMatch(right -> right.matches("public\\.(a|b) .* (INSERT|UPDATE|DELETE|TRUNCATE) .*"));
    }

    // ---- the way back

    @Test
    void aReleaseGivesBackAllThatCanBeAndNamesTheRest() {
        String clerk = role("clerk");
        String gone = role("gone");
        pair.schema("CREATE TABLE a (id serial PRIMARY KEY, v int, w int); CREATE TABLE b (id serial PRIMARY KEY);"
                        + "CREATE TABLE c (id int PRIMARY KEY)")
                .captured();
        source().run("GRANT INSERT, DELETE ON a, b, c TO " + gone + ", " + clerk
                + "; GRANT UPDATE (v), UPDATE (w) ON a TO " + clerk);
        SortedSet<String> before = AccessRights.of(source());
        shutOut(fence());
        source().runAsSuperuser("REVOKE ALL ON a, b, c FROM " + gone + "; DROP ROLE " + gone);
        source().run("DROP TABLE b; ALTER TABLE a DROP COLUMN w");

        fence().release();

        assertThat(AccessRights.of(source()))
                .isEqualTo(before.stream()
                        .filter(right -> !right.contains(gone)
                                && !right.startsWith("public.b")
                                && !right.startsWith("public.a.w"))
                        .collect(java.util.stream.Collectors.toCollection(java.util.TreeSet::new)));
        assertThat(fence().engagedAt()).isEmpty();
        assertThat(pair.journal())
                .anyMatch(line -> line.contains("GRANT INSERT ON TABLE \"public\".\"a\" TO \"" + gone + "\"")
                        || line.contains("GRANT INSERT ON TABLE public.a TO " + gone))
                .anyMatch(line -> line.contains("UPDATE (w)") || line.contains("UPDATE (\"w\")"));
        source().run("INSERT INTO a DEFAULT VALUES; INSERT INTO c VALUES (1)");
    }

    @Test
    void aReleaseOfWhatWasNeverEngagedChangesNoRight() {
        String clerk = role("clerk");
        pair.schema("CREATE TABLE a (id int PRIMARY KEY)").captured();
        source().run("GRANT INSERT ON a TO " + clerk);
        fence().engagement(); // a try that came to nothing
        source().run("REVOKE INSERT ON a FROM " + clerk);
        SortedSet<String> before = AccessRights.of(source());

        fence().release();

        assertThat(AccessRights.of(source())).isEqualTo(before);
    }

    @Test
    void nothingOfFerryIsLeftOnASourceThatWasAlteredWhileItWasShut() throws SQLException {
        pair.schema("CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);"
                        + "CREATE TABLE c (id int PRIMARY KEY); CREATE TABLE d (id int PRIMARY KEY)")
                .captured();
        shutOut(fence());
        source().run("""
                CREATE SCHEMA elsewhere;
                ALTER TABLE a RENAME TO a2;
                ALTER TABLE b SET SCHEMA elsewhere;
                DROP TABLE c;
                ALTER TRIGGER ferry_write_fence ON d RENAME TO kept;
                CREATE SEQUENCE late;
                CREATE TABLE tree (id int) PARTITION BY LIST (id)""");

        assertThat(new SourceCleanup(pair.source(), FENCE, fence(), pair).run(pair.runId(), () -> true))
                .isTrue();

        assertThat(source().count("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"))
                .isZero();
        assertThat(source().count("SELECT count(*) FROM pg_namespace WHERE nspname = 'ferry'"))
                .isZero();
    }
}
