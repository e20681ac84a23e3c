package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.AccessRights;
import dev.ferry.testing.CatalogInventory;
import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RandomWriter;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SchemaComparison;
import dev.ferry.testing.SequenceComparison;
import dev.ferry.testing.TestDatabase;
import dev.ferry.testing.TpcB;
import dev.ferry.testing.Workload;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiveMigrationIT {
    /** Trigger creation may hold a table for 1.5 s, the switch all of them for 1 s; the rest is a busy machine's. */
    private static final Duration LONGEST_TRANSACTION = Duration.ofSeconds(4);

    @ParameterizedTest(name = "to PostgreSQL {0}, session_replication_role may be set: {1}")
    @CsvSource({"16, true", "17, false", "18, true"})
    void everyRowArrivesWhileTheAppWritesFromBeforeStartUntilAfterSwitch(int targetVersion, boolean mayReplicate) {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        TestDatabase target = PostgresServer.shared(targetVersion).planetScaleDatabase(mayReplicate);
        RandomWriter.createTables(source, 3000);
        TpcB.createTables(source, 1, 20_000);
        SortedSet<String> inventory = CatalogInventory.of(source);
        SortedSet<String> triggers = SchemaComparison.triggers(source);
        SortedSet<String> rights = AccessRights.of(source);

        try (RandomWriter random = RandomWriter.start(source, 2, 2_000 + targetVersion);
                TpcB bank = TpcB.start(source, 1, 3_000 + targetVersion, Duration.ofMillis(3));
                FerryProcess ferry = FerryProcess.between(source, target).start()) {
            List<Workload> writers = List.of(random, bank);
            writers.forEach(writer -> writer.awaitCommitted(100));

            ferry.start();
            ferry.awaitInSync();
            writers.forEach(writer -> writer.awaitCommitted(300));
            switchAndCompare(ferry, source, target, writers);
            assertThat(SchemaComparison.triggers(target)).isEqualTo(triggers);
            assertThat(ferry.status().path("write_blocked_ms").isNumber()).isTrue();

            ferry.revertSwitch();
            writers.forEach(Workload::expectWrites);
            writers.forEach(writer -> writer.awaitCommitted(300));
            assertThat(AccessRights.of(source)).isEqualTo(rights);

            switchAndCompare(ferry, source, target, writers);
            ferry.complete();
            assertThat(CatalogInventory.of(source)).isEqualTo(inventory);
            writers.forEach(Workload::awaitRefused);
            RowComparison.assertEqual(source, target);

            writers.forEach(Workload::stop);
            writers.forEach(Workload::assertUndisturbed);
            assertThat(writers)
                    .allSatisfy(writer -> assertThat(writer.longestTransaction())
                            .as("%s", writer)
                            .isLessThan(LONGEST_TRANSACTION));
            ferry.assertNoStackTrace();
            assertThat(ferry.peakResidentMegabytes()).isLessThan(450);
        }
    }

    private static void switchAndCompare(
            FerryProcess ferry, TestDatabase source, TestDatabase target, List<Workload> writers) {
        writers.forEach(Workload::expectRefusals);
        ferry.switchTraffic();
        writers.forEach(Workload::awaitRefused);
        RowComparison.assertEqual(source, target);
        SequenceComparison.assertNotBehind(source, target);
        SchemaComparison.assertEqual(source, target);
    }
}
