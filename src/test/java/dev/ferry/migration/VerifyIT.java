package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RandomWriter;
import dev.ferry.testing.TestDatabase;
import dev.ferry.verification.VerificationReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Verify as a user meets it: in a whole migration, with an app that writes. */
class VerifyIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    private VerificationReport ended(RunningMigration ferry) {
        await("the verification")
                .atMost(PATIENCE)
                .until(() -> ferry.status().verification().finishedAt() != null);
        return ferry.status().verification();
    }

    private String firstCompared() {
        return target.value("SELECT min(compared_at)::text FROM ferry.verification_range");
    }

    private void damage(String sql) {
        target.run("SET ferry.applying = on; SET session_replication_role = replica; " + sql);
    }

    @Test
    void findsAndRepairsDamageBesideAnAppThatWrites() {
        RandomWriter.createTables(source, 2000);
        source.run("CREATE TABLE quiet (id int PRIMARY KEY, v text);"
                + "INSERT INTO quiet SELECT g, 'v' FROM generate_series(1, 1000) g");
        try (RunningMigration ferry = RunningMigration.between(source, target, Map.of("ferry.verify.range", "64KB"))
                        .inSync();
                RandomWriter writer = RandomWriter.start(source, 2, 23, Duration.ofMillis(2))) {
            assertThat(ferry.status().verification()).isEqualTo(VerificationReport.NEVER);
            assertThat(ferry.status().cutoverReadiness().notes()).contains("The data was not verified row by row.");
            writer.awaitCommitted(50);
            VerificationReport clean = ferry.verified();
            assertThat(clean.state()).as(clean.toString()).isEqualTo("equal");
            assertThat(ferry.status().cutoverReadiness().notes())
                    .anyMatch(note -> note.startsWith("Verified: "))
                    .doesNotContain("The data was not verified row by row.");

            damage("UPDATE quiet SET v = 'w' WHERE id = 7; DELETE FROM quiet WHERE id = 8;"
                    + "INSERT INTO quiet VALUES (-1, 'extra')");
            VerificationReport found = ferry.verified();
            assertThat(found.state()).isEqualTo("different");
            assertThat(found.differences()).isEqualTo(3);
            await("the blocker")
                    .atMost(PATIENCE)
                    .until(() -> ferry.status().cutoverReadiness().hardBlockers().stream()
                            .anyMatch(blocker -> blocker.code().equals("verification_found_differences")));
            assertThat(ferry.refused(Action.SWITCH).code()).isEqualTo(Outcome.Refused.Code.CUTOVER_BLOCKED);

            ferry.accepted(Action.REPAIR);
            await("repaired")
                    .atMost(PATIENCE)
                    .until(() -> ferry.status().verification().state().equals("equal"));
            writer.stop();
            ferry.awaitReady();
            ferry.awaitEqual();
            assertThat(ferry.events()).anyMatch(event -> event.startsWith("Repair: 3 keys are in the log again"));
        }
    }

    @Test
    void aPausedVerificationOutlivesARestartAndTheSwitchEndsIt() throws SQLException {
        source.run(
                "CREATE TABLE big (id int PRIMARY KEY, v text); CREATE TABLE held (id int PRIMARY KEY);"
                        + "INSERT INTO big SELECT g, repeat('v', 300) FROM generate_series(1, 20000) g; INSERT INTO held VALUES (1)");
        try (RunningMigration ferry = RunningMigration.between(
                        source, target, Map.of("ferry.verify.range", "16KB", "ferry.verify.lanes", "1"))
                .inSync()) {
            try (Connection app = source.connect()) {
                app.setAutoCommit(false);
                app.createStatement()
                        .execute("LOCK TABLE held IN ACCESS EXCLUSIVE MODE"); // so that it is not over too soon
                ferry.accepted(Action.VERIFY);
                await("some of it")
                        .atMost(PATIENCE)
                        .until(() -> ferry.status().verification().rowsCompared() > 0);
                ferry.accepted(Action.PAUSE_VERIFICATION);
                await("paused")
                        .atMost(PATIENCE)
                        .until(() -> ferry.status().verification().state().equals("paused"));
                app.rollback();
            }
            ferry.restart(null);
            VerificationReport paused = ferry.status().verification();
            assertThat(paused.state()).isEqualTo("paused");
            assertThat(paused.rowsCompared()).isBetween(1L, 20_000L);
            String first = firstCompared();
            ferry.accepted(Action.RESUME_VERIFICATION);
            VerificationReport whole = ended(ferry);
            assertThat(whole.state()).isEqualTo("equal");
            assertThat(whole.rowsCompared()).isEqualTo(20_001);
            assertThat(firstCompared()).as("compared once").isEqualTo(first);

            ferry.awaitReady();
            ferry.accepted(Action.VERIFY);
            ferry.accepted(Action.SWITCH);
            ferry.awaitPhase(Phase.SWITCHED);
            assertThat(ferry.status().verification().state()).isIn("paused", "equal");
            assertThat(ferry.refused(Action.REPAIR).code()).isEqualTo(Outcome.Refused.Code.WRONG_PHASE);
            ferry.accepted(Action.REVERT);
            await("forgotten")
                    .atMost(PATIENCE)
                    .until(() -> ferry.status().verification().equals(VerificationReport.NEVER));
        }
    }

    @Test
    void afterTheSwitchItTellsDamageFromWhatTheAppWrites() {
        source.run("CREATE TABLE account (id bigserial PRIMARY KEY, v text); CREATE TABLE bare (v text);"
                + "CREATE TABLE quiet (id int PRIMARY KEY, v text); CREATE TABLE altered (id int PRIMARY KEY, v text);"
                + "INSERT INTO altered VALUES (1, 'v'); INSERT INTO account (v) SELECT 'v' FROM generate_series(1, 500); INSERT INTO bare VALUES ('b');"
                + "INSERT INTO quiet SELECT g, 'v' FROM generate_series(1, 500) g");
        try (RunningMigration ferry = RunningMigration.between(source, target).inSync()) {
            ferry.accepted(Action.SWITCH);
            ferry.awaitPhase(Phase.SWITCHED);
            VerificationReport clean = ferry.verified();
            assertThat(clean.state()).as(clean.toString()).isEqualTo("equal");

            target.run("UPDATE account SET v = 'app' WHERE id < 10; DELETE FROM account WHERE id = 20;"
                    + "INSERT INTO account (v) VALUES ('new')");
            target.run(
                    "SET session_replication_role = replica; ALTER TABLE quiet DISABLE TRIGGER ferry_capture;"
                            + "UPDATE quiet SET v = 'damaged' WHERE id = 77; ALTER TABLE quiet ENABLE ALWAYS TRIGGER ferry_capture");
            ferry.accepted(Action.VERIFY);
            await("the second result")
                    .atMost(PATIENCE)
                    .until(() -> ferry.status().verification().state().equals("different"));
            assertThat(ferry.status().verification().tables())
                    .singleElement()
                    .satisfies(found -> assertThat(found.keys())
                            .containsExactly(
                                    new VerificationReport.KeyReport("different", java.util.List.of("77"), 1)));

            target.run("INSERT INTO bare VALUES ('app'); TRUNCATE account;"
                    + "ALTER TABLE altered ALTER COLUMN v TYPE text USING upper(v)");
            ferry.accepted(Action.VERIFY);
            await("the third result")
                    .atMost(PATIENCE)
                    .until(() -> ferry.status().verification().tables().size() == 4);
            assertThat(ferry.status().verification().tables())
                    .extracting(VerificationReport.TableReport::outcome)
                    .containsExactly("different", "not_compared", "not_compared", "not_compared");
        }
    }

    @Test
    void theLastResultIsShownAndNoneIsOpenOnceNobodyCanGoOnWithIt() {
        source.run("CREATE TABLE quiet (id int PRIMARY KEY, v text); INSERT INTO quiet VALUES (1, 'v')");
        try (RunningMigration ferry = RunningMigration.between(source, target).inSync()) {
            assertThat(ferry.verified().state()).isEqualTo("equal");
            target.run("UPDATE ferry.migration SET verification_finished_at = '2100-01-01Z'");
            await("a later one of the same outcome")
                    .atMost(PATIENCE)
                    .until(() -> java.time.Instant.parse("2100-01-01T00:00:00Z")
                            .equals(ferry.status().verification().finishedAt()));
            ferry.awaitReady();
            ferry.accepted(Action.SWITCH);
            ferry.awaitPhase(Phase.SWITCHED);
            ferry.accepted(Action.VERIFY);
            ferry.accepted(Action.CLEANUP);
            ferry.awaitPhase(Phase.COMPLETED);
            await("the end of it")
                    .atMost(PATIENCE)
                    .until(() -> java.util.Set.of("incomplete", "equal")
                            .contains(ferry.status().verification().state()));
        }
    }
}
