package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.CatalogInventory;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import java.util.SortedSet;
import org.junit.jupiter.api.Test;

class ForeignRunIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase first = PostgresServer.shared(17).planetScaleDatabase(true);
    private final TestDatabase second = PostgresServer.shared(17).planetScaleDatabase(true);

    /** Both runs are in their first epoch, and the table has the same number in both: nothing but the run tells them apart. */
    @Test
    void abortLeavesTheCaptureOfAnotherRunAlone() {
        source.run("CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL); INSERT INTO t VALUES (1, 'one')");
        try (RunningMigration forgotten =
                RunningMigration.between(source, first).heldBeforeTheCopy()) {
            // What docs/remove-ferry.sql does, in short.
            source.run("DROP SCHEMA ferry CASCADE");
            try (RunningMigration other =
                    RunningMigration.between(source, second).inSync()) {
                SortedSet<String> inventory = CatalogInventory.of(source);
                String functions = functions();

                forgotten.accepted(Action.ABORT);
                forgotten.awaitPhase(Phase.ABORTED);

                assertThat(CatalogInventory.of(source)).isEqualTo(inventory);
                assertThat(functions()).as("what the triggers do").isEqualTo(functions);
                assertThat(forgotten.events()).anyMatch(message -> message.contains("another run"));
                source.run("UPDATE t SET v = 'changed'; INSERT INTO t VALUES (2, 'two')");
                other.awaitReady();
                other.accepted(Action.SWITCH);
                RowComparison.assertEqual(source, second);
            }
        }
    }

    private String functions() {
        return source.value("SELECT md5(string_agg(prosrc, ';' ORDER BY proname)) FROM pg_proc"
                + " WHERE pronamespace = 'ferry'::regnamespace");
    }
}
