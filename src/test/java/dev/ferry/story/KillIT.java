package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.CatalogInventory;
import dev.ferry.testing.FaultyProxy;
import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RandomWriter;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SampleTables;
import dev.ferry.testing.SchemaComparison;
import dev.ferry.testing.SequenceComparison;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** kill -9 of the running jar. The moments are progress, chosen at random from a seed that is printed. */
class KillIT {
    private static final long SEED = Long.getLong("ferry.test.seed", 20_260_401);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Random random = new Random(SEED);
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    @BeforeEach
    void makeTables() {
        System.out.println("KillIT: seed " + SEED);
        RandomWriter.createTables(source, 2000);
        SampleTables.create(source, 60_000);
    }

    private static double percent(JsonNode status) {
        return status.path("progress_signals")
                .path("byte_weighted")
                .path("percent")
                .doubleValue(0);
    }

    private static String switchState(JsonNode status) {
        return FerryProcess.text(status.path("switch").path("state"));
    }

    private void assertSwitchedAndEqual() {
        RowComparison.assertEqual(source, target);
        SequenceComparison.assertNotBehind(source, target);
        SchemaComparison.assertEqual(source, target);
    }

    @Test
    void goesOnByItselfAfterThreeKillsInTheCopy() {
        try (FaultyProxy network = FaultyProxy.before(target.server());
                RandomWriter writer = RandomWriter.start(source, 2, SEED, Duration.ofMillis(5));
                FerryProcess ferry = FerryProcess.between(source, target)
                        .target(network.url(target))
                        .set("FERRY_COPY_WORKERS", "1")
                        .start()) {
            network.limit(2_000_000); // a copy of seconds, so that a kill can hit it
            ferry.start();
            for (int kill = 0; kill < 3; kill++) {
                double moment = 5 + 30 * kill + random.nextInt(25);
                JsonNode status = ferry.awaitStatus(
                        "copy at " + moment + " %",
                        PATIENCE,
                        now -> percent(now) >= moment
                                || FerryProcess.text(now.path("phase")).equals("replicating"));
                assertThat(FerryProcess.text(status.path("phase")))
                        .as("the kill hits the copy")
                        .isEqualTo("copying");
                ferry.killHard();
                ferry.restart();
                JsonNode after = ferry.awaitStatus(
                        "progress is known again",
                        PATIENCE,
                        now -> percent(now) > 0 && now.path("leader").booleanValue(true));
                assertThat(percent(after))
                        .as("the copy goes on where it was")
                        .isGreaterThanOrEqualTo(percent(status) - 0.01);
            }
            network.resume();
            ferry.awaitInSync();
            writer.expectRefusals();
            ferry.switchTraffic();
            writer.awaitRefused();
            assertSwitchedAndEqual();
            writer.assertUndisturbed();
        }
    }

    @Test
    void losesNothingAfterThreeKillsInSync() {
        SortedSet<String> inventory = CatalogInventory.of(source);
        try (RandomWriter writer = RandomWriter.start(source, 2, SEED + 1);
                FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            for (int kill = 0; kill < 3; kill++) {
                ferry.awaitInSync();
                writer.awaitCommitted(50 + random.nextInt(250));
                ferry.killHard();
                writer.awaitCommitted(50);
                ferry.restart();
            }
            ferry.awaitInSync();
            writer.expectRefusals();
            ferry.switchTraffic();
            writer.awaitRefused();
            assertSwitchedAndEqual();
            ferry.complete();
            assertThat(CatalogInventory.of(source)).isEqualTo(inventory);
            writer.assertUndisturbed();
        }
    }

    @Test
    void goesOnByItselfAfterAKillWhileConfiguring() throws SQLException {
        try (RandomWriter writer = RandomWriter.start(source, 1, SEED + 2);
                Connection blocker = source.connect();
                FerryProcess ferry = FerryProcess.between(source, target).start()) {
            lock(blocker); // no trigger can be made on this table, so the phase lasts
            ferry.start();
            ferry.awaitPhase("configuring");
            writer.awaitCommitted(20 + random.nextInt(200));
            ferry.killHard();
            ferry.restart();
            ferry.awaitPhase("configuring");
            blocker.rollback();
            ferry.awaitInSync();
            writer.expectRefusals();
            ferry.switchTraffic();
            assertSwitchedAndEqual();
            writer.assertUndisturbed();
        }
    }

    @Test
    void isSwitchedOrNotAfterAKillWhileTheSwitchWaitsForItsLocks() throws SQLException {
        try (RandomWriter writer = RandomWriter.start(source, 1, SEED + 3);
                Connection blocker = source.connect();
                FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            ferry.awaitInSync();
            lock(blocker);
            writer.expectRefusals();
            CompletableFuture<?> asked = ferry.postLater("/switch-traffic?force=true");
            ferry.awaitStatus(
                    "switch under way", PATIENCE, now -> switchState(now).equals("locking"));
            ferry.killHard();
            assertThat(asked).failsWithin(Duration.ofSeconds(5));
            blocker.rollback();
            settleAfterKill(ferry);
            writer.assertUndisturbed();
        }
    }

    @Test
    void isSwitchedOrNotAfterAKillAtAnyMomentOfTheSwitch() {
        try (RandomWriter writer = RandomWriter.start(source, 2, SEED + 4);
                FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            ferry.awaitInSync();
            writer.expectRefusals();
            CompletableFuture<?> asked = ferry.postLater("/switch-traffic?force=true");
            int looks = random.nextInt(4);
            ferry.awaitStatus(
                    "switch under way",
                    PATIENCE,
                    now -> !switchState(now).equals("idle")
                            || FerryProcess.text(now.path("state")).equals("switching"));
            for (int look = 0; look < looks; look++) {
                System.out.println("KillIT: before the kill the switch is " + switchState(ferry.status()));
            }
            ferry.killHard();
            assertThat(asked)
                    .satisfiesAnyOf(
                            done -> assertThat(done).succeedsWithin(Duration.ofSeconds(5)),
                            cut -> assertThat(cut).failsWithin(Duration.ofSeconds(5)));
            settleAfterKill(ferry);
            writer.assertUndisturbed();
        }
    }

    /** After a restart it is switched, or it is not and can be. */
    private void settleAfterKill(FerryProcess ferry) {
        ferry.restart();
        JsonNode settled = ferry.awaitStatus(
                "switched or not",
                PATIENCE,
                now -> FerryProcess.text(now.path("phase")).equals("switched")
                        || (now.path("leader").booleanValue(true)
                                && FerryProcess.text(now.path("phase")).equals("replicating")
                                && !FerryProcess.text(now.path("state")).equals("switching")));
        System.out.println("KillIT: after the kill the phase is " + settled.path("phase"));
        ferry.switchTraffic();
        assertSwitchedAndEqual();
    }

    private static void lock(Connection blocker) throws SQLException {
        blocker.setAutoCommit(false);
        blocker.createStatement().execute("LOCK TABLE empty IN ROW EXCLUSIVE MODE");
    }
}
