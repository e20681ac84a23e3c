package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SampleTables;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A transaction that wrote before a switch was asked for, and is still open. */
class OpenTransactionIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String MARK = "INSERT INTO orders (id, customer_id, total, note) VALUES (-1, 1, 1, 'open');"
            + " UPDATE orders SET note = 'open' WHERE id = 5; DELETE FROM orders WHERE id = 6";

    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    private static boolean waitsOrRefused(JsonNode status, CompletableFuture<FerryProcess.Response> answer) {
        JsonNode attempt = status.path("switch");
        return answer.isDone()
                || FerryProcess.text(attempt.path("state")).equals("gave_up")
                || (FerryProcess.text(attempt.path("state")).equals("locking")
                        && !attempt.path("waiting_for").isEmpty());
    }

    private static boolean isOver(JsonNode status) {
        return FerryProcess.text(status.path("phase")).equals("switched")
                || !FerryProcess.text(status.path("state")).equals("switching");
    }

    private void assertMarkArrived() {
        Awaitility.await("the open transaction's rows arrive")
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(target.value(
                                "SELECT string_agg(id::text, ' ' ORDER BY id) FROM orders WHERE note = 'open'"))
                        .isEqualTo("-1 5"));
        assertThat(target.count("SELECT count(*) FROM orders WHERE id = 6")).isZero();
    }

    @Test
    void itsRowsAreOnTheTargetOrTheSwitchDidNotGoThrough() throws SQLException {
        SampleTables.create(source, 2000);
        try (FerryProcess ferry = FerryProcess.between(source, target).start();
                Connection open = source.connect()) {
            ferry.start();
            ferry.awaitInSync();
            open.setAutoCommit(false);
            open.createStatement().execute(MARK);

            CompletableFuture<FerryProcess.Response> answer = ferry.postLater("/switch-traffic?force=true");
            ferry.awaitStatus("the switch meets the open transaction", PATIENCE, now -> waitsOrRefused(now, answer));
            open.commit();
            assertThat(answer).succeedsWithin(Duration.ofSeconds(60));
            JsonNode status = ferry.awaitStatus("the switch is over", PATIENCE, OpenTransactionIT::isOver);

            if (FerryProcess.text(status.path("phase")).equals("switched")) {
                assertMarkArrived();
                RowComparison.assertEqual(source, target);
            } else {
                assertThat(FerryProcess.text(status.path("phase"))).isEqualTo("replicating");
                source.run("INSERT INTO orders (id, customer_id, total) VALUES (-2, 1, 1)");
                assertMarkArrived();
            }
            ferry.switchTraffic();
            assertMarkArrived();
            RowComparison.assertEqual(source, target);
        }
    }

    @Test
    void aSwitchThatCannotGetItsLocksNamesTheSessionAndLeavesTheAppWriting() throws SQLException {
        SampleTables.create(source, 2000);
        try (FerryProcess ferry = FerryProcess.between(source, target).start();
                Connection open = source.connect()) {
            ferry.start();
            ferry.awaitInSync();
            open.setAutoCommit(false);
            open.createStatement().execute(MARK);
            int pid = open.unwrap(org.postgresql.PGConnection.class).getBackendPID();

            CompletableFuture<FerryProcess.Response> answer = ferry.postLater("/switch-traffic?force=true");
            JsonNode status = ferry.awaitStatus(
                    "the switch gives up or tries again",
                    PATIENCE,
                    now -> FerryProcess.text(now.path("switch").path("state")).equals("gave_up")
                            || now.path("switch").path("attempt").intValue(0) >= 2);
            assertThat(FerryProcess.text(status.path("phase"))).isEqualTo("replicating");
            assertThat(status.path("switch").toString()).as("names the session").contains(Integer.toString(pid));

            long started = System.nanoTime();
            source.run("UPDATE orders SET note = 'meanwhile' WHERE id = 7");
            assertThat(Duration.ofNanos(System.nanoTime() - started))
                    .as("how long the app waited")
                    .isLessThan(Duration.ofSeconds(3));
            assertThat(target.count("SELECT count(*) FROM orders WHERE note = 'open'"))
                    .isZero();

            open.commit();
            assertThat(answer).succeedsWithin(Duration.ofSeconds(60));
            ferry.awaitStatus("the switch is over", PATIENCE, OpenTransactionIT::isOver);
            ferry.switchTraffic();
            assertMarkArrived();
            RowComparison.assertEqual(source, target);
        }
    }
}
