package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.schema.PgClient;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What was changed by hand at either end stands against a switch, until it is the same at both. */
class ReadinessIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
    private final LiveMigration migration = new LiveMigration(
            new FerryEnvironment(source.url(), target.url(), null),
            LiveMigrationIT.properties(Map.of()),
            PgClient.installed(),
            Clock.systemUTC());

    @BeforeEach
    void replicate() {
        source.run("""
                CREATE TABLE a (id bigint PRIMARY KEY, email text, n int);
                INSERT INTO a SELECT generate_series(1, 10);
                CREATE TABLE metric (id bigint, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
                CREATE TABLE metric_01 PARTITION OF metric FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
                """);
        migration.start();
        accepted(perform(Action.START, false));
        awaitLevel(Readiness.Level.READY);
    }

    @AfterEach
    void end() {
        migration.close();
    }

    private Outcome perform(Action action, boolean force) {
        return migration.perform(action, new Migration.Options(false, force, Set.of()));
    }

    private void accepted(Outcome outcome) {
        assertThat(outcome).as(() -> migration.events(50).toString()).isInstanceOf(Outcome.Accepted.class);
    }

    private void awaitLevel(Readiness.Level level) {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> migration.status().cutoverReadiness().level() == level);
    }

    @Test
    void aDefinitionThatOnlyTheSourceHasIsASoftBlocker() {
        String changes =
                "CREATE UNIQUE INDEX a_email ON a (email); ALTER TABLE a ADD CONSTRAINT positive CHECK (n > 0);"
                        + "CREATE VIEW v AS SELECT * FROM a; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'";
        source.run(changes);

        Outcome refused = perform(Action.SWITCH, false);

        assertThat(refused)
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        outcome ->
                                assertThat(outcome.code()).isEqualTo(Outcome.Refused.Code.CUTOVER_OVERRIDE_REQUIRED));
        Readiness readiness = migration.status().cutoverReadiness();
        assertThat(readiness.hardBlockers()).isEmpty();
        assertThat(readiness.softBlockers()).singleElement().satisfies(blocker -> {
            assertThat(blocker.code()).isEqualTo("definitions_changed");
            assertThat(blocker.message())
                    .contains("constraint public.a positive (new)")
                    .contains("function public.f() (new)")
                    .contains("index public.a_email (new)")
                    .contains("view public.v (new)");
        });

        target.run(changes);
        accepted(perform(Action.SWITCH, false));
    }

    @Test
    void aTableThatIsNewOnTheTargetAfterARevertIsAHardBlocker() {
        accepted(perform(Action.SWITCH, false));
        target.run("CREATE TABLE metric_02 PARTITION OF metric FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')");
        target.run("INSERT INTO metric VALUES (1, '2024-02-05')");
        target.run("ALTER TABLE a DISABLE TRIGGER USER; INSERT INTO a SELECT generate_series(100, 109);"
                + " ALTER TABLE a ENABLE TRIGGER USER; ALTER TABLE metric_01 RENAME TO elsewhere");
        accepted(perform(Action.REVERT, false));
        source.run("INSERT INTO metric VALUES (1, '2024-01-05')");
        awaitLevel(Readiness.Level.BLOCKED);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> migration.status().cutoverReadiness().hardBlockers().stream()
                        .noneMatch(blocker -> blocker.code().equals("revert_not_settled")));
        assertThat(migration.status().cutoverReadiness().hardBlockers())
                .allMatch(blocker -> blocker.code().equals("schema_drift"))
                .anyMatch(blocker -> blocker.message().contains("public.metric_02 is new")
                        && blocker.message().contains("public.metric_01 is gone"));
        assertThat(perform(Action.SWITCH, true)).isInstanceOf(Outcome.Refused.class);

        target.run("DROP TABLE metric_02; ALTER TABLE elsewhere RENAME TO metric_01");

        awaitLevel(Readiness.Level.READY);
        accepted(perform(Action.SWITCH, false));
        RowComparison.assertEqual(source, target);
        assertThat(target.count("SELECT count(*) FROM a")).isEqualTo(10);
    }
}
