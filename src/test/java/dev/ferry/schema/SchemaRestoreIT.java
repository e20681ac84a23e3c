package dev.ferry.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.database.EpochFence;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaRestoreIT {
    private static boolean on() {
        return true;
    }

    private static void everything(SchemaRestore restore) {
        for (Stage stage : Stage.values()) {
            assertThat(restore.restore(stage, 3, SchemaRestoreIT::on)).isTrue();
        }
    }

    private static void onTarget(SchemaEnds ends, List<String> statements) {
        statements.forEach(ends.planetScale::run);
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 16, 17, 18})
    void everyDefinitionOfARichSchemaIsTheSameOnTheTarget(int version) {
        try (SchemaEnds ends = SchemaEnds.with(version).rich()) {
            SchemaRestore restore = ends.stored();

            everything(restore);
            onTarget(ends, restore.enableStatements());

            assertThat(Definitions.difference(ends.heroku, ends.planetScale)).isEmpty();
            assertThat(ends.journal()).isEmpty();
            for (Stage stage : Stage.values()) {
                SchemaRestore.Progress progress = restore.progress(stage);
                assertThat(progress.total()).as("%s", stage).isPositive();
                assertThat(progress.done()).as("%s", stage).isEqualTo(progress.total());
            }
        }
    }

    @Test
    void triggersAndTableRulesAreThereButDisabledUntilTheyAreEnabled() {
        try (SchemaEnds ends = SchemaEnds.with(17).rich()) {
            SchemaRestore restore = ends.stored();
            everything(restore);
            String enabled = """
                    SELECT (SELECT count(*) FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
                            WHERE NOT tgisinternal AND tgenabled <> 'D' AND relkind <> 'v')
                         + (SELECT count(*) FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class
                            WHERE ev_enabled <> 'D' AND relkind IN ('r', 'p'))
                    """;

            assertThat(ends.planetScale.count(enabled)).isZero();
            ends.planetScale.run(
                    "INSERT INTO ruled VALUES (1, 'a'); INSERT INTO events VALUES (1, '2025-05-05', 'a', NULL)");
            assertThat(ends.planetScale.count("SELECT count(*) FROM ruled_log")).isZero();

            onTarget(ends, restore.enableStatements());
            assertThat(Definitions.difference(ends.heroku, ends.planetScale)).isEmpty();

            onTarget(ends, restore.disableStatements());
            assertThat(ends.planetScale.count(enabled)).isZero();
            onTarget(ends, restore.enableStatements());
            assertThat(Definitions.difference(ends.heroku, ends.planetScale)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 18})
    void foreignKeysAreAddedNotValidAndValidatedLater(int version) {
        try (SchemaEnds ends = SchemaEnds.with(version).rich()) {
            SchemaRestore restore = ends.stored();
            for (Stage stage : List.of(Stage.PRE_DATA, Stage.INDEXES, Stage.TRIGGERS, Stage.FINISH, Stage.CHECKS)) {
                restore.restore(stage, 2, SchemaRestoreIT::on);
            }

            List<String> added = restore.addForeignKeysNotValid();
            assertThat(added)
                    .allMatch(statement -> statement.endsWith(" NOT VALID"))
                    .hasSizeGreaterThanOrEqualTo(7);
            onTarget(ends, added.subList(0, 3));
            onTarget(ends, restore.addForeignKeysNotValid()); // after an interruption
            assertThat(restore.addForeignKeysNotValid()).isEmpty();

            List<String> validated = restore.validateForeignKeys();
            onTarget(ends, validated.subList(0, 2));
            onTarget(ends, restore.validateForeignKeys());
            assertThat(restore.validateForeignKeys()).isEmpty();

            onTarget(ends, restore.enableStatements());
            assertThat(Definitions.difference(ends.heroku, ends.planetScale)).isEmpty();

            onTarget(ends, restore.dropForeignKeys());
            assertThat(ends.planetScale.count("SELECT count(*) FROM pg_constraint WHERE contype = 'f'"))
                    .isZero();
            assertThat(restore.dropForeignKeys()).isEmpty();
        }
    }

    @Test
    void foreignKeysAddedInPartAreDroppedInPart() {
        try (SchemaEnds ends = SchemaEnds.with(17).rich()) {
            SchemaRestore restore = ends.stored();
            restore.restore(Stage.PRE_DATA, 1, SchemaRestoreIT::on);
            restore.restore(Stage.INDEXES, 2, SchemaRestoreIT::on);
            onTarget(ends, restore.addForeignKeysNotValid());

            onTarget(ends, restore.dropForeignKeys());

            assertThat(ends.planetScale.count("SELECT count(*) FROM pg_constraint WHERE contype = 'f'"))
                    .isZero();
        }
    }

    @Test
    void constraintsThatOldRowsBreakComeLastAndGoAgain() {
        try (SchemaEnds ends = SchemaEnds.with(17).rich()) {
            SchemaRestore restore = ends.stored();
            String checks = "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND NOT convalidated";
            for (Stage stage :
                    List.of(Stage.PRE_DATA, Stage.INDEXES, Stage.FOREIGN_KEYS, Stage.TRIGGERS, Stage.FINISH)) {
                restore.restore(stage, 2, SchemaRestoreIT::on);
            }
            assertThat(ends.planetScale.count(checks)).isZero();

            restore.restore(Stage.CHECKS, 1, SchemaRestoreIT::on);
            assertThat(ends.planetScale.count(checks)).isEqualTo(2);
            restore.undo(Stage.CHECKS);
            assertThat(ends.planetScale.count(checks)).isZero();
            restore.restore(Stage.CHECKS, 1, SchemaRestoreIT::on);
            assertThat(ends.planetScale.count(checks)).isEqualTo(2);
        }
    }

    @Test
    void resumesAfterTheEntryThatFailed() {
        try (SchemaEnds ends = SchemaEnds.with(17).rich()) {
            ends.planetScale.run("CREATE TABLE keyless (mine integer)");
            SchemaRestore restore = ends.stored();

            assertThatThrownBy(() -> restore.restore(Stage.PRE_DATA, 1, SchemaRestoreIT::on))
                    .isInstanceOfSatisfying(FerryException.class, failure -> {
                        assertThat(failure.code()).isEqualTo(FailureCode.TARGET);
                        assertThat(failure)
                                .hasMessageContaining("TABLE public.keyless")
                                .hasMessageContaining("42P07");
                        assertThat(failure.remedy()).contains("Drop or rename");
                    });
            int done = restore.progress(Stage.PRE_DATA).done();
            assertThat(done)
                    .isPositive()
                    .isLessThan(restore.progress(Stage.PRE_DATA).total());
            assertThat(ends.planetScale.value("SELECT error FROM ferry.schema_entry WHERE error IS NOT NULL"))
                    .contains("already exists");

            ends.planetScale.run("DROP TABLE keyless");
            SchemaRestore another = ends.restore();
            everything(another);
            onTarget(ends, another.enableStatements());
            assertThat(Definitions.difference(ends.heroku, ends.planetScale)).isEmpty();
        }
    }

    @Test
    void bodiesWithUnqualifiedNamesRunUnderTheDatabasesOwnPathWhereTheServerLetsThem() {
        String sql = """
                CREATE FUNCTION inner_one(v integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN v; END';
                CREATE FUNCTION outer_one(v integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT inner_one(v)';
                CREATE TABLE a (id integer, CHECK (outer_one(id) > 0));
                CREATE INDEX by_function ON a (outer_one(id));
                """;
        try (SchemaEnds ends = SchemaEnds.with(16).source(sql)) {
            everything(ends.stored());
            assertThat(Definitions.difference(ends.heroku, ends.planetScale)).isEmpty();
        }
        try (SchemaEnds ends = SchemaEnds.with(17).source(sql)) {
            SchemaRestore restore = ends.stored();
            restore.restore(Stage.PRE_DATA, 1, SchemaRestoreIT::on);
            assertThatThrownBy(() -> restore.restore(Stage.INDEXES, 1, SchemaRestoreIT::on))
                    .isInstanceOfSatisfying(FerryException.class, failure -> {
                        assertThat(failure).hasMessageContaining("INDEX public.by_function");
                        assertThat(failure.remedy()).contains("SET search_path");
                    });
        }
    }

    @Test
    void stopsBetweenEntriesWhenToldAndGoesOnLater() {
        try (SchemaEnds ends = SchemaEnds.with(16).rich()) {
            SchemaRestore restore = ends.stored();
            restore.restore(Stage.PRE_DATA, 1, SchemaRestoreIT::on);
            AtomicInteger asked = new AtomicInteger();

            assertThat(restore.restore(Stage.INDEXES, 2, () -> asked.incrementAndGet() <= 3))
                    .isFalse();

            assertThat(restore.progress(Stage.INDEXES).done()).isBetween(2, 3);
            assertThat(restore.restore(Stage.INDEXES, 2, SchemaRestoreIT::on)).isTrue();
        }
    }

    @Test
    void aLeaderThatWasReplacedCommitsNothing() {
        try (SchemaEnds ends = SchemaEnds.with(17).rich()) {
            ends.stored();
            AtomicInteger held = new AtomicInteger();
            EpochFence lost = SchemaEnds.fence((session, end) -> {
                if (held.incrementAndGet() > 5) {
                    throw new FerryException(FailureCode.NOT_LEADER, "Another process leads.", "Nothing to do.");
                }
            });
            SchemaRestore restore = ends.restore(lost);

            assertThatThrownBy(() -> restore.restore(Stage.PRE_DATA, 1, SchemaRestoreIT::on))
                    .isInstanceOfSatisfying(
                            FerryException.class,
                            failure -> assertThat(failure.code()).isEqualTo(FailureCode.NOT_LEADER));
            assertThat(restore.progress(Stage.PRE_DATA).done()).isEqualTo(5);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 18})
    void undoLeavesNothing(int version) {
        try (SchemaEnds ends = SchemaEnds.with(version).rich()) {
            List<String> before = Definitions.of(ends.planetScale, false);
            SchemaRestore restore = ends.stored();
            everything(restore);

            restore.undo();

            assertThat(Definitions.difference(before, Definitions.of(ends.planetScale, false)))
                    .isEmpty();
            assertThat(restore.stored()).isFalse();
            assertThat(restore.enableStatements()).isEmpty();
        }
    }

    @Test
    void undoInTheMiddleDropsOnlyWhatWasMade() {
        try (SchemaEnds ends = SchemaEnds.with(17).rich()) {
            ends.planetScale.run("CREATE TABLE keyless (mine integer); INSERT INTO keyless VALUES (1)");
            ends.planetScale.run("CREATE SCHEMA heroku_ext; CREATE EXTENSION citext");
            List<String> before = Definitions.of(ends.planetScale, false);
            SchemaRestore restore = ends.stored();
            assertThatThrownBy(() -> restore.restore(Stage.PRE_DATA, 1, SchemaRestoreIT::on))
                    .isInstanceOf(FerryException.class);

            restore.undo();

            assertThat(Definitions.difference(before, Definitions.of(ends.planetScale, false)))
                    .isEmpty();
        }
    }

    @Test
    void undoDropsNothingWhenATableHoldsRows() {
        try (SchemaEnds ends = SchemaEnds.with(17).rich()) {
            SchemaRestore restore = ends.stored();
            everything(restore);
            ends.planetScale.run("INSERT INTO keyless VALUES (1, 'somebody''s')");
            List<String> before = Definitions.of(ends.planetScale, false);

            assertThatThrownBy(restore::undo)
                    .isInstanceOf(FerryException.class)
                    .hasMessageContaining("public.keyless")
                    .hasMessageNotContaining("somebody");

            assertThat(Definitions.difference(before, Definitions.of(ends.planetScale, false)))
                    .isEmpty();
        }
    }

    @Test
    void undoNamesWhatDependsOnItAndIsNotOurs() {
        try (SchemaEnds ends = SchemaEnds.with(17).source("CREATE TABLE a (id integer)")) {
            SchemaRestore restore = ends.stored();
            everything(restore);
            ends.planetScale.run("CREATE VIEW mine AS SELECT id FROM a");

            assertThatThrownBy(restore::undo)
                    .isInstanceOf(FerryException.class)
                    .hasMessageContaining("TABLE public.a could not be dropped");
            assertThat(ends.planetScale.count("SELECT count(*) FROM mine")).isZero();
        }
    }

    @Test
    void anExtensionThatCannotBeCreatedIsNamedUnlessNobodyNeedsIt() {
        try (SchemaEnds ends = SchemaEnds.with(17)) {
            ends.heroku.runAsSuperuser("""
                    CREATE SCHEMA heroku_ext;
                    CREATE EXTENSION pg_stat_statements WITH SCHEMA heroku_ext;
                    GRANT USAGE ON SCHEMA heroku_ext TO PUBLIC;
                    """);
            ends.heroku.run(
                    "CREATE VIEW slow AS SELECT query FROM heroku_ext.pg_stat_statements; CREATE TABLE a (id integer)");
            SchemaRestore restore = ends.stored();
            everything(restore);
            assertThat(ends.journal()).contains("pg_stat_statements").contains("VIEW public.slow");
            assertThat(ends.planetScale.value("SELECT to_regclass('public.a')::text"))
                    .isEqualTo("a");
        }
        try (SchemaEnds ends = SchemaEnds.with(17)) {
            ends.heroku.runAsSuperuser("CREATE EXTENSION pageinspect");
            SchemaRestore restore = ends.stored();

            assertThatThrownBy(() -> everything(restore)).isInstanceOfSatisfying(FerryException.class, failure -> {
                assertThat(failure).hasMessageContaining("Extension pageinspect");
                assertThat(failure.remedy()).contains("Enable pageinspect");
            });

            ends.planetScale.runAsSuperuser(
                    "CREATE SCHEMA pscale_extensions; CREATE EXTENSION pageinspect WITH SCHEMA pscale_extensions");
            everything(restore);
            assertThat(ends.journal()).contains("pageinspect is in schema pscale_extensions");
        }
    }

    @Test
    void whatBelongsToTheHostIsLeftOut() {
        try (SchemaEnds ends = SchemaEnds.with(17)) {
            ends.heroku.runAsSuperuser("""
                    CREATE SCHEMA _heroku;
                    CREATE TABLE _heroku.secret (id integer);
                    CREATE FUNCTION _heroku.create_ext() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
                    CREATE EVENT TRIGGER create_ext ON ddl_command_end EXECUTE FUNCTION _heroku.create_ext();
                    ALTER EVENT TRIGGER create_ext DISABLE;
                    CREATE SCHEMA ferry;
                    CREATE FUNCTION ferry.capture() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                    GRANT USAGE ON SCHEMA ferry TO PUBLIC;
                    """);
            ends.heroku.run("""
                    CREATE TABLE a (id integer);
                    CREATE TRIGGER ours AFTER INSERT ON a EXECUTE FUNCTION ferry.capture();
                    CREATE PUBLICATION p FOR TABLE a;
                    """);

            everything(ends.stored());

            assertThat(ends.planetScale.count("SELECT count(*) FROM pg_event_trigger"))
                    .isZero();
            assertThat(ends.planetScale.count("SELECT count(*) FROM pg_publication"))
                    .isZero();
            assertThat(ends.planetScale.count("SELECT count(*) FROM pg_trigger"))
                    .isZero();
            assertThat(ends.planetScale.count("SELECT count(*) FROM pg_namespace WHERE nspname = '_heroku'"))
                    .isZero();
            assertThat(ends.journal()).contains("EVENT TRIGGER").contains("TRIGGER public.a ours");
        }
    }

    @Test
    void foreignTablesAreDefinedAndMappingsOfUnknownRolesAreNamed() {
        try (SchemaEnds ends = SchemaEnds.with(17)) {
            for (TestDatabase database : List.of(ends.heroku, ends.planetScale)) {
                database.runAsSuperuser(
                        "CREATE EXTENSION postgres_fdw; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO "
                                + database.owner());
            }
            ends.heroku.run("""
                    CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h', dbname 'd;d');
                    CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere OPTIONS (user 'u', password 'verysecret');
                    CREATE FOREIGN TABLE far (id integer OPTIONS (column_name 'x')) SERVER elsewhere OPTIONS (table_name 't');
                    """);
            SchemaRestore restore = ends.stored();

            everything(restore);

            assertThat(Definitions.difference(ends.heroku, ends.planetScale)).isEmpty();
            assertThat(ends.journal()).contains("USER MAPPING").doesNotContain("verysecret");
            restore.undo();
            assertThat(ends.planetScale.count("SELECT count(*) FROM pg_foreign_server"))
                    .isZero();
        }
    }

    @Test
    void materializedViewsThatHeldDataAreRefreshedInOrder() {
        try (SchemaEnds ends = SchemaEnds.with(17).rich()) {
            SchemaRestore restore = ends.stored();
            everything(restore);
            ends.planetScale.run("INSERT INTO customers (email, code) VALUES ('a', 'a'), ('b', 'b'), ('c', 'c')");

            assertThat(restore.refreshMaterializedViews()).isEmpty();

            assertThat(ends.planetScale.count("SELECT n FROM over_summary")).isEqualTo(3);
            assertThat(ends.planetScale.count(
                            "SELECT count(*) FROM pg_class WHERE relkind = 'm' AND NOT relispopulated"))
                    .isEqualTo(1);
        }
    }

    @Test
    void createsAsTheCommonRoleWhereThatIsNoSuperuser() {
        try (PostgresServer server = PostgresServer.start(17, java.util.Map.of("fsync", "off"));
                SchemaEnds ends = SchemaEnds.with(server)) {
            assertThat(SchemaRestore.commonRole(ends.target)).isEmpty();
            ends.planetScale.runAsSuperuser("CREATE ROLE boss SUPERUSER LOGIN");
            SchemaEnds.runAs(ends.planetScale, "boss", """
                    ALTER ROLE postgres RENAME TO root_role;
                    CREATE ROLE postgres NOSUPERUSER;
                    GRANT postgres TO %1$s;
                    GRANT CREATE ON DATABASE %1$s TO postgres;
                    GRANT ALL ON SCHEMA public TO postgres;
                    """.formatted(ends.planetScale.owner()));
            ends.rich();

            String role = SchemaRestore.commonRole(ends.target).orElseThrow();
            SchemaRestore restore = new SchemaRestore(ends.target, SchemaEnds.NO_FENCE, ends, role);
            restore.store(ends.dump());
            everything(restore);
            onTarget(ends, restore.enableStatements());

            assertThat(SchemaEnds.valueAs(ends.planetScale, "boss", """
                            SELECT string_agg(DISTINCT pg_get_userbyid(relowner)::text, ',') FROM pg_class
                            WHERE relnamespace = 'public'::regnamespace
                            """)).isEqualTo("postgres");
            restore.undo();
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anInterruptCancelsTheIndexBuildAndTheNextRunGoesOn() throws InterruptedException {
        try (SchemaEnds ends = SchemaEnds.with(17).source("""
                CREATE FUNCTION slow(a integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM pg_sleep(60); RETURN a; END';
                CREATE TABLE a (id integer PRIMARY KEY);
                CREATE INDEX slow_one ON a (slow(id));
                """)) {
            SchemaRestore restore = ends.stored();
            restore.restore(Stage.PRE_DATA, 1, SchemaRestoreIT::on);
            ends.planetScale.run("INSERT INTO a VALUES (1)");
            AtomicReference<Throwable> outcome = new AtomicReference<>();
            Thread thread = new Thread(() -> {
                try {
                    restore.restore(Stage.INDEXES, 2, SchemaRestoreIT::on);
                } catch (RuntimeException e) {
                    outcome.set(e);
                }
            });
            thread.start();
            String building =
                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %CREATE INDEX slow_one%' AND state = 'active'";
            Awaitility.await().until(() -> ends.planetScale.count(building) == 1);
            assertThat(restore.progress(Stage.INDEXES).current()).contains("INDEX public.slow_one");

            thread.interrupt();
            thread.join(Duration.ofSeconds(20).toMillis());

            assertThat(outcome.get()).isInstanceOf(CancellationException.class);
            Awaitility.await().until(() -> ends.planetScale.count(building) == 0);
            ends.planetScale.run("DELETE FROM a");
            assertThat(restore.restore(Stage.INDEXES, 2, SchemaRestoreIT::on)).isTrue();
        }
    }

    @Test
    void aLostConnectionIsATransientFailureAndLeavesNoHalfEntry() {
        try (SchemaEnds ends = SchemaEnds.with(17).source("CREATE TABLE a (id integer); CREATE TABLE b (id integer)")) {
            ends.stored();
            EpochFence cut = SchemaEnds.fence((session, end) ->
                    ends.planetScale.runAsSuperuser("SELECT pg_terminate_backend(" + session.backendPid() + ")"));

            assertThatThrownBy(() -> ends.restore(cut).restore(Stage.PRE_DATA, 1, SchemaRestoreIT::on))
                    .isNotInstanceOf(FerryException.class)
                    .matches(dev.ferry.database.SqlState::isTransient);

            SchemaRestore again = ends.restore();
            assertThat(again.progress(Stage.PRE_DATA).done()).isZero();
            assertThat(again.restore(Stage.PRE_DATA, 1, SchemaRestoreIT::on)).isTrue();
        }
    }

    @Test
    void aSecondDumpDoesNotReplaceOneInUse() {
        try (SchemaEnds ends = SchemaEnds.with(17).source("CREATE TABLE a (id integer)")) {
            SchemaRestore restore = ends.stored();
            restore.store(ends.dump());
            restore.restore(Stage.PRE_DATA, 1, SchemaRestoreIT::on);
            DumpedSchema second = ends.dump();

            assertThatThrownBy(() -> restore.store(second)).isInstanceOf(FerryException.class);
        }
    }
}
