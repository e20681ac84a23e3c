package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.journal.Event;
import dev.ferry.schema.PgClient;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
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
    private @Nullable LiveMigration running;

    private LiveMigration migration() {
        return Objects.requireNonNull(running);
    }

    private void open(TestDatabase target) {
        running = new LiveMigration(
                new FerryEnvironment(source.url(), target.url(), null),
                LiveMigrationIT.properties(Map.of("ferry.cutover.attempts", "2")),
                PgClient.installed(),
                Clock.systemUTC());
        migration().start();
    }

    @AfterEach
    void close() {
        migration().close();
    }

    private Outcome perform(Action action) {
        return migration().perform(action, Migration.Options.NONE);
    }

    private void awaitPhase(Phase phase) {
        await("phase " + phase)
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(migration().status().phase()).isEqualTo(phase.label()));
    }

    private void startAndAwaitReady() {
        assertThat(perform(Action.START)).isInstanceOf(Outcome.Accepted.class);
        awaitReady();
    }

    private void awaitReady() {
        await("ready to switch")
                .atMost(Duration.ofSeconds(60))
                .until(() -> migration().status().cutoverReadiness().level() == Readiness.Level.READY);
    }

    private void awaitEqual(TestDatabase target) {
        await("every row is equal")
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> RowComparison.assertEqual(source, target));
    }

    private List<String> events() {
        return migration().events(1000).stream().map(Event::message).toList();
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
        startAndAwaitReady();

        assertThat(perform(Action.SWITCH)).isInstanceOf(Outcome.Accepted.class);
        await("the orphan is told")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(events())
                        .anySatisfy(message -> assertThat(message).contains("of_a", "VALIDATE CONSTRAINT")));
        assertThat(migration().status().phase()).isEqualTo("switched");
        assertThat(migration().status().legalActions()).contains(Action.REVERT, Action.CLEANUP);

        assertThat(perform(Action.REVERT)).isInstanceOf(Outcome.Accepted.class);
        awaitReady();
        assertThat(perform(Action.SWITCH)).isInstanceOf(Outcome.Accepted.class);
        assertThat(perform(Action.CLEANUP)).isInstanceOf(Outcome.Accepted.class);
        awaitPhase(Phase.COMPLETED);
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
        startAndAwaitReady();
        try (Connection reader = target.connect();
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            statement.execute("SELECT count(*) FROM a");
            CompletableFuture<Outcome> asked = CompletableFuture.supplyAsync(() -> perform(Action.SWITCH));
            int writes = 0;
            while (!asked.isDone()) {
                source.run("INSERT INTO a VALUES (" + (100 + writes++) + ", 1)"); // never refused
            }
            assertThat(asked.join()).isInstanceOf(Outcome.Refused.class);
            assertThat(writes).isPositive();
            assertThat(events())
                    .anySatisfy(message -> assertThat(message).contains("Switch, try 1 of 2", "on the target pid"));
            reader.rollback();
        }
        awaitReady();
        assertThat(perform(Action.SWITCH)).isInstanceOf(Outcome.Accepted.class);
        awaitPhase(Phase.SWITCHED);
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
        startAndAwaitReady();
        assertThat(perform(Action.SWITCH)).isInstanceOf(Outcome.Accepted.class);
        target.run("DROP TRIGGER f ON a");

        assertThat(perform(Action.REVERT)).isInstanceOf(Outcome.Accepted.class);
        source.run("INSERT INTO a VALUES (1)");
        awaitEqual(target);
    }

    @Test
    void aRevertThatFailsIsShownAndCanBeAskedForAgain() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("CREATE TABLE a (id bigint PRIMARY KEY)");
        open(target);
        startAndAwaitReady();
        assertThat(perform(Action.SWITCH)).isInstanceOf(Outcome.Accepted.class);
        target.run("ALTER TABLE ferry.trigger_state RENAME TO out_of_sight");

        assertThat(perform(Action.REVERT)).isInstanceOf(Outcome.Refused.class);
        awaitPhase(Phase.ERROR);
        assertThat(migration().status().error()).contains("ferry.trigger_state");
        assertThat(migration().status().legalActions()).contains(Action.RETRY, Action.REVERT, Action.CLEANUP);

        target.run("ALTER TABLE ferry.out_of_sight RENAME TO trigger_state");
        assertThat(perform(Action.REVERT)).isInstanceOf(Outcome.Accepted.class);
        source.run("INSERT INTO a VALUES (1)");
        awaitEqual(target);
    }

    @Test
    void aPauseEndsWithTheMigrationThatWasPaused() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("CREATE TABLE t (id bigserial PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 50)");
        open(target);
        startAndAwaitReady();
        assertThat(perform(Action.PAUSE)).isInstanceOf(Outcome.Accepted.class);
        assertThat(perform(Action.ABORT)).isInstanceOf(Outcome.Accepted.class);
        awaitPhase(Phase.ABORTED);
        assertThat(perform(Action.REMOVE_STATE)).isInstanceOf(Outcome.Accepted.class);
        target.run("DROP TABLE t");

        await("the checks have seen that the target is empty")
                .atMost(Duration.ofSeconds(30))
                .until(() -> perform(Action.START) instanceof Outcome.Accepted);
        awaitReady();
        RowComparison.assertEqual(source, target);
    }

    @Test
    void aSourceThatIsGoneForGoodKeepsNobodyFromCompleting() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("CREATE TABLE a (id bigint PRIMARY KEY)");
        open(target);
        startAndAwaitReady();
        assertThat(perform(Action.SWITCH)).isInstanceOf(Outcome.Accepted.class);
        source.runAsSuperuser("ALTER ROLE " + source.owner() + " NOLOGIN");
        source.runAsSuperuser(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + source.owner() + "'");

        assertThat(perform(Action.CLEANUP)).isInstanceOf(Outcome.Accepted.class);
        await("Complete is tried again, and the source named")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(migration().status().error()).contains("source"));
        assertThat(migration().perform(Action.CLEANUP, new Migration.Options(false, true, Set.of())))
                .isInstanceOf(Outcome.Accepted.class);
        awaitPhase(Phase.COMPLETED);
        target.run("INSERT INTO a VALUES (1)");
        assertThat(target.count("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'ferry%'"))
                .isZero();
    }

    @Test
    void aSourceThatWasFailedOverStopsTheSyncUntilAPersonDecides() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("CREATE TABLE a (id bigint PRIMARY KEY)");
        open(target);
        startAndAwaitReady();
        assertThat(target.value("SELECT timeline FROM ferry.source_server")).isEqualTo("00000001");
        target.run("UPDATE ferry.source_server SET timeline = '00000000'");
        migration().close();
        open(target); // a failover ends all connections; a new process is the hardest case of that

        awaitPhase(Phase.ERROR);
        assertThat(migration().status().error()).contains("timeline 00000000 has become 00000001", "Retry", "Abort");
        source.run("INSERT INTO a VALUES (1)");
        assertThat(target.count("SELECT count(*) FROM a")).isZero();

        assertThat(perform(Action.RETRY)).isInstanceOf(Outcome.Accepted.class);
        awaitEqual(target);
    }
}
