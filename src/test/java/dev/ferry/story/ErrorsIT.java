package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.ferry.testing.CatalogInventory;
import dev.ferry.testing.FaultyProxy;
import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RandomWriter;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SampleTables;
import dev.ferry.testing.SmallDisk;
import dev.ferry.testing.TestDatabase;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The errors that a user will meet: each with a clear message, no stack trace, and nothing lost. */
class ErrorsIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    /** A blocker says all of these words, Start is refused for it, and nothing was written at either end. */
    private static void assertBlocked(FerryProcess ferry, String... words) {
        assertThat(ferry.checks("blocker"))
                .as("blockers of the preflight")
                .anySatisfy(check ->
                        assertThat(check.toLowerCase(java.util.Locale.ROOT)).contains(words));
        assertThat(ferry.get("/preflight-checks")
                        .body()
                        .path("all_tables_valid")
                        .booleanValue(true))
                .isFalse();
        FerryProcess.Response refused = ferry.post("/start-migration").expect(409);
        assertThat(FerryProcess.text(refused.body().path("code"))).isEqualTo("preflight_blocked");
        assertThat(FerryProcess.text(refused.body().path("message")))
                .isNotEmpty()
                .isEqualTo(FerryProcess.text(refused.body().path("error")));
        assertThat(refused.body().path("success").booleanValue(true)).isFalse();
        assertThat(ferry.phase()).isEqualTo("waiting");
        assertClean(ferry, refused.text(), ferry.get("/preflight-checks").text());
    }

    private static void assertClean(FerryProcess ferry, String... texts) {
        ferry.assertNoStackTrace();
        ferry.assertNoSecret();
        for (String text : texts) {
            assertThat(text).doesNotContain("Exception", "\\tat ", "s3cret");
        }
    }

    private static void assertShown(FerryProcess ferry, String... words) {
        Awaitility.await("status and log name " + String.join(", ", words))
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> {
                    String shown = ferry.status() + ferry.logs();
                    assertThat(shown.toLowerCase(java.util.Locale.ROOT)).contains(words);
                });
        assertClean(ferry, ferry.status().toString(), ferry.logs());
    }

    @ParameterizedTest
    @ValueSource(strings = {"HEROKU_URL", "PLANETSCALE_URL", "PASSWORD"})
    void aMissingOrEmptyVariableEndsTheProcessWithItsName(String variable) {
        try (FerryProcess missing =
                        FerryProcess.between(source, target).unset(variable).launch();
                FerryProcess empty =
                        FerryProcess.between(source, target).set(variable, "").launch()) {
            for (FerryProcess ferry : new FerryProcess[] {missing, empty}) {
                assertThat(ferry.awaitExit()).isEqualTo(1);
                assertThat(ferry.output()).contains(variable);
                ferry.assertNoStackTrace();
            }
        }
    }

    @Test
    void aPatternThatIsNoneEndsTheProcessWithOneSentence() {
        try (FerryProcess ferry = FerryProcess.between(source, target)
                .set("EXCLUDE_TABLES", "public.")
                .launch()) {
            assertThat(ferry.awaitExit()).isEqualTo(1);
            assertThat(ferry.output().lines()).singleElement().asString().contains("EXCLUDE_TABLES", "public.");
        }
    }

    @Test
    void anUnparsableUrlIsNamedAndNotShown() {
        SampleTables.create(source, 10);
        try (FerryProcess ferry = FerryProcess.between(source, target)
                .source("postgres:/app:hunter2@db.example.com/app")
                .secret("hunter2")
                .start()) {
            assertThat(ferry.get("/health").status()).isEqualTo(200);
            assertBlocked(ferry, "heroku_url");
            assertThat(ferry.status().toString() + ferry.logs()).doesNotContain("hunter2");
        }
    }

    @Test
    void anUnknownHostIsNamed() {
        try (FerryProcess ferry = FerryProcess.between(source, target)
                .target("postgres://app:hunter2@nowhere.invalid:5432/app")
                .secret("hunter2")
                .start()) {
            assertBlocked(ferry, "nowhere.invalid");
        }
    }

    @Test
    void aWrongPasswordIsSaidAndNothingIsTouched() throws IOException {
        try (PostgresServer guarded = PostgresServer.start(15, Map.of("fsync", "off"))) {
            TestDatabase locked = guarded.herokuDatabase();
            SampleTables.create(locked, 10);
            guarded.requirePasswords();
            SortedSet<String> before = CatalogInventory.of(locked);
            String wrong = locked.url().replaceFirst("://([^:]+):[^@]+@", "://$1:wrong-hunter2@");
            try (FerryProcess ferry = FerryProcess.between(locked, target)
                    .source(wrong)
                    .secret("wrong-hunter2")
                    .start()) {
                assertBlocked(ferry, "heroku_url", "password");
            }
            assertThat(CatalogInventory.of(locked)).isEqualTo(before);

            try (FerryProcess ferry = FerryProcess.between(locked, target).start()) {
                ferry.start();
                ferry.awaitInSync();
                RowComparison.assertEqual(locked, target);
            }
        }
    }

    @Test
    void aTargetThatIsReadOnlyBlocksTheStart() {
        SampleTables.create(source, 10);
        target.runAsSuperuser("ALTER DATABASE " + target.name() + " SET default_transaction_read_only = on");
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            assertBlocked(ferry, "read-only");
        }
    }

    @Test
    void aTargetThatBecomesReadOnlyIsShownAndWaitedFor() {
        RandomWriter.createTables(source, 200);
        try (RandomWriter writer = RandomWriter.start(source, 1, 5);
                FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            ferry.awaitInSync();
            String role = "ALTER ROLE " + target.owner() + " IN DATABASE " + target.name();
            target.runAsSuperuser(role + " SET default_transaction_read_only = on");
            endSessions(target);
            writer.awaitCommitted(50);
            assertShown(ferry, "read-only");
            target.runAsSuperuser(role + " RESET default_transaction_read_only");
            endSessions(target);
            ferry.awaitInSync();
            writer.expectRefusals();
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
            writer.assertUndisturbed();
        }
    }

    private static void endSessions(TestDatabase database) {
        database.runAsSuperuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
                + database.name() + "' AND usename = '" + database.owner() + "'");
    }

    @Test
    void aTableOfAnotherRoleIsNamed() {
        SampleTables.create(source, 10);
        source.runAsSuperuser("CREATE TABLE public.not_yours (id int PRIMARY KEY)");
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            assertBlocked(ferry, "not_yours");
        }
    }

    @Test
    void aMissingPgDumpIsNamed() {
        SampleTables.create(source, 10);
        try (FerryProcess ferry = FerryProcess.between(source, target)
                .set("FERRY_CLIENT_FOLDER", "/nonexistent")
                .start()) {
            assertBlocked(ferry, "pg_dump");
        }
    }

    @Test
    void aTargetThatIsNotEmptyHasItsTablesNamed() {
        SampleTables.create(source, 10);
        target.run("CREATE SCHEMA older; CREATE TABLE older.left_over (id int); CREATE TABLE orders (id int)");
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            assertBlocked(ferry, "public.orders", "in other schemas, not in the way: 1 table: older.left_over");
        }
        assertThat(target.count("SELECT count(*) FROM pg_class WHERE relname IN ('left_over', 'orders')"))
                .isEqualTo(2);
    }

    @Test
    void aTableThatSomebodyLocksIsNamedAndWaitedFor() throws SQLException {
        SampleTables.create(source, 1000);
        try (FerryProcess ferry = FerryProcess.between(source, target).start();
                Connection locker = source.connect()) {
            locker.setAutoCommit(false);
            locker.createStatement().execute("UPDATE customers SET name = 'locked' WHERE id = 1");
            int pid = locker.unwrap(org.postgresql.PGConnection.class).getBackendPID();
            ferry.start();
            ferry.awaitPhase("configuring");
            assertShown(ferry, "customers", Integer.toString(pid));
            source.run("UPDATE customers SET name = 'not blocked' WHERE id = 2");
            assertThat(ferry.phase()).isEqualTo("configuring");
            locker.commit();
            ferry.awaitInSync();
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
        }
    }

    @ParameterizedTest(name = "black hole: {0}")
    @ValueSource(booleans = {false, true})
    void aNetworkThatIsGoneForAWhileIsShownAndNothingIsLost(boolean blackHole) {
        RandomWriter.createTables(source, 2000);
        try (FaultyProxy toSource = FaultyProxy.before(source.server());
                FaultyProxy toTarget = FaultyProxy.before(target.server());
                RandomWriter writer = RandomWriter.start(source, 1, 11);
                FerryProcess ferry = FerryProcess.between(source, target)
                        .source(toSource.url(source))
                        .target(toTarget.url(target))
                        .start()) {
            ferry.start();
            ferry.awaitInSync();
            for (FaultyProxy network : new FaultyProxy[] {toSource, toTarget}) {
                String end = network == toSource ? "source" : "target";
                if (blackHole) {
                    network.blackHole();
                } else {
                    network.refuse();
                    network.cutAll();
                }
                ferry.awaitStatus(
                        "the dashboard says that the " + end + " is gone",
                        PATIENCE,
                        status -> !FerryProcess.text(status.path("progress_signals")
                                        .path("replication_delay")
                                        .path("health_state"))
                                .equals("healthy"));
                assertShown(ferry, end);
                assertThat(ferry.phase()).isEqualTo("replicating");
                writer.awaitCommitted(50);
                if (blackHole) {
                    network.cutAll(); // what a router does when it comes back: it has forgotten all connections
                }
                network.resume();
                ferry.awaitInSync();
            }
            writer.expectRefusals();
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
            writer.assertUndisturbed();
        }
    }

    @Test
    void aNetworkThatIsGoneInTheCopyOnlyDelaysIt() {
        SampleTables.create(source, 40_000);
        try (FaultyProxy toSource = FaultyProxy.before(source.server());
                FaultyProxy toTarget = FaultyProxy.before(target.server());
                FerryProcess ferry = FerryProcess.between(source, target)
                        .source(toSource.url(source))
                        .target(toTarget.url(target))
                        .start()) {
            toTarget.limit(2_000_000);
            ferry.start();
            int goal = 15;
            for (FaultyProxy network : new FaultyProxy[] {toSource, toTarget}) {
                int wanted = goal;
                ferry.awaitStatus(
                        "copy at " + wanted + " %",
                        PATIENCE,
                        now -> now.path("progress_signals")
                                        .path("byte_weighted")
                                        .path("percent")
                                        .doubleValue(0)
                                >= wanted);
                network.refuse();
                network.cutAll();
                assertShown(ferry, network == toSource ? "source" : "target");
                network.resume();
                goal = 50;
            }
            ferry.awaitInSync();
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
        }
    }

    @Test
    void aFullDiskOfTheTargetIsShownAndWaitedFor() {
        Optional<SmallDisk> possible = SmallDisk.mount(64);
        assumeThat(possible)
                .as("a disk of our own size needs the right to mount one: skipped")
                .isPresent();
        try (SmallDisk disk = possible.orElseThrow()) {
            disk.holds(target);
            SampleTables.create(source, 20_000);
            try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
                ferry.post("/start-migration?hold=true").expect(200);
                ferry.awaitPhase("ready_to_copy");
                disk.fill();
                ferry.post("/start-copy").expect(200);
                assertShown(ferry, "no space left");
                assertThat(ferry.phase()).isIn("copying", "error");
                disk.free();
                if (ferry.phase().equals("error")) {
                    ferry.post("/retry").expect(200);
                }
                ferry.awaitInSync();
                ferry.switchTraffic();
                RowComparison.assertEqual(source, target);
            }
        }
    }
}
