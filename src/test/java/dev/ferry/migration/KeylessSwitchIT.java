package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A table without a key whose reload keeps its distance: what is said of it, and that the switch brings it all the same. */
class KeylessSwitchIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    @Test
    void theSwitchReloadsATableWhoseReloadWaits() {
        source.run("CREATE TABLE keyless (a int, b text);"
                + " INSERT INTO keyless SELECT i, md5(i::text) FROM generate_series(1, 300000) i");
        try (RunningMigration migration =
                RunningMigration.between(source, target).inSync()) {
            source.run("INSERT INTO keyless VALUES (0, 'reloaded at once')");
            await("the first reload")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> keyless(migration).reloadSeconds() != null);

            source.run("INSERT INTO keyless VALUES (0, 'waits')");

            await("it is said that it waits")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> String.valueOf(keyless(migration).note()).contains("changed since"));
            assertThat(migration.status().cutoverReadiness().notes())
                    .anyMatch(note -> note.startsWith("Reloaded whole while writes are blocked")
                            && note.contains("public.keyless"));
            migration.accepted(Action.SWITCH);
            RowComparison.assertEqual(source, target);
        }
    }

    private static MigrationStatus.TableStatus keyless(RunningMigration migration) {
        return migration.status().tables().get(0);
    }
}
