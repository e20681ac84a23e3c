package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** There is no state that a user cannot get out of, and none in which the app is shut out of both ends for long. */
class WaysOutIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private @Nullable RunningMigration running;

    private RunningMigration ferry() {
        return Objects.requireNonNull(running);
    }

    private void open(TestDatabase target) {
        running = RunningMigration.between(
                source, target, Map.of("ferry.cutover.attempts", "2", "ferry.connect.timeout", "2s"));
    }

    @AfterEach
    void close() {
        ferry().close();
    }

    @Test
    void aForeignKeyThatOldRowsBreakIsToldAndTheSwitchStands() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(false);
        source.run("""
                CREATE TABLE a (id bigint PRIMARY KEY);
                CREATE TABLE b (id bigint PRIMARY KEY, a_id bigint CONSTRAINT of_a REFERENCES a);
                INSERT INTO a VALUES (1);
                INSERT INTO b VALUES (1, 1);
                """);
        source.runAsSuperuser("SET session_replication_role = replica; INSERT INTO b VALUES (2, 999)");
        open(target);
        ferry().inSync();

        ferry().accepted(Action.SWITCH);
        await("the orphan is told")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(ferry().events())
                        .anySatisfy(message -> assertThat(message).contains("of_a", "VALIDATE CONSTRAINT")));
        assertThat(ferry().status().phase()).isEqualTo("switched");
        assertThat(ferry().status().legalActions()).contains(Action.REVERT, Action.CLEANUP);

        ferry().accepted(Action.REVERT);
        ferry().awaitReady();
        ferry().accepted(Action.SWITCH);
        ferry().accepted(Action.CLEANUP);
        ferry().awaitPhase(Phase.COMPLETED);
        RowComparison.assertEqual(source, target);
    }

    @Test
    void aReaderOnTheTargetIsNamedAndTheAppIsNotShutOutForHim() throws SQLException {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("""
                CREATE TABLE a (id bigint PRIMARY KEY, n int);
                INSERT INTO a VALUES (1, -1);
                ALTER TABLE a ADD CONSTRAINT pos CHECK (n > 0) NOT VALID;
                """);
        open(target);
        ferry().inSync();
        try (Connection reader = target.connect();
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            statement.execute("SELECT count(*) FROM a");
            CompletableFuture<Outcome> asked =
                    CompletableFuture.supplyAsync(() -> ferry().perform(Action.SWITCH, Migration.Options.NONE));
            int writes = 0;
            while (!asked.isDone()) {
                source.run("INSERT INTO a VALUES (" + (100 + writes++) + ", 1)"); // never refused
            }
            assertThat(asked.join()).isInstanceOf(Outcome.Refused.class);
            assertThat(writes).isPositive();
            assertThat(ferry().events())
                    .anySatisfy(message -> assertThat(message).contains("Switch, try 1 of 2", "on the target pid"));
            reader.rollback();
        }
        ferry().awaitReady();
        ferry().accepted(Action.SWITCH);
        ferry().awaitPhase(Phase.SWITCHED);
        RowComparison.assertEqual(source, target);
        assertThat(target.count("SELECT count(*) FROM pg_constraint WHERE conname = 'pos' AND NOT convalidated"))
                .isEqualTo(1);
    }

    @Test
    void aTriggerThatTheAppDropsOnTheTargetDoesNotKeepItFromGoingBack() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("""
                CREATE TABLE a (id bigint PRIMARY KEY);
                CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                CREATE TRIGGER f BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f();
                """);
        open(target);
        ferry().inSync();
        ferry().accepted(Action.SWITCH);
        target.run("DROP TRIGGER f ON a");

        ferry().accepted(Action.REVERT);
        source.run("INSERT INTO a VALUES (1)");
        ferry().awaitEqual();
    }

    @Test
    void aRevertThatFailsIsShownAndCanBeAskedForAgain() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("CREATE TABLE a (id bigint PRIMARY KEY)");
        open(target);
        ferry().inSync();
        ferry().accepted(Action.SWITCH);
        target.run("ALTER TABLE ferry.trigger_state RENAME TO out_of_sight");

        ferry().refused(Action.REVERT);
        ferry().awaitPhase(Phase.ERROR);
        assertThat(ferry().status().error()).contains("ferry.trigger_state");
        assertThat(ferry().status().legalActions()).contains(Action.RETRY, Action.REVERT, Action.CLEANUP);

        target.run("ALTER TABLE ferry.out_of_sight RENAME TO trigger_state");
        ferry().accepted(Action.REVERT);
        source.run("INSERT INTO a VALUES (1)");
        ferry().awaitEqual();
    }

    @Test
    void aPauseEndsWithTheMigrationThatWasPaused() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("CREATE TABLE t (id bigserial PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 50)");
        open(target);
        ferry().inSync();
        ferry().accepted(Action.PAUSE);
        ferry().accepted(Action.ABORT);
        ferry().awaitPhase(Phase.ABORTED);
        ferry().accepted(Action.REMOVE_STATE);
        target.run("DROP TABLE t");

        await("the checks have seen that the target is empty")
                .atMost(Duration.ofSeconds(30))
                .until(() -> ferry().perform(Action.START, Migration.Options.NONE) instanceof Outcome.Accepted);
        ferry().awaitReady();
        RowComparison.assertEqual(source, target);
    }

    @Test
    void aSourceThatIsGoneForGoodKeepsNobodyFromCompleting() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("CREATE TABLE a (id bigint PRIMARY KEY)");
        open(target);
        ferry().inSync();
        ferry().accepted(Action.SWITCH);
        source.runAsSuperuser("ALTER ROLE " + source.owner() + " NOLOGIN");
        source.runAsSuperuser(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + source.owner() + "'");

        ferry().accepted(Action.CLEANUP);
        await("Complete is tried again, and the source named")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(ferry().status().error()).contains("source"));
        assertThat(ferry().perform(Action.CLEANUP, new Migration.Options(false, true, Set.of())))
                .isInstanceOf(Outcome.Accepted.class);
        ferry().awaitPhase(Phase.COMPLETED);
        target.run("INSERT INTO a VALUES (1)");
        assertThat(target.count("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'ferry%'"))
                .isZero();
    }

    @Test
    void aSourceThatWasFailedOverStopsTheSyncUntilAPersonDecides() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("CREATE TABLE a (id bigint PRIMARY KEY)");
        open(target);
        ferry().inSync();
        assertThat(target.value("SELECT timeline FROM ferry.source_server")).isEqualTo("00000001");
        target.run("UPDATE ferry.source_server SET timeline = '00000000'");
        ferry().close();
        open(target); // a failover ends all connections; a new process is the hardest case of that

        ferry().awaitPhase(Phase.ERROR);
        assertThat(ferry().status().error()).contains("timeline 00000000 has become 00000001", "Retry", "Abort");
        source.run("INSERT INTO a VALUES (1)");
        assertThat(target.count("SELECT count(*) FROM a")).isZero();

        ferry().accepted(Action.RETRY);
        ferry().awaitEqual();
    }

    @Test
    void aForeignKeyThatSomebodyMadeOnTheTargetMakesItsTablesWaitAndTakesNoChildAlong() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(false);
        source.run("""
                CREATE TABLE a (id int PRIMARY KEY, v int);
                CREATE TABLE b (id int PRIMARY KEY, a_id int);
                CREATE TABLE c (id int PRIMARY KEY);
                INSERT INTO a VALUES (1, 0);
                INSERT INTO b VALUES (1, 1);
                """);
        open(target);
        ferry().inSync();
        target.run("ALTER TABLE b ADD CONSTRAINT of_a FOREIGN KEY (a_id) REFERENCES a ON DELETE CASCADE");

        source.run("UPDATE a SET v = 1; INSERT INTO c VALUES (1)");

        await("the other tables go on")
                .atMost(Duration.ofSeconds(30))
                .until(() -> target.count("SELECT count(*) FROM c") == 1);
        await("the status names it")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(
                                ferry().status().cutoverReadiness().hardBlockers())
                        .anySatisfy(blocker -> assertThat(blocker.message()).contains("public.a", "foreign key of_a")));
        assertThat(target.count("SELECT count(*) FROM b")).isEqualTo(1);
        assertThat(target.count("SELECT v FROM a")).isZero();

        target.run("ALTER TABLE b DROP CONSTRAINT of_a");
        ferry().awaitEqual();
        await("ready to switch")
                .atMost(Duration.ofSeconds(30))
                .until(() -> ferry().status().cutoverReadiness().level() == Readiness.Level.READY);
    }
}
