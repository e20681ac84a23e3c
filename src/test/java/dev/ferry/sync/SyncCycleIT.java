package dev.ferry.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.ferry.database.Database;
import dev.ferry.database.Session;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.SettableClock;
import dev.ferry.testing.SyncedPair;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The cycle's rules (RULES A1, A6, A11, A12), each at the moment that it is about. */
class SyncCycleIT {
    private final SyncedPair pair = SyncedPair.create();

    @AfterEach
    void close() {
        pair.close();
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    private void tableOf100Rows() {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, n int NOT NULL DEFAULT 0)")
                .captured();
        pair.heroku().run("INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 100) i");
        pair.cycle();
        pair.assertEqual();
    }

    /**
     * Runs a cycle whose snapshot is taken while the app's statements are not committed, and which comes to its table's
     * lock only once they are.
     */
    private Throwable raced(String statements) throws SQLException {
        try (Connection app = pair.heroku().connect()) {
            app.setAutoCommit(false);
            execute(app, statements);
            CompletableFuture<SyncCycle.Result> cycle;
            do {
                cycle = pair.untilItWaits(pair::cycle);
            } while (cycle.isDone() && SyncedPair.ranOutOfTime(failure(cycle)));
            assertThat(cycle).as("the cycle waits for the app").isNotDone();
            app.commit();
            return failure(cycle);
        }
    }

