package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.FaultyProxy;
import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RandomWriter;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SampleTables;
import dev.ferry.testing.TestDatabase;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class PauseResumeIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration STILLNESS = Duration.ofMillis(1500);
    private static final int ORDERS = 60_000;
    private static final int WORKERS = 2;
    /** A chunk of 256 kB of heap holds fewer rows than this. */
    private static final int ROWS_IN_A_CHUNK = 2_500;

    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    private static long copiedBytes(JsonNode status) {
        return status.path("progress_signals")
                .path("byte_weighted")
                .path("copied_bytes")
                .longValue(0);
    }

    private static double percent(JsonNode status) {
        return status.path("progress_signals")
                .path("byte_weighted")
                .path("percent")
                .doubleValue(0);
    }

    private static String state(JsonNode status) {
        return FerryProcess.text(status.path("state"));
    }

    /** Rows that were ever inserted into the copied tables of the target, by the server's own count. */
    private long rowsEverInserted() {
        return target.count("SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables"
                + " WHERE schemaname = 'public' AND relname IN ('orders', 'customers')");
    }

    private void awaitPaused(FerryProcess ferry) {
        ferry.awaitStatus("paused", PATIENCE, now -> state(now).equals("paused"));
    }

    @Test
    void aPauseInTheCopyStopsItAndNothingDoneIsCopiedAgain() {
        SampleTables.create(source, ORDERS);
        try (FaultyProxy network = FaultyProxy.before(target.server());
                FerryProcess ferry = FerryProcess.between(source, target)
                        .target(network.url(target))
                        .set("FERRY_COPY_WORKERS", Integer.toString(WORKERS))
                        .start()) {
            network.limit(2_000_000);
            ferry.start();
            for (int goal : new int[] {15, 45}) {
                ferry.awaitStatus("copy at " + goal + " %", PATIENCE, now -> percent(now) >= goal);
                ferry.post("/pause-sync").expect(200);
                awaitPaused(ferry);
                assertThat(ferry.phase()).isEqualTo("copying");
                long copied = copiedBytes(ferry.status());
                Awaitility.await("nothing is copied while paused")
                        .during(STILLNESS)
                        .atMost(PATIENCE)
                        .until(() -> copiedBytes(ferry.status()) == copied);
                assertThat(ferry.post("/switch-traffic?force=true").status()).isEqualTo(409);
                source.run("UPDATE orders SET note = 'while paused' WHERE id % 100 = " + goal);
                ferry.post("/resume-sync").expect(200);
                JsonNode going = ferry.awaitStatus(
                        "resumed", PATIENCE, now -> !state(now).equals("paused"));
                assertThat(copiedBytes(going)).isGreaterThanOrEqualTo(copied);
            }
            network.resume();
            ferry.awaitInSync();
            Awaitility.await("the updated rows arrive")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> RowComparison.assertEqual(source, target));

            long rows = source.count("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM customers)");
            long updated = source.count("SELECT count(*) FROM orders WHERE note = 'while paused'");
            // Beside the copy itself: an updated row is copied, pruned and synced, and it may have moved to a later
            // chunk.
            long most = rows + 3 * updated + 2L * WORKERS * ROWS_IN_A_CHUNK;
            Awaitility.await("the server's count is up to date")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(rowsEverInserted()).isBetween(rows, most));
        }
    }

    @Test
    void aPauseInTheCopyOutlivesARestart() {
        SampleTables.create(source, ORDERS);
        try (FaultyProxy network = FaultyProxy.before(target.server());
                FerryProcess ferry = FerryProcess.between(source, target)
                        .target(network.url(target))
                        .start()) {
            network.limit(2_000_000);
            ferry.start();
            ferry.awaitStatus("copy at 20 %", PATIENCE, now -> percent(now) >= 20);
            ferry.post("/pause-sync").expect(200);
            awaitPaused(ferry);
            long copied = copiedBytes(ferry.status());
            ferry.killHard();
            network.resume();
            ferry.restart();
            awaitPaused(ferry);
            assertThat(ferry.phase()).isEqualTo("copying");
            assertThat(copiedBytes(ferry.status())).isEqualTo(copied);
            ferry.post("/resume-sync").expect(200);
            ferry.awaitInSync();
            RowComparison.assertEqual(source, target);
        }
    }

    @Test
    void aPauseInSyncLosesNothing() {
        RandomWriter.createTables(source, 500);
        try (RandomWriter writer = RandomWriter.start(source, 2, 31);
                FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            ferry.awaitInSync();
            ferry.post("/pause-sync").expect(200);
            awaitPaused(ferry);
            assertThat(ferry.phase()).isEqualTo("replicating");
            source.run("INSERT INTO empty VALUES (1)");
            writer.awaitCommitted(300);
            Awaitility.await("nothing is applied while paused")
                    .during(STILLNESS)
                    .atMost(PATIENCE)
                    .until(() -> target.count("SELECT count(*) FROM empty") == 0);
            JsonNode blockers = ferry.status().path("cutover_readiness").path("hard_blockers");
            assertThat(blockers.toString()).contains("paused");
            assertThat(ferry.status()
                            .path("progress_signals")
                            .path("replication_delay")
                            .path("pending_changes")
                            .longValue(0))
                    .isPositive();
            FerryProcess.Response refused =
                    ferry.post("/switch-traffic?force=true").expect(409);
            assertThat(FerryProcess.text(refused.body().path("code"))).isEqualTo("cutover_blocked");

            ferry.post("/resume-sync").expect(200);
            ferry.awaitInSync();
            writer.expectRefusals();
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
            writer.assertUndisturbed();
        }
    }
}
