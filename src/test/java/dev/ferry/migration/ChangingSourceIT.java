package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.ferry.database.SqlState;
import dev.ferry.schema.PgClient;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whole migrations of a source with parts left out, or whose owner and administrator go on altering it. */
class ChangingSourceIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
    private @Nullable LiveMigration running;

    @AfterEach
    void end() {
        migration().close();
    }

    private LiveMigration migration() {
        return Objects.requireNonNull(running);
    }

    private void syncing(@Nullable String excludeTables) {
        running = new LiveMigration(
                new FerryEnvironment(source.url(), target.url(), excludeTables),
                LiveMigrationIT.properties(Map.of()),
                PgClient.installed(),
                Clock.systemUTC());
        migration().start();
        accepted(Action.START);
        awaitReady();
    }

    private void awaitReady() {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> migration().status().cutoverReadiness().level() == Readiness.Level.READY);
    }

    private void accepted(Action action) {
        assertThat(migration().perform(action, new Migration.Options(false, false, Set.of())))
                .as(() -> action + ", events: " + migration().events(50))
                .isInstanceOf(Outcome.Accepted.class);
    }

    private void awaitPhase(Phase phase) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> migration().status().phase().equals(phase.label()));
    }

    @Test
    void whatIsLeftOutGoesOnAtTheSourceAndTheRestIsWholeAtTheTarget() {
        source.run("""
                CREATE TABLE events (id bigserial PRIMARY KEY, v text);
                CREATE TABLE events_archive (id bigserial PRIMARY KEY, v text);
                CREATE TABLE audit (id bigserial PRIMARY KEY, v text);
                INSERT INTO events (v) SELECT 'x' FROM generate_series(1, 50);
                INSERT INTO audit (v) SELECT 'x' FROM generate_series(1, 50);
                CREATE TABLE metric (id bigint, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
                CREATE TABLE metric_2024 PARTITION OF metric FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
                INSERT INTO metric SELECT i, '2024-05-05' FROM generate_series(1, 50) i;
                """);
        syncing("public.events_*,public.audit,metric");
        target.run("INSERT INTO metric_2024 VALUES (1, '2024-07-07')"); // no copy of anything, so nobody's write is
        // refused
        accepted(Action.SWITCH);

        target.run("INSERT INTO events (v) VALUES ('after the switch')");
        assertThat(target.count("SELECT max(id) FROM events")).isEqualTo(51);
        assertThat(target.count("SELECT count(*) FROM metric")).isEqualTo(1);
        source.run("INSERT INTO audit (v) VALUES ('y'); INSERT INTO metric VALUES (1000, '2024-06-06');"
                + " INSERT INTO events_archive (v) VALUES ('z')");
        assertThatThrownBy(() -> source.run("INSERT INTO events (v) VALUES ('late')"))
                .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo(SqlState.INSUFFICIENT_PRIVILEGE));
        accepted(Action.CLEANUP);
        awaitPhase(Phase.COMPLETED);
        source.run("INSERT INTO audit (v) VALUES ('y'); INSERT INTO metric VALUES (1001, '2024-06-06')");
    }

    @Test
    void sequencesComeAndRolesGoAndSwitchRevertAndCompleteStillGoThrough() {
        String role = source.name() + "_worker";
        source.runAsSuperuser("CREATE ROLE " + role);
        source.run("CREATE TABLE a (id bigint PRIMARY KEY); GRANT INSERT ON a TO " + role);
        syncing(null);
        source.run("CREATE SEQUENCE order_no START 500; SELECT nextval('order_no')");

        accepted(Action.SWITCH);
        assertThat(target.count("SELECT nextval('order_no')")).isEqualTo(501);

        source.runAsSuperuser("DROP OWNED BY " + role + "; DROP ROLE " + role);
        source.run("CREATE SEQUENCE later_no; CREATE SCHEMA elsewhere; ALTER SEQUENCE order_no INCREMENT 10");
        accepted(Action.REVERT);
        source.run("INSERT INTO a VALUES (1); SELECT nextval('later_no'); SELECT nextval('later_no')");
        assertThat(migration().events(50)).anyMatch(event -> event.message().contains(role));

        awaitReady();
        accepted(Action.SWITCH);
        assertThat(target.count("SELECT count(*) FROM a")).isEqualTo(1);
        assertThat(target.count("SELECT nextval('later_no')")).isEqualTo(3);
        source.run("ALTER TABLE a RENAME TO a_old");
        accepted(Action.CLEANUP);
        awaitPhase(Phase.COMPLETED);
        assertThat(source.count("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"))
                .isZero();
    }

    @Test
    void aTableDroppedWhileTheAppIsAtTheTargetHoldsUpNeitherRevertNorAbort() {
        source.run("CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id bigserial PRIMARY KEY);"
                + " CREATE TABLE c (id bigint PRIMARY KEY)");
        syncing(null);
        accepted(Action.SWITCH);
        source.run("DROP TABLE b; ALTER TABLE c RENAME TO c_old");
        target.run("INSERT INTO b DEFAULT VALUES");

        accepted(Action.REVERT);
        source.run("INSERT INTO a VALUES (1)");
        assertThat(migration().events(50)).anyMatch(event -> event.message().contains("\"public\".\"c\""));
        accepted(Action.ABORT);

        awaitPhase(Phase.ABORTED);
        assertThat(source.count("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"))
                .isZero();
        assertThat(source.count("SELECT count(*) FROM pg_namespace WHERE nspname = 'ferry'"))
                .isZero();
    }
}
