package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KeptExclusionsIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    @Test
    void aMigrationKeepsTheExclusionsThatItWasStartedWithAndSaysSo() {
        source.run("""
                CREATE TABLE t (id int PRIMARY KEY);
                CREATE TABLE audit_log (id int PRIMARY KEY);
                CREATE TABLE archive (id int PRIMARY KEY);
                """);
        try (RunningMigration ferry = RunningMigration.between(source, target, " audit_*,public.archive ")
                .inSync()) {
            assertThat(ferry.status().cutoverReadiness().notes()).noneMatch(note -> note.contains("EXCLUDE_TABLES"));

            ferry.restart("public.archive, audit_*");
            ferry.awaitReady();
            assertThat(ferry.status().cutoverReadiness().notes())
                    .as("the same patterns in another order")
                    .noneMatch(note -> note.contains("EXCLUDE_TABLES"));

            ferry.restart("t");
            source.run("INSERT INTO t VALUES (1); INSERT INTO audit_log VALUES (1); INSERT INTO archive VALUES (1)");
            ferry.awaitReady();

            assertThat(ferry.status().cutoverReadiness().notes())
                    .anyMatch(note ->
                            note.contains("EXCLUDE_TABLES is t now") && note.contains("audit_*, public.archive"));
            assertThat(ferry.events()).anyMatch(message -> message.contains("EXCLUDE_TABLES is t now"));
            assertThat(ferry.status().excludedTables()).containsExactly("audit_*", "public.archive");
            await().atMost(Duration.ofSeconds(20)).until(() -> target.count("SELECT count(*) FROM t") == 1);
            ferry.accepted(Action.SWITCH);
            assertThat(target.count("SELECT count(*) FROM t")).isEqualTo(1);
            assertThat(may("t")).as("the app is shut out of what was moved").isFalse();
            assertThat(may("audit_log") && may("archive"))
                    .as("and not of what was left out")
                    .isTrue();
            assertThat(target.count("SELECT (SELECT count(*) FROM audit_log) + (SELECT count(*) FROM archive)"))
                    .isZero();
            ferry.restart(null);
            ferry.accepted(Action.REVERT);
            assertThat(may("t")).isTrue();
        }
    }

    /** A run begun before the patterns were kept has none: then the process's own apply, as they did. */
    @Test
    void aMigrationOfBeforeGoesOnWithTheProcesssOwnExclusions() {
        source.run("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE audit_log (id int PRIMARY KEY)");
        try (RunningMigration ferry =
                RunningMigration.between(source, target, "audit_log").inSync()) {
            target.runAsSuperuser("""
                    ALTER TABLE ferry.migration DROP COLUMN excluded_tables, DROP COLUMN verification,
                      DROP COLUMN verification_started_at, DROP COLUMN verification_finished_at;
                    ALTER TABLE ferry.table_copy DROP COLUMN reloaded_at, DROP COLUMN reload_ms;
                    DROP TABLE ferry.opened_table, ferry.source_definition, ferry.source_server, ferry.milestone,
                      ferry.verification_definition, ferry.verification_difference, ferry.verification_range,
                      ferry.verification_table;
                    DELETE FROM ferry.flyway_schema_history WHERE version::int > 10;
                    """);
            ferry.restart("audit_log");
            ferry.awaitReady();

            assertThat(ferry.status().excludedTables()).containsExactly("audit_log");
            ferry.accepted(Action.SWITCH);
        }
    }

    private boolean may(String table) {
        return source.value("SELECT has_table_privilege(?, ?, 'INSERT')::text", source.owner(), table)
                .equals("true");
    }
}
