package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.journal.Event;
import dev.ferry.schema.PgClient;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import dev.ferry.verification.VerificationReport;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A whole migration in this process, without HTTP: as quick as its databases are. */
final class RunningMigration implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final TestDatabase source;
    private final TestDatabase target;
    private final @Nullable String webhookUrl;
    private final @Nullable String disableNotifications;
    private final Map<String, String> settings;
    private LiveMigration migration;

    private RunningMigration(
            TestDatabase source,
            TestDatabase target,
            @Nullable String excludeTables,
            @Nullable String webhookUrl,
            @Nullable String disableNotifications,
            Map<String, String> settings) {
        this.source = source;
        this.target = target;
        this.webhookUrl = webhookUrl;
        this.disableNotifications = disableNotifications;
        this.settings = new HashMap<>(Map.of("ferry.sync.interval", "50ms"));
        this.settings.putAll(settings);
        this.migration = launched(excludeTables);
    }

    static RunningMigration between(TestDatabase source, TestDatabase target) {
        return new RunningMigration(source, target, null, null, null, Map.of());
    }

    static RunningMigration between(TestDatabase source, TestDatabase target, String excludeTables) {
        return new RunningMigration(source, target, excludeTables, null, null, Map.of());
    }

    static RunningMigration between(
            TestDatabase source, TestDatabase target, String excludeTables, Map<String, String> settings) {
        return new RunningMigration(source, target, excludeTables, null, null, settings);
    }

    static RunningMigration between(TestDatabase source, TestDatabase target, Map<String, String> settings) {
        return new RunningMigration(source, target, null, null, null, settings);
    }

    /** Tells its milestones to that address. */
    static RunningMigration telling(
            TestDatabase source,
            TestDatabase target,
            String webhookUrl,
            @Nullable String disableNotifications,
            Map<String, String> settings) {
        return new RunningMigration(source, target, null, webhookUrl, disableNotifications, settings);
    }

    private LiveMigration launched(@Nullable String excludeTables) {
        LiveMigration launched = new LiveMigration(
                new FerryEnvironment(source.url(), target.url(), excludeTables, webhookUrl, disableNotifications),
                LiveMigrationIT.properties(settings),
                PgClient.installed(),
                Clock.systemUTC());
        launched.start();
        return launched;
    }

    /** Start, until a switch is possible. */
    RunningMigration inSync() {
        accepted(Action.START);
        awaitReady();
        return this;
    }

    /** Start, until all is set up and the copy could begin. */
    RunningMigration heldBeforeTheCopy() {
        assertThat(migration.perform(Action.START, new Migration.Options(true, false, java.util.Set.of())))
                .isInstanceOf(Outcome.Accepted.class);
        awaitPhase(Phase.READY_TO_COPY);
        return this;
    }

    /** Ends it in good order and begins anew, with another value of EXCLUDE_TABLES. */
    void restart(@Nullable String excludeTables) {
        migration.close();
        migration = launched(excludeTables);
        await("leads")
                .atMost(PATIENCE)
                .until(() -> status().leader() && !status().phase().equals(Phase.WAITING.label()));
    }

    MigrationStatus status() {
        return migration.status();
    }

    List<String> events() {
        return migration.events(200).stream().map(Event::message).toList();
    }

    /** Waits for the answer, whatever it is. */
    Outcome perform(Action action, Migration.Options options) {
        return migration.perform(action, options);
    }

    void accepted(Action action) {
        assertThat(migration.perform(action, Migration.Options.NONE))
                .as(() -> action + ", events: " + events())
                .isInstanceOf(Outcome.Accepted.class);
    }

    Outcome.Refused refused(Action action) {
        Outcome outcome = migration.perform(action, Migration.Options.NONE);
        assertThat(outcome).as(() -> action + ", events: " + events()).isInstanceOf(Outcome.Refused.class);
        return (Outcome.Refused) outcome;
    }

    void awaitPhase(Phase phase) {
        await(phase.label()).atMost(PATIENCE).until(() -> {
            if (phase != Phase.ERROR) {
                assertThat(status().phase()).as(() -> events().toString()).isNotEqualTo("error");
            }
            return status().phase().equals(phase.label());
        });
    }

    void awaitReady() {
        await("ready to switch").atMost(PATIENCE).until(() -> {
            assertThat(status().phase()).as(() -> events().toString()).isNotEqualTo("error");
            assertThat(status().cutoverReadiness().hardBlockers())
                    .as(() -> events().toString())
                    .noneMatch(blocker -> blocker.code().equals("schema_drift"));
            return status().cutoverReadiness().level() == Readiness.Level.READY;
        });
    }

    /** Verifies from the beginning to the end, and gives what came out. */
    VerificationReport verified() {
        Instant before = status().verification().finishedAt();
        accepted(Action.VERIFY);
        await("the verification").atMost(PATIENCE).until(() -> {
            Instant at = status().verification().finishedAt();
            return at != null && !at.equals(before);
        });
        return status().verification();
    }

    void awaitEqual() {
        await("every row is equal").atMost(PATIENCE).untilAsserted(() -> RowComparison.assertEqual(source, target));
    }

    @Override
    public void close() {
        migration.close();
    }
}
