package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.AccessRights;
import dev.ferry.testing.CatalogInventory;
import dev.ferry.testing.FaultyProxy;
import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SampleTables;
import dev.ferry.testing.SchemaComparison;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.SortedSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AbortRetryIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
    private SortedSet<String> inventory;
    private SortedSet<String> rights;

    @BeforeEach
    void makeTables() {
        SampleTables.create(source, 40_000);
        inventory = CatalogInventory.of(source);
        rights = AccessRights.of(source);
    }

    private void abortAndLook(FerryProcess ferry) {
        FerryProcess.Response answer = ferry.post("/abort");
        assertThat(answer.status()).as("answer to the abort: %s", answer.text()).isIn(200, 202);
        ferry.awaitPhase("aborted");
        assertThat(CatalogInventory.of(source)).as("objects on the source").isEqualTo(inventory);
        assertThat(AccessRights.of(source)).as("rights on the source").isEqualTo(rights);
        source.run("INSERT INTO customers (email) VALUES ('after@example.com')");
        assertThat(FerryProcess.text(ferry.status().path("message")))
                .as("says what stays on the target")
                .isNotEmpty();
        ferry.assertNoStackTrace();
    }

    @Test
    void leavesNothingOnTheSourceWhenAbortedWhileConfiguring() throws SQLException {
        try (FerryProcess ferry = FerryProcess.between(source, target).start();
                Connection blocker = source.connect()) {
            blocker.setAutoCommit(false);
            blocker.createStatement().execute("LOCK TABLE orders IN ROW EXCLUSIVE MODE");
            ferry.start();
            ferry.awaitPhase("configuring");
            ferry.post("/abort");
            blocker.rollback();
            ferry.awaitPhase("aborted");
            abortedAlready(ferry);
        }
    }

    private void abortedAlready(FerryProcess ferry) {
        assertThat(CatalogInventory.of(source)).as("objects on the source").isEqualTo(inventory);
        assertThat(AccessRights.of(source)).as("rights on the source").isEqualTo(rights);
        FerryProcess.Response again = ferry.post("/abort").expect(409);
        assertThat(FerryProcess.text(again.body().path("code"))).isEqualTo("wrong_phase");
    }

    @Test
    void leavesNothingOnTheSourceWhenAbortedBeforeTheCopy() {
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.post("/start-migration?hold=true").expect(200);
            ferry.awaitPhase("ready_to_copy");
            assertThat(CatalogInventory.of(source)).as("capture is on").isNotEqualTo(inventory);
            abortAndLook(ferry);
        }
    }

    @Test
    void leavesNothingOnTheSourceWhenAbortedInTheCopy() {
        try (FaultyProxy network = FaultyProxy.before(target.server());
                FerryProcess ferry = FerryProcess.between(source, target)
                        .target(network.url(target))
                        .start()) {
            network.limit(1_000_000);
            ferry.start();
            ferry.awaitStatus(
                    "copy at 20 %",
                    Duration.ofMinutes(2),
                    now -> now.path("progress_signals")
                                    .path("byte_weighted")
                                    .path("percent")
                                    .doubleValue(0)
                            >= 20);
            abortAndLook(ferry);
        }
    }

    @Test
    void leavesNothingOnTheSourceWhenAbortedInSync() {
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            ferry.awaitInSync();
            abortAndLook(ferry);
        }
    }

    @Test
    void refusesToAbortOnceSwitched() {
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            ferry.awaitInSync();
            ferry.switchTraffic();
            FerryProcess.Response refused = ferry.post("/abort").expect(409);
            assertThat(FerryProcess.text(refused.body().path("code"))).isEqualTo("wrong_phase");
            assertThat(FerryProcess.text(refused.body().path("phase"))).isEqualTo("switched");
        }
    }

    @Test
    void waitsBeforeTheCopyWhenAskedToAndCapturesMeanwhile() {
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            FerryProcess.Response early = ferry.post("/start-copy").expect(409);
            assertThat(FerryProcess.text(early.body().path("code"))).isEqualTo("wrong_phase");
            ferry.post("/start-migration?hold=true").expect(200);
            ferry.awaitPhase("ready_to_copy");
            assertThat(target.count("SELECT count(*) FROM orders")).isZero();
            source.run("UPDATE orders SET note = 'held', id = -id WHERE id <= 1000");

            ferry.post("/start-copy").expect(200);
            ferry.awaitInSync();
            ferry.post("/start-copy").expect(200); // without effect
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
            SchemaComparison.assertEqual(source, target);
        }
    }

    @Test
    void goesOnAfterAFailedCopyOnceTheCauseIsGone() {
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.post("/start-migration?hold=true").expect(200);
            ferry.awaitPhase("ready_to_copy");
            source.run("REVOKE SELECT ON customers FROM CURRENT_USER");
            ferry.post("/start-copy").expect(200);
            ferry.awaitPhase("error");
            assertThat(FerryProcess.text(ferry.status().path("error")))
                    .contains("customers")
                    .containsIgnoringCase("permission denied");
            ferry.assertNoStackTrace();

            source.run("GRANT SELECT ON customers TO CURRENT_USER");
            ferry.post("/retry").expect(200);
            ferry.awaitInSync();
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
            SchemaComparison.assertEqual(source, target);
        }
    }

    @Test
    void undoesTheSetUpAtBothEndsWhenRetriedBeforeTheCopy() {
        // Only a superuser may make such a function: the source has it, the target refuses it.
        source.runAsSuperuser("CREATE FUNCTION public.whoami() RETURNS int LANGUAGE internal AS 'pg_backend_pid';"
                + " ALTER FUNCTION public.whoami() OWNER TO " + source.owner());
        SortedSet<String> targetBefore = CatalogInventory.of(target);
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            ferry.awaitPhase("error");
            assertThat(FerryProcess.text(ferry.status().path("error"))).contains("whoami");
            ferry.assertNoStackTrace();

            ferry.post("/retry").expect(200);
            ferry.awaitPhase("waiting");
            SortedSet<String> left = CatalogInventory.of(target);
            left.removeIf(line -> line.contains("ferry"));
            assertThat(left).as("objects on the target").isEqualTo(targetBefore);

            source.run("DROP FUNCTION public.whoami()");
            assertThat(CatalogInventory.of(source)).as("objects on the source").isEqualTo(inventory);
            ferry.start();
            ferry.awaitInSync();
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
        }
    }
}
