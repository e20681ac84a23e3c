package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.ferry.database.SqlState;
import dev.ferry.testing.AccessRights;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Switches and reverts that something comes in the way of: the app writes to one end, and to one end alone. */
class UnfinishedSwitchIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
    private final String clerk = source.name() + "_clerk";
    private final RunningMigration ferry = RunningMigration.between(source, target);
    private SortedSet<String> rights = new java.util.TreeSet<>();

    @BeforeEach
    void startWithRightsOnSingleColumns() {
        source.runAsSuperuser("CREATE ROLE " + clerk + " LOGIN");
        source.run("""
                CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, note text);
                INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 100) i;
                ALTER TABLE t ADD CONSTRAINT not_50 CHECK (id <> 50) NOT VALID;
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
                CREATE SEQUENCE counter;
                CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS rows FROM t;
                GRANT SELECT, UPDATE (note) ON t TO %s;
                """.formatted(clerk));
        rights = AccessRights.of(source);
        ferry.inSync();
    }

    @AfterEach
    void close() {
        ferry.close();
    }

    /** Runs a statement in the very transaction that shuts the app out. */
    private void asTheAppIsShutOut(String statement, String as) {
        source.runAsSuperuser("""
                CREATE FUNCTION ferry.at_the_fence() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
                  $$ BEGIN %s; RETURN NULL; END $$;
                ALTER FUNCTION ferry.at_the_fence() OWNER TO %s;
                CREATE TRIGGER at_the_fence AFTER UPDATE ON ferry.write_fence FOR EACH ROW
                  WHEN (NEW.engaged_at IS NOT NULL) EXECUTE FUNCTION ferry.at_the_fence();
                """.formatted(statement, as));
    }

    private void asUsual() {
        source.runAsSuperuser("DROP FUNCTION ferry.at_the_fence() CASCADE");
    }

    private void assertTheAppWritesAsBefore() throws SQLException {
        assertThat(ferry.status().phase()).isEqualTo("replicating");
        assertThat(AccessRights.of(source))
                .filteredOn(right -> !right.contains("late"))
                .containsExactlyElementsOf(rights);
        source.run("UPDATE t SET v = 'v' WHERE id = 1; INSERT INTO t SELECT max(id) + 1, 'more' FROM t");
        asClerk("UPDATE t SET note = 'noted' WHERE id = 2");
    }

    private void asClerk(String sql) throws SQLException {
        try (Connection connection = source.connectAs(clerk, "");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void assertShutOut() {
        assertThatThrownBy(() -> source.run("INSERT INTO t VALUES (-1, 'no')"))
                .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo(SqlState.INSUFFICIENT_PRIVILEGE));
    }

    @ParameterizedTest
    @CsvSource({
        "CREATE TABLE public.late (id int PRIMARY KEY), DROP TABLE late",
        "ALTER TABLE public.t ADD COLUMN late int,"
    })
    void whatComesOrChangesAsTheAppIsShutOutStopsTheSwitch(
            String change, @org.jspecify.annotations.Nullable String undo) throws SQLException {
        asTheAppIsShutOut(change, source.owner());

        Outcome.Refused refused = ferry.refused(Action.SWITCH);

        assertThat(refused.code()).isEqualTo(Outcome.Refused.Code.CUTOVER_BLOCKED);
        assertThat(refused.message()).contains(undo == null ? "public.t" : "public.late");
        asUsual();
        assertTheAppWritesAsBefore();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> ferry.status().cutoverReadiness().hardBlockers().stream()
                        .anyMatch(blocker -> blocker.code().equals("schema_drift")));
        if (undo != null) {
            source.run(undo);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> ferry.status().cutoverReadiness().level() == Readiness.Level.READY);
            ferry.accepted(Action.SWITCH);
            RowComparison.assertEqual(source, target);
        }
    }

    @Test
    void aPlainSqlErrorLetsTheAppWriteAgainAndTheNextSwitchGoesThrough() throws SQLException {
        target.run("REVOKE ALL ON SEQUENCE counter FROM " + target.owner());

        Outcome.Refused refused = ferry.refused(Action.SWITCH);

        assertThat(refused.code()).isEqualTo(Outcome.Refused.Code.CUTOVER_BLOCKED);
        assertThat(refused.message()).contains("counter").contains("42501");
        assertTheAppWritesAsBefore();
        assertThat(target.count("SELECT count(*) FROM pg_constraint WHERE conname = 'not_50'"))
                .as("checks that are there from the switch on")
                .isZero();
        ferry.awaitReady();
        target.run("GRANT ALL ON SEQUENCE counter TO " + target.owner());
        ferry.accepted(Action.SWITCH);
        RowComparison.assertEqual(source, target);
        assertShutOut();
    }

    /** The fence cannot be opened, because its function belongs to somebody else; then it can. */
    @ParameterizedTest
    @CsvSource({"REVERT", "RETRY"})
    void aSwitchThatCouldNotEvenBeTakenBackIsTakenBackOnceThatIsPossible(Action action) throws SQLException {
        asTheAppIsShutOut("ALTER FUNCTION ferry.refuse_write() OWNER TO postgres", "postgres");
        target.run("REVOKE ALL ON SEQUENCE counter FROM " + target.owner());

        assertThat(ferry.refused(Action.SWITCH).message()).contains("stopped by an error");

        ferry.awaitPhase(Phase.ERROR);
        assertShutOut();
        assertThat(ferry.status().state()).isEqualTo("idle");
        assertThat(ferry.status().message()).contains("middle of a revert");
        assertThat(ferry.status().legalActions()).containsExactlyInAnyOrder(Action.REVERT, Action.RETRY, Action.ABORT);
        asUsual();
        source.runAsSuperuser("ALTER FUNCTION ferry.refuse_write() OWNER TO " + source.owner());
        target.run("GRANT ALL ON SEQUENCE counter TO " + target.owner());
        ferry.accepted(action);
        ferry.awaitReady();
        assertTheAppWritesAsBefore();
        ferry.accepted(Action.SWITCH);
        assertShutOut();
        RowComparison.assertEqual(source, target);
    }

    @Test
    void aRevertThatFailsWaitsForAPersonAndIsDoneOnRetry() throws SQLException {
        ferry.accepted(Action.SWITCH);
        target.runAsSuperuser("ALTER TABLE t OWNER TO postgres");

        assertThat(ferry.refused(Action.REVERT).message()).contains("stopped by an error");

        ferry.awaitPhase(Phase.ERROR);
        assertThat(ferry.status().legalActions())
                .containsExactlyInAnyOrder(Action.REVERT, Action.RETRY, Action.CLEANUP);
        target.runAsSuperuser("ALTER TABLE t OWNER TO " + target.owner());
        ferry.accepted(Action.RETRY);
        ferry.awaitPhase(Phase.REPLICATING);
        ferry.awaitReady();
        assertTheAppWritesAsBefore();
    }

    @Test
    void rightsOnSingleColumnsDoNotPassForDriftAfterARevert() throws SQLException {
        for (int round = 1; round <= 2; round++) {
            ferry.accepted(Action.SWITCH);
            RowComparison.assertEqual(source, target);
            assertThatThrownBy(() -> asClerk("UPDATE t SET note = 'no'")).isInstanceOf(SQLException.class);

            ferry.accepted(Action.REVERT);

            assertTheAppWritesAsBefore();
            String note = "round " + round;
            asClerk("UPDATE t SET note = '" + note + "' WHERE id < 20");
            await("the sync goes on")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> target.count("SELECT count(*) FROM t WHERE note = ?", note) == 19);
            ferry.awaitReady();
        }
    }

    @Test
    void aTriggerThatTheAppDroppedOnTheTargetDoesNotKeepARevertFromItsWork() throws SQLException {
        ferry.accepted(Action.SWITCH);
        target.run("DROP TRIGGER touch ON t");

        ferry.accepted(Action.REVERT);

        assertTheAppWritesAsBefore();
        ferry.awaitReady();
    }

    @Test
    void materializedViewsAreRefreshedBeforeTheAppIsShutOut() throws Exception {
        source.run("INSERT INTO t SELECT i, 'new' FROM generate_series(101, 150) i");
        ferry.awaitReady();
        await().until(() -> target.count("SELECT count(*) FROM t") == 150);
        try (Connection reader = target.connect();
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            statement.execute("EXPLAIN SELECT * FROM totals"); // locks it as a reader does

            CompletableFuture<Void> switching = CompletableFuture.runAsync(() -> ferry.accepted(Action.SWITCH));

            await("the refresh waits for the reader")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> switching.isDone() || target.count("""
                                    SELECT count(*) FROM pg_stat_activity
                                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                                      AND query LIKE '%REFRESH MATERIALIZED VIEW%' AND pid <> pg_backend_pid()
                                    """) > 0);
            assertThat(switching).isNotDone();
            source.run("UPDATE t SET v = 'still' WHERE id = 3");
            reader.rollback();
            switching.get(60, TimeUnit.SECONDS);
        }
        assertThat(target.count("SELECT rows FROM totals")).isEqualTo(150);
        RowComparison.assertEqual(source, target);
    }
}