    private static Throwable failure(CompletableFuture<?> work) {
        try {
            throw new AssertionError(
                    "went through: " + work.orTimeout(60, TimeUnit.SECONDS).join());
        } catch (CompletionException e) {
            return java.util.Objects.requireNonNull(e.getCause());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TRUNCATE t; INSERT INTO t VALUES (1, 'after', 1), (500, 'after', 1)",
                "CLUSTER t USING t_pkey",
                "DELETE FROM t WHERE id > 90; CLUSTER t USING t_pkey",
            })
    void aRewriteBetweenSnapshotAndReadIsReadAgainAndNothingIsLost(String rewrite) throws SQLException {
        tableOf100Rows();
        pair.heroku().run("UPDATE t SET v = 'changed' WHERE id <= 50");

        Throwable failure = raced(rewrite);

        assertThat(failure).isInstanceOf(SyncCycle.MovedException.class);
        assertThat(pair.logged("t")).as("the log is not consumed").isGreaterThanOrEqualTo(50);
        assertThat(pair.planetScale().count("SELECT count(*) FROM t")).isEqualTo(100);
        pair.cycle();
        pair.assertEqual();
        assertThat(pair.logged("t") + pair.markers("t")).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE t ALTER COLUMN n TYPE bigint",
                "ALTER TABLE t ADD COLUMN r float8 NOT NULL DEFAULT random()",
                "ALTER TABLE t ADD COLUMN at timestamptz DEFAULT now()",
                "ALTER TABLE t SET UNLOGGED",
                "ALTER TABLE t RENAME TO elsewhere",
                "ALTER TABLE t RENAME TO elsewhere; CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, n int NOT NULL)",
                "CREATE SCHEMA attic; ALTER TABLE t SET SCHEMA attic",
                "DROP TABLE t",
            })
    void aChangedTableBetweenSnapshotAndReadIsSuspendedAndNotEmptied(String change) throws SQLException {
        tableOf100Rows();
        pair.heroku().run("UPDATE t SET v = 'changed' WHERE id <= 50");

        Throwable failure = raced(change);

        assertThat(failure).isInstanceOf(SyncCycle.DriftException.class);
        assertThat(pair.logged("t")).as("the log is not consumed").isEqualTo(50);
        assertThat(pair.planetScale().count("SELECT count(*) FROM t WHERE v LIKE 'row %'"))
                .isEqualTo(100);
        LiveSync sync = pair.sync();
        sync.cycle(false, session -> {});
        assertThat(sync.suspended()).containsOnlyKeys("public.t");
        assertThat(pair.logged("t")).isEqualTo(50);
        assertThat(pair.planetScale().count("SELECT count(*) FROM t")).isEqualTo(100);
    }

    @Test
    void theOtherTablesGoOnWhileOneIsSuspended() {
        pair.schema("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)")
                .captured();
        pair.heroku().run("ALTER TABLE a ADD COLUMN more int");
        pair.heroku().run("INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1)");

        pair.sync().cycle(false, session -> {});

        assertThat(pair.planetScale().count("SELECT count(*) FROM b")).isEqualTo(1);
        assertThat(pair.planetScale().count("SELECT count(*) FROM a")).isZero();
        assertThat(pair.logged("a")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"REINDEX TABLE t", "REINDEX TABLE CONCURRENTLY t", "REINDEX INDEX CONCURRENTLY t_pkey"})
    void aRebuiltIndexIsNoDrift(String reindex) {
        tableOf100Rows();
        pair.heroku().run(reindex);
        pair.heroku().run("UPDATE t SET v = 'changed' WHERE id <= 50; DELETE FROM t WHERE id > 90");

        LiveSync sync = pair.sync();
        sync.cycle(false, session -> {});

        assertThat(sync.suspended()).isEmpty();
        pair.assertEqual();
    }

    /** A rewrite of all values that no trigger sees. */
    @Test
    void aTableThatWasAlteredAndIsTheSameIsReadAnew() throws SQLException {
        tableOf100Rows();
        pair.heroku().run("UPDATE t SET v = 'changed' WHERE id <= 50");
        assertThat(raced("ALTER TABLE t ALTER COLUMN v TYPE text USING upper(v)"))
                .isInstanceOf(SyncCycle.DriftException.class);
        LiveSync sync = pair.sync();

        sync.cycle(false, session -> {});

        assertThat(sync.suspended()).isEmpty();
        pair.assertEqual();
        assertThat(pair.logged("t") + pair.markers("t")).isZero();
        assertThat(pair.journal()).anyMatch(line -> line.startsWith("public.t is read anew: its columns were altered"));
        pair.heroku().run("UPDATE t SET v = 'again' WHERE id = 1");
        sync.cycle(false, session -> {});
        pair.assertEqual();
    }

    @Test
    void aGrantOnAColumnLooksTheSameAndDoesNotSuspendItsTable() {
        tableOf100Rows();
        LiveSync sync = pair.sync();
        pair.heroku().run("GRANT SELECT (v) ON t TO PUBLIC; UPDATE t SET v = 'changed' WHERE id <= 50");

        sync.cycle(false, session -> {});

        assertThat(sync.suspended()).isEmpty();
        pair.assertEqual();
    }

    /** While writes are blocked nothing is read that need not be: the switch gives up instead. */
    @Test
    void theSwitchSuspendsATableThatWasAlteredAndIsTheSame() {
        tableOf100Rows();
        LiveSync sync = pair.sync();
        pair.heroku().run("ALTER TABLE t ALTER COLUMN v TYPE text USING upper(v)");

        sync.cycle(true, session -> {});

        assertThat(sync.suspended()).containsOnlyKeys("public.t");
    }

    @Test
    void triggersThatWereDisabledForAWhileAreNoticed() {
        tableOf100Rows();
        pair.heroku()
                .runAsSuperuser("BEGIN; ALTER TABLE t DISABLE TRIGGER ALL; UPDATE t SET v = 'unseen';"
                        + " ALTER TABLE t ENABLE TRIGGER ALL; COMMIT");

        LiveSync sync = pair.sync();
        sync.cycle(false, session -> {});

        assertThat(sync.suspended()).containsOnlyKeys("public.t");
    }

    /** Tables whose changes are marked, and not by TRUNCATE, which would wait for the cycle's lock on the table. */
    static Stream<Arguments> marked() {
        return Stream.of(
                Arguments.of("keyless", "INSERT INTO t VALUES (2)"), Arguments.of("UNIQUE", "UPDATE t SET a = NULL"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("marked")
    void aMarkerAppendedWhileACycleIsOpenIsNeitherLostNorWaitedFor(String kind, String write) {
        pair.schema("CREATE TABLE t (a int " + kind.replace("keyless", "") + ")")
                .captured();
        pair.heroku().run("INSERT INTO t VALUES (NULL)");
        pair.cycle();
        pair.heroku().run("INSERT INTO t VALUES (NULL)");
        assertThat(pair.markers("t")).as(kind).isEqualTo(1);
        CountDownLatch atCommit = new CountDownLatch(1);
        CountDownLatch mayCommit = new CountDownLatch(1);
        CompletableFuture<SyncCycle.Result> cycle =
                CompletableFuture.supplyAsync(() -> new SyncCycle(pair.route(), pair.runId(), Clock.systemUTC())
                        .run(pair.tables(), new TrackedTables(pair.target()).entries(), 1000, session -> {
                            atCommit.countDown();
                            awaitLatch(mayCommit);
                        }));
        awaitLatch(atCommit);

        pair.heroku().run("SET statement_timeout = '5s'; " + write);
        mayCommit.countDown();
        cycle.orTimeout(60, TimeUnit.SECONDS).join();

        assertThat(pair.markers("t")).as("appended during the cycle").isPositive();
        pair.cycle();
        pair.assertEqual();
        assertThat(pair.markers("t")).isZero();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("nobody came");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void manyWritersMarkATableWithoutWaitingForEachOther() throws SQLException {
        pair.schema("CREATE TABLE keyless (a int)").captured();
        try (Connection first = pair.heroku().connect();
                Connection second = pair.heroku().connect()) {
            first.setAutoCommit(false);
            execute(first, "INSERT INTO keyless VALUES (1)");
            execute(second, "SET statement_timeout = '5s'; INSERT INTO keyless VALUES (2)");
            first.commit();
        }
        assertThat(pair.markers("keyless")).isEqualTo(2);
    }

    @Test
    void aTransactionThatCommitsAfterTheSnapshotWaitsWholeForTheNextCycle() throws SQLException {
        pair.schema("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)")
                .captured();
        pair.heroku().run("INSERT INTO a VALUES (1)");
        try (Connection behind = pair.heroku().superuser()) {
            behind.setAutoCommit(false);
            execute(behind, "LOCK TABLE ferry.marker IN ACCESS EXCLUSIVE MODE"); // read after the snapshot was taken
            CompletableFuture<SyncCycle.Result> cycle = pair.untilItWaits(pair::cycle);
            pair.heroku().run("BEGIN; INSERT INTO a VALUES (2); INSERT INTO b VALUES (2); COMMIT");
            behind.commit();
            cycle.orTimeout(60, TimeUnit.SECONDS).join();
        }
        assertThat(pair.planetScale().value("SELECT string_agg(id::text, ',') FROM a"))
                .isEqualTo("1");
        assertThat(pair.planetScale().count("SELECT count(*) FROM b")).isZero();
        pair.cycle();
        pair.assertEqual();
    }

    /**
     * Each cycle has a change of one table to find, and meets a transaction over two tables that commits somewhere in its
     * course: who looked for filled logs before the snapshot would take that one's rows from the first table alone.
     */
    @Test
    void noReaderEverSeesHalfOfATransaction() throws Exception {
        pair.schema("CREATE TABLE a (id int PRIMARY KEY, whole boolean); CREATE TABLE b (id int PRIMARY KEY)")
                .captured();
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int inside = 0;
        try (Connection app = pair.heroku().connect();
                Connection reader = pair.planetScale().connect()) {
            for (int i = 0; i < 400; i++) {
                int id = i;
                execute(app, "INSERT INTO a VALUES (%d, false)".formatted(-1 - id));
                CompletableFuture<SyncCycle.Result> cycle = CompletableFuture.supplyAsync(pair::cycle);
                long commitAt = System.nanoTime() + random.nextLong(TimeUnit.MILLISECONDS.toNanos(12));
                app.setAutoCommit(false);
                execute(app, "INSERT INTO b VALUES (%1$d); INSERT INTO a VALUES (%1$d, true)".formatted(id));
                while (System.nanoTime() < commitAt) {
                    Thread.onSpinWait();
                }
                app.commit();
                app.setAutoCommit(true);
                inside += cycle.isDone() ? 0 : 1;
                cycle.get(60, TimeUnit.SECONDS);
                assertThat(value(reader, "SELECT (SELECT count(*) FROM a WHERE whole) - (SELECT count(*) FROM b)"))
                        .as("halves of transactions after cycle %d", i)
                        .isEqualTo("0");
            }
        }
        System.out.println(inside + " of 400 transactions committed during a cycle");
        assertThat(inside).isPositive();
        pair.cycle();
        pair.assertEqual();
    }

    private static String value(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void theSourceHasFlushedWhatTheTargetIsGivenWhateverTheAppWantsOfIt() throws Exception {
        try (PostgresServer server = PostgresServer.start(15, java.util.Map.of("wal_writer_delay", "10s"))) {
            try (SyncedPair crashing = SyncedPair.between(
                    server.herokuDatabase(), PostgresServer.shared(17).planetScaleDatabase(true))) {
                crashing.schema("CREATE TABLE t (id int PRIMARY KEY)").captured();
                // The commit at the target waits for us: everything that comes before it is done, nothing after it. By
                // its
                // name the trigger passes for Ferry's own: any other would keep the table from being synced.
                crashing.planetScale().run("""
                        CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS
                          'BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END';
                        CREATE CONSTRAINT TRIGGER ferry_wait_at_commit AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                          FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
                        ALTER TABLE t ENABLE ALWAYS TRIGGER ferry_wait_at_commit;
                        """);
                try (Connection gate = crashing.planetScale().connect()) {
                    execute(gate, "SELECT pg_advisory_lock(4711)");
                    long walWriter = crashing.heroku()
                            .count("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'");
                    signal("STOP", walWriter);
                    crashing.heroku().run("SET synchronous_commit = off; INSERT INTO t VALUES (1)");
                    CompletableFuture<SyncCycle.Result> cycle = CompletableFuture.supplyAsync(crashing::cycle);
                    await("the target's commit")
                            .until(() -> cycle.isDone()
                                    || crashing.planetScale()
                                                    .count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                                                            + " AND objid = 4711 AND NOT granted")
                                            == 1);
                    assertThat(cycle).isNotDone();
                    signal("KILL", walWriter); // the server ends all its processes and recovers from what is on disk
                    await("the crash").until(() -> ProcessHandle.of(walWriter).isEmpty());
                    execute(gate, "SELECT pg_advisory_unlock(4711)");
                    assertThat(failure(cycle)).as("the source's commit").isNotNull();
                }
                assertThat(crashing.planetScale().count("SELECT count(*) FROM t"))
                        .isEqualTo(1);
                await("recovery").atMost(Duration.ofSeconds(60)).until(() -> {
                    try (Connection any = crashing.heroku().connect()) {
                        return any.isValid(1);
                    } catch (SQLException e) {
                        return false;
                    }
                });
                assertThat(crashing.heroku().count("SELECT count(*) FROM t"))
                        .as("the row on the target is no phantom")
                        .isEqualTo(1);
                crashing.planetScale().run("DROP TRIGGER ferry_wait_at_commit ON t");
                await("a pool without dead connections")
                        .ignoreExceptions()
                        .until(() -> crashing.cycle().complete()); // the same keys once more
                crashing.assertEqual();
                assertThat(crashing.logged("t")).isZero();
            }
        }
    }

    private static void signal(String name, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEndThatLostACommitStopsTheSync(boolean targetLost) {
        tableOf100Rows();
        pair.heroku().run("UPDATE t SET n = 1");
        (targetLost ? pair.planetScale() : pair.heroku()).runAsSuperuser("UPDATE ferry.position SET cycle = cycle - 2");

        if (targetLost) {
            assertThatThrownBy(pair::cycle)
                    .hasMessageContaining("The target has lost committed changes")
                    .isInstanceOfSatisfying(
                            FerryException.class, e -> assertThat(e.code()).isEqualTo(FailureCode.FOREIGN_STATE));
        } else {
            assertThatThrownBy(pair::cycle).hasMessageContaining("The source has lost committed changes");
        }
        assertThat(pair.logged("t")).isEqualTo(100);
        assertThat(pair.planetScale().count("SELECT sum(n) FROM t")).isZero();
    }

    @Test
    void aTargetOneCycleAheadIsAnOutcomeThatStayedUnknown() {
        tableOf100Rows();
        pair.heroku().run("UPDATE t SET n = 1");
        pair.planetScale().runAsSuperuser("UPDATE ferry.position SET cycle = cycle + 1");

        pair.cycle();

        pair.assertEqual();
        assertThat(pair.heroku().value("SELECT cycle::text FROM ferry.position"))
                .isEqualTo(pair.planetScale().value("SELECT cycle::text FROM ferry.position"));
    }

    @Test
    void bothEndsCommitToDiskWhateverTheirDatabasesDefaultIs() {
        pair.heroku().run("ALTER DATABASE " + pair.heroku().name() + " SET synchronous_commit = off");
        pair.planetScale().run("ALTER DATABASE " + pair.planetScale().name() + " SET synchronous_commit = off");
        for (Database end : List.of(pair.source(), pair.target())) {
            try (Session session = end.open()) {
                assertThat(session.list(String.class, "SHOW synchronous_commit"))
                        .containsExactly("on");
            }
        }
    }

    /** A target that does not let us act as a replica checks a deferred constraint in the cycle's commit. */
    @Test
    void aBatchThatADeferredConstraintRefusesIsWidened() {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
                .captured();
        LiveSync sync = pair.sync(false, 1, Clock.systemUTC());
        pair.heroku().run("INSERT INTO t VALUES (1, 1), (2, 2)");
        sync.cycle(true, session -> {});
        pair.heroku().run("UPDATE t SET u = 3 - u");

        sync.cycle(false, session -> {});

        pair.assertEqual();
    }

    @Test
    void aTableThatIsReloadedKeepsItsDistanceAndTheOthersGoOn() {
        pair.schema("CREATE TABLE keyed (id int PRIMARY KEY); CREATE TABLE keyless (a int);"
                        + " CREATE TABLE nullable (a int UNIQUE, v int)")
                .captured();
        SettableClock clock = new SettableClock();
        pair.heroku()
                .run("INSERT INTO keyless SELECT generate_series(1, 20000); INSERT INTO nullable VALUES (NULL, 1)");
        LiveSync sync = pair.sync(true, 1000, clock);
        assertThat(sync.cycle(false, session -> {}).reloaded())
                .containsOnlyKeys(
                        pair.table("keyless").id(), pair.table("nullable").id());
        pair.assertEqual();

        pair.heroku().run("INSERT INTO keyless VALUES (0); UPDATE nullable SET v = 2; INSERT INTO keyed VALUES (1)");
        SyncCycle.Result between = sync.cycle(false, session -> {});
        assertThat(between.reloaded()).isEmpty();
        assertThat(between.postponed())
                .containsExactlyInAnyOrder(
                        pair.table("keyless").id(), pair.table("nullable").id());
        assertThat(sync.lag().postponed()).isEqualTo(between.postponed());
        assertThat(sync.lag().byTable()).containsKey(pair.table("keyless").id());
        assertThat(pair.planetScale().count("SELECT count(*) FROM keyed")).isEqualTo(1);
        assertThat(pair.markers("keyless")).as("kept").isPositive();

        LiveSync successor = pair.sync(true, 1000, clock);
        assertThat(successor.cycle(false, session -> {}).reloaded())
                .as("a successor knows when the last one was")
                .isEmpty();

        clock.advance(Duration.ofHours(1));
        assertThat(sync.cycle(false, session -> {}).reloaded()).hasSize(2);
        pair.assertEqual();
        assertThat(sync.lag().postponed()).isEmpty();

        pair.heroku().run("DELETE FROM keyless WHERE a = 0");
        assertThat(sync.cycle(true, session -> {}).reloaded())
                .as("whatever the distance")
                .hasSize(1);
        pair.assertEqual();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anUnloggedTableThatACrashEmptiedIsReloaded(boolean sourceCrashes) throws Exception {
        try (PostgresServer server = PostgresServer.start(sourceCrashes ? 15 : 17, java.util.Map.of());
                SyncedPair crashing = sourceCrashes
                        ? SyncedPair.between(
                                server.herokuDatabase(),
                                PostgresServer.shared(17).planetScaleDatabase(true))
                        : SyncedPair.between(
                                PostgresServer.shared(15).herokuDatabase(), server.planetScaleDatabase(true))) {
            crashing.schema("CREATE UNLOGGED TABLE t (id int PRIMARY KEY); CREATE TABLE logged (id int PRIMARY KEY)")
                    .captured();
            crashing.heroku().run("INSERT INTO t VALUES (1), (2); INSERT INTO logged VALUES (1)");
            LiveSync sync = crashing.sync();
            assertThat(sync.cycle(false, session -> {}).reloaded())
                    .containsOnlyKeys(crashing.table("t").id());
            assertThat(sync.cycle(false, session -> {}).reloaded())
                    .as("over the same connections")
                    .isEmpty();
            crashing.assertEqual();
            TestDatabase crashed = sourceCrashes ? crashing.heroku() : crashing.planetScale();
            long walWriter = crashed.count("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'");
            signal("KILL", walWriter);
            await("recovery")
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptions()
                    .until(() -> crashed.count("""
                            SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walwriter' AND pid <> ?
                            """, walWriter) == 1);
            assertThat(crashed.count("SELECT count(*) FROM t"))
                    .as("after the crash")
                    .isZero();

            await("a cycle over new connections")
                    .ignoreExceptions()
                    .until(() -> sync.cycle(false, session -> {}).complete());

            crashing.assertEqual();
            assertThat(crashing.planetScale().count("SELECT count(*) FROM t")).isEqualTo(sourceCrashes ? 0 : 2);
        }
    }

    @Test
    void anotherRunsSourceStopsTheSync() {
        tableOf100Rows();
        pair.heroku().run("UPDATE t SET n = 1");
        pair.heroku().runAsSuperuser("UPDATE ferry.run SET run_id = gen_random_uuid()");

        assertThatThrownBy(pair::cycle).hasMessageContaining("belongs to another run");
        assertThat(pair.logged("t")).isEqualTo(100);
    }
}
