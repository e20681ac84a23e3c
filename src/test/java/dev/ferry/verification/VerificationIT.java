package dev.ferry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.ferry.database.Catalog;
import dev.ferry.database.Identifiers;
import dev.ferry.database.LockCourtesy;
import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import dev.ferry.sync.LiveSync;
import dev.ferry.sync.SyncCycle;
import dev.ferry.sync.TrackedTables;
import dev.ferry.testing.SyncedPair;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Verify between two servers, with cycles that run beside it. */
class VerificationIT {
    private static final String TABLES = """
            CREATE EXTENSION IF NOT EXISTS citext;
            CREATE EXTENSION IF NOT EXISTS ltree;
            CREATE TABLE plain (id bigint PRIMARY KEY, t text, n numeric, f float8, b bytea, j json, z timestamptz);
            CREATE TABLE pair (tenant int, name text COLLATE "C", v int, PRIMARY KEY (tenant, name));
            CREATE TABLE letters (name text PRIMARY KEY, v int);
            CREATE TABLE folded (name citext PRIMARY KEY, v int);
            CREATE TABLE tree (tenant int, path ltree, v int, PRIMARY KEY (tenant, path));
            CREATE TABLE leaf (path ltree PRIMARY KEY, v int);
            CREATE TABLE joined (a int, b int, v text, UNIQUE (a, b));
            CREATE TABLE bare (a int, b text);
            CREATE TABLE nothing ();
            CREATE TABLE parted (id int, k int, v text, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
            CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
            CREATE TABLE parted_2 PARTITION OF parted DEFAULT;
            CREATE TABLE computed (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED);
            """;
    private static final String ROWS = """
            INSERT INTO plain SELECT g, 'row ' || g, g / 3.0, g, decode(md5(g::text), 'hex'), '{"a": 1}', now()
              FROM generate_series(1, 20000) g;
            INSERT INTO pair SELECT g % 7, 'n' || g, g FROM generate_series(1, 5000) g;
            INSERT INTO letters SELECT md5(g::text), g FROM generate_series(1, 5000) g;
            INSERT INTO folded SELECT 'Name' || g, g FROM generate_series(1, 3000) g;
            INSERT INTO tree SELECT g % 3, ('Top.n' || g)::ltree, g FROM generate_series(1, 3000) g;
            INSERT INTO leaf SELECT ('Top.n' || g)::ltree, g FROM generate_series(1, 3000) g;
            INSERT INTO joined SELECT g % 50, CASE WHEN g % 10 = 0 THEN NULL ELSE g END, 'v' FROM generate_series(1, 3000) g;
            INSERT INTO bare SELECT g % 10, 'x' FROM generate_series(1, 500) g;
            INSERT INTO nothing SELECT FROM generate_series(1, 3);
            INSERT INTO parted SELECT g, g % 3, 'p' FROM generate_series(1, 3000) g;
            INSERT INTO computed (id, a) SELECT g, g FROM generate_series(1, 100) g;
            """;

    private final SyncedPair pair = SyncedPair.create();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<CompletableFuture<?>> beside = new java.util.ArrayList<>();
    private @org.jspecify.annotations.Nullable LiveSync live;

    @AfterEach
    void close() {
        stop.set(true);
        beside.forEach(CompletableFuture::join);
        pair.close();
    }

    private VerificationIT synced() {
        pair.schema(TABLES).captured();
        pair.heroku().run(ROWS);
        LiveSync sync = pair.sync();
        live = sync;
        while (!sync.cycle(true, session -> {}).complete()) {
            // until nothing is left
        }
        pair.heroku().run("ANALYZE");
        return this;
    }

    private LiveSync sync() {
        return Objects.requireNonNull(live);
    }

    private void cycles() {
        LiveSync sync = sync();
        beside.add(CompletableFuture.runAsync(() -> {
            while (!stop.get()) {
                sync.cycle(false, session -> {});
            }
        }));
    }

    private VerificationLedger ledger() {
        return new VerificationLedger(pair.target(), SyncedPair.fence(SyncedPair.EPOCH));
    }

    private Verification begin(long rangeBytes) {
        ledger().begin();
        return resumed(rangeBytes);
    }

    private Verification resumed(long rangeBytes) {
        return resumed(rangeBytes, asAfterAStart());
    }

    private Verification resumed(long rangeBytes, List<TrackedTable> tables) {
        return Verification.start(
                pair.route(),
                sync(),
                tables,
                ledger(),
                List::of,
                table -> false,
                new Verification.Pace(2, rangeBytes),
                pair);
    }

    /** The catalog is read again: sizes and estimates are those of now. */
    private List<TrackedTable> asAfterAStart() {
        try (Session session = pair.source().open()) {
            return Catalog.tables(session, name -> true).stream()
                    .flatMap(table -> pair.tables().stream()
                            .filter(known -> known.name().equals(table.name()))
                            .map(known -> new TrackedTable(known.id(), table)))
                    .toList();
        }
    }

    private VerificationReport ended(Verification verification) {
        await("the verification").atMost(Duration.ofSeconds(60)).until(verification::ended);
        assertThat(verification.failure()).isNull();
        return ledger().report();
    }

    private VerificationReport verify(long rangeBytes) {
        return ended(begin(rangeBytes));
    }

    private TestDatabase target() {
        return pair.planetScale();
    }

    private void damage(String sql) {
        target().run("SET ferry.applying = on; SET session_replication_role = replica; " + sql);
    }

    @Test
    void equalDataIsEqualInOnePieceAndInMany() {
        synced().cycles();
        VerificationReport whole = verify(1 << 30);
        assertThat(whole.state()).as(whole.toString()).isEqualTo("equal");
        assertThat(whole.rowsCompared()).isEqualTo(rows());
        assertThat(whole.tablesCompared())
                .isEqualTo(whole.tablesTotal())
                .isEqualTo(pair.tables().size());
        VerificationReport parts = verify(16 << 10);
        assertThat(target().count("SELECT count(*) FROM ferry.verification_range"))
                .isGreaterThan(100);
        assertThat(parts.state()).as(parts.toString()).isEqualTo("equal");
        assertThat(parts.rowsCompared()).isEqualTo(rows());
        assertThat(parts.percent()).isEqualTo(100);
    }

    private long rows() {
        return pair.tables().stream()
                .mapToLong(table -> pair.heroku()
                        .count("SELECT count(*) FROM ONLY " + table.name().sql()))
                .sum();
    }

    @Test
    void raisesNoFalseAlarmWhileTheAppWritesEverywhere() throws SQLException {
        long seed = System.nanoTime();
        System.out.println("VerificationIT seed " + seed);
        synced().cycles();
        AtomicLong written = new AtomicLong();
        for (int writer = 0; writer < 2; writer++) {
            Random random = new Random(seed + writer);
            Connection connection = pair.heroku().connect();
            beside.add(CompletableFuture.runAsync(() -> {
                try (connection;
                        Statement statement = connection.createStatement()) {
                    while (!stop.get()) {
                        statement.execute(write(random));
                        written.incrementAndGet();
                    }
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        for (int round = 0; round < 3; round++) {
            long before = written.get();
            VerificationReport report = verify(round == 0 ? 1 << 30 : 64 << 10);
            assertThat(report.state()).as(report.toString()).isEqualTo("equal");
            assertThat(written.get()).isGreaterThan(before);
        }
    }

    private static String write(Random random) {
        int id = random.nextInt(20_000);
        return switch (random.nextInt(9)) {
            case 0 -> "UPDATE plain SET t = t || 'x' WHERE id = " + id;
            case 1 -> "DELETE FROM plain WHERE id = " + id;
            case 2 -> "INSERT INTO plain (id, t) VALUES (" + id + ", 'new') ON CONFLICT (id) DO UPDATE SET t = 'again'";
            case 3 -> "UPDATE pair SET v = v + 1, name = name || 'a' WHERE v = " + id % 5000;
            case 4 -> "UPDATE letters SET name = md5(name || v) WHERE v = " + id % 5000;
            case 5 -> "UPDATE folded SET name = upper(name::text)::citext WHERE v = " + id % 3000;
            case 6 -> "UPDATE parted SET k = (k + 1) % 3 WHERE id = " + id % 3000;
            case 7 -> "UPDATE computed SET a = a + 1 WHERE id = " + id % 100;
            default -> "UPDATE joined SET v = 'w' || v WHERE b = " + id % 3000;
        };
    }

    /** Statement; table, kind and key of the difference that it makes. */
    private static final String[][] DAMAGES = {
        {"UPDATE plain SET t = t || ' ' WHERE id = 17", "plain different 17"},
        {"UPDATE plain SET f = '-0' WHERE id = 0", "plain different 0"},
        {"UPDATE plain SET n = n * 1.00 WHERE id = 3", "plain different 3"},
        {"UPDATE plain SET j = '{\"a\":1}' WHERE id = 20000", "plain different 20000"},
        {"UPDATE plain SET t = NULL WHERE id = 5", "plain different 5"},
        {"UPDATE plain SET t = '' WHERE id = -1", "plain different -1"},
        {"DELETE FROM plain WHERE id = 12345", "plain missing 12345"},
        {"INSERT INTO plain (id) VALUES (99999)", "plain extra 99999"},
        {"UPDATE pair SET v = -v WHERE tenant = 3 AND name = 'n3'", "pair different 3,n3"},
        {
            "UPDATE letters SET v = 0 WHERE name = 'c4ca4238a0b923820dcc509a6f75849b'",
            "letters different c4ca4238a0b923820dcc509a6f75849b"
        },
        {"DELETE FROM parted_1 WHERE id = 4", "parted_1 missing 4,1"},
        {"DELETE FROM folded WHERE name = 'name7'", "folded missing Name7"},
    };

    @Test
    void namesTheKeyOfEachRowThatWasDamagedAndOfNoOther() {
        synced();
        pair.heroku().run("INSERT INTO plain (id, f) VALUES (0, 0); INSERT INTO plain (id) VALUES (-1)");
        cycles();
        await("the first rows").until(() -> target().count("SELECT count(*) FROM plain WHERE id < 1") == 2);
        for (String[] damage : DAMAGES) {
            damage(damage[0]);
        }
        for (long rangeBytes : new long[] {1 << 30, 32 << 10}) {
            VerificationReport report = verify(rangeBytes);
            assertThat(report.state()).isEqualTo("different");
            assertThat(report.tables().stream()
                            .flatMap(table -> table.keys().stream()
                                    .map(found -> table.table() + " " + found.kind() + " "
                                            + String.join(",", Objects.requireNonNull(found.key())))))
                    .containsExactlyInAnyOrderElementsOf(java.util.Arrays.stream(DAMAGES)
                            .map(damage -> damage[1])
                            .toList());
        }
        assertThat(repaired(DAMAGES.length)).isEqualTo("equal");
        pair.assertEqual();
    }

    private String repaired(long keys) {
        assertThat(Verification.repair(pair.route(), pair.tables(), ledger())).isEqualTo(keys);
        assertThat(ledger().report().state()).isEqualTo("running");
        return ended(resumed(1 << 30)).state();
    }

    @Test
    void countsRowsThatHaveNoKeyAndReloadsTheirTable() {
        synced().cycles();
        damage("INSERT INTO bare VALUES (1, 'x'); DELETE FROM joined WHERE b IS NULL AND a = 20;"
                + "INSERT INTO nothing DEFAULT VALUES");
        VerificationReport report = verify(1 << 30);
        assertThat(report.state()).isEqualTo("different");
        assertThat(report.tables())
                .extracting(VerificationReport.TableReport::table)
                .containsExactlyInAnyOrder("bare", "joined", "nothing");
        assertThat(report.tables().stream()
                        .filter(table -> table.table().equals("bare"))
                        .findFirst()
                        .orElseThrow()
                        .keys())
                .containsExactly(new VerificationReport.KeyReport("extra", null, 1));
        assertThat(repaired(3)).isEqualTo("equal");
        pair.assertEqual();
    }

    @Test
    void findsARowThatIsThereTwiceAfterItsIndexWasDropped() {
        synced().cycles();
        damage("ALTER TABLE plain DROP CONSTRAINT plain_pkey; INSERT INTO plain SELECT * FROM plain WHERE id = 9");
        VerificationReport report = verify(1 << 30);
        assertThat(report.tables())
                .singleElement()
                .satisfies(found -> assertThat(found.keys())
                        .containsExactly(new VerificationReport.KeyReport("extra", List.of("9"), 1)));
    }

    @Test
    void listsManyDifferencesAndRepairsThem() {
        synced().cycles();
        damage("UPDATE plain SET t = 'damaged' WHERE id % 2 = 0; DELETE FROM letters WHERE v % 3 = 0");
        VerificationReport report = verify(1 << 30);
        assertThat(report.differences()).isEqualTo(10_000 + 1666);
        assertThat(repaired(10_000 + 1666)).isEqualTo("equal");
        pair.assertEqual();
    }

    @Test
    void aSuspendedTableIsNoPass() {
        synced();
        pair.heroku().run("ALTER TABLE computed ADD COLUMN more int");
        sync().checkDriftNow();
        cycles();
        VerificationReport report = verify(1 << 30);
        assertThat(report.state()).isEqualTo("incomplete");
        assertThat(report.tables()).singleElement().satisfies(found -> {
            assertThat(found.table()).isEqualTo("computed");
            assertThat(found.outcome()).isEqualTo("not_compared");
            assertThat(found.reason()).contains("suspended");
        });
    }

    @Test
    void goesOnWhereItWasStopped() {
        synced().cycles();
        Verification first = begin(16 << 10);
        await("some ranges")
                .until(() ->
                        target().count("SELECT count(*) FROM ferry.verification_range WHERE compared_at IS NOT NULL")
                                > 3);
        first.stop();
        assertThat(first.ended()).isTrue();
        assertThat(first.failure()).isNull();
        long done = target().count("SELECT max(range_id) FROM ferry.verification_range WHERE compared_at IS NOT NULL");
        String when = target().value("SELECT compared_at::text FROM ferry.verification_range WHERE range_id = ?", done);
        VerificationReport report = ended(resumed(16 << 10));
        assertThat(report.state()).isEqualTo("equal");
        assertThat(report.rowsCompared()).isEqualTo(rows());
        assertThat(target().value("SELECT compared_at::text FROM ferry.verification_range WHERE range_id = ?", done))
                .as("compared once")
                .isEqualTo(when);
    }

    @Test
    void comesBackToATableThatSomebodyHasLocked() throws SQLException {
        synced().cycles();
        List<TrackedTable> tables = asAfterAStart(); // which asks for their sizes, and so waits for locks
        ledger().begin();
        try (Connection app = pair.heroku().connect();
                Statement statement = app.createStatement()) {
            app.setAutoCommit(false);
            statement.execute("LOCK TABLE letters IN ACCESS EXCLUSIVE MODE");
            Verification verification = resumed(1 << 30, tables);
            await("the other tables")
                    .until(() -> target().count("SELECT count(*) FROM ferry.verification_table WHERE outcome = 'equal'")
                            == pair.tables().size() - 1);
            assertThat(verification.ended()).isFalse();
            app.rollback();
            assertThat(ended(verification).state()).isEqualTo("equal");
        }
    }

    @Test
    void rangesHoldEveryRowHoweverTheyWereCut() {
        synced();
        RangePlan plan = new RangePlan(pair.route(), 16 << 10);
        atAMoment(lane -> {
            for (TrackedTable table : asAfterAStart()) {
                if (table.definition().key() == null) {
                    continue;
                }
                List<KeyRange> planned = plan.of(lane, table, Duration.ofSeconds(30));
                List<KeyRange> cut = plan.cut(lane, table, KeyRange.ALL, 4, Duration.ofSeconds(30));
                for (List<KeyRange> ranges : List.of(planned, cut)) {
                    long rows = ranges.stream()
                            .mapToLong(range -> lane.askOrigin(
                                            table,
                                            plan.compared(table).totals(range),
                                            (row, number) -> row.getLong(1),
                                            Duration.ofSeconds(30))
                                    .get(0))
                            .sum();
                    assertThat(rows)
                            .as("%s in %s", table.name(), ranges)
                            .isEqualTo(pair.heroku()
                                    .count("SELECT count(*) FROM ONLY "
                                            + table.name().sql()));
                }
            }
        });
    }

    /** With a lane that sees both ends as they are now. */
    private void atAMoment(java.util.function.Consumer<Lane> work) {
        java.util.concurrent.ExecutorService threads = java.util.concurrent.Executors.newCachedThreadPool();
        try (LockCourtesy origin = new LockCourtesy(pair.source());
                LockCourtesy destination = new LockCourtesy(pair.target());
                Lane lane = new Lane(pair.route(), origin, destination, threads, java.util.Map.of())) {
            lane.joinOrigin();
            lane.joinDestination();
            work.accept(lane);
        } finally {
            threads.shutdown();
        }
    }

    /** After the switch it is there that the app alters its tables. */
    @Test
    void givesWayToWhoeverWaitsForATableOnTheTarget() {
        synced();
        atAMoment(lane -> {
            CompletableFuture<Void> app = CompletableFuture.runAsync(() -> {
                await("the read")
                        .until(() -> target().count(
                                                "SELECT count(*) FROM pg_locks WHERE granted AND relation = 'plain'::regclass")
                                > 0);
                target().run("ALTER TABLE plain ADD COLUMN more int");
            });
            assertThatThrownBy(() -> lane.ask(
                            pair.table("plain"),
                            "SELECT 1 FROM pg_catalog.pg_sleep(CASE pg_catalog.current_database() WHEN "
                                    + Identifiers.literal(target().value("SELECT current_database()"))
                                    + " THEN 20 ELSE 0 END)",
                            (row, number) -> row.getInt(1),
                            Duration.ofSeconds(30)))
                    .isInstanceOf(Lane.LaterException.class);
            app.join();
            assertThat(lane.ask(
                                    pair.table("letters"),
                                    new ComparedTable(pair.table("letters"), true).totals(KeyRange.ALL),
                                    (row, number) -> row.getLong(1),
                                    Duration.ofSeconds(30))
                            .destination())
                    .as("the moment is still held")
                    .containsExactly(5000L);
        });
    }

    /** The snapshot sees an empty table then. */
    @Test
    void readsNoTableThatWasRewrittenOnTheTarget() {
        synced();
        atAMoment(lane -> {
            target().run("ALTER TABLE letters ALTER COLUMN v TYPE bigint");
            assertThatThrownBy(() -> lane.ask(
                            pair.table("letters"),
                            new ComparedTable(pair.table("letters"), true).totals(KeyRange.ALL),
                            (row, number) -> row.getLong(1),
                            Duration.ofSeconds(30)))
                    .isInstanceOf(Lane.LaterException.class)
                    .hasMessageContaining("rewritten");
        });
    }

    /** So many rows that they are not looked at all at once, and some of those in every part are the app's. */
    @Test
    void findsDamageAmongManyRowsThatTheAppWroteSinceTheSwitch() {
        pair.schema("CREATE TABLE many (id int PRIMARY KEY, v int);"
                        + "INSERT INTO many SELECT g, 0 FROM generate_series(1, 250000) g")
                .captured();
        live = pair.sync();
        sync().cycle(true, session -> {});
        TrackedTable many = pair.table("many");
        target().run("CREATE TABLE " + many.deltaTable() + " (k1 int);"
                + "UPDATE many SET v = 1 WHERE id % 100 = 0;"
                + "INSERT INTO " + many.deltaTable() + " SELECT id FROM many WHERE v = 1;"
                + "UPDATE many SET v = 2 WHERE id < 20");
        ledger().begin();
        VerificationReport report = ended(Verification.start(
                pair.route(),
                null,
                pair.tables(),
                ledger(),
                List::of,
                table -> false,
                new Verification.Pace(2, 1 << 30),
                pair));
        assertThat(report.differences()).isEqualTo(19);
        assertThat(report.tables())
                .singleElement()
                .satisfies(found ->
                        assertThat(found.keys()).allMatch(one -> one.kind().equals("different")));
    }

    @Test
    void holdsNoSnapshotOfACycleThatWasNotCompleteOrFailed() {
        synced();
        java.util.concurrent.ExecutorService threads = java.util.concurrent.Executors.newCachedThreadPool();
        try (LockCourtesy origin = new LockCourtesy(pair.source());
                LockCourtesy destination = new LockCourtesy(pair.target());
                Lane lane = new Lane(pair.route(), origin, destination, threads, java.util.Map.of())) {
            EqualMoment moment = new EqualMoment(List.of(lane), false);
            SyncCycle cycle = new SyncCycle(pair.route(), pair.runId(), java.time.Clock.systemUTC());
            java.util.Map<Integer, TrackedTables.Entry> entries = new TrackedTables(pair.target()).entries();
            pair.heroku().run("UPDATE letters SET v = v + 1");
            assertThat(cycle.run(pair.tables(), entries, 10, Set.of(), session -> {}, moment)
                            .complete())
                    .isFalse();
            assertThat(openTransactions()).isZero();
            assertThatThrownBy(() -> cycle.run(
                            pair.tables(),
                            entries,
                            Long.MAX_VALUE,
                            Set.of(),
                            session -> {
                                throw new IllegalStateException("the target is gone");
                            },
                            moment))
                    .hasMessage("the target is gone");
            assertThat(openTransactions()).isZero();
            assertThat(moment.caught()).isNotDone();
            cycle.run(pair.tables(), entries, Long.MAX_VALUE, Set.of(), session -> {}, moment);
            assertThat(moment.caught()).isCompleted();
            assertThat(openTransactions()).isEqualTo(1);
        } finally {
            threads.shutdown();
        }
    }

    /** Nobody is left then who would give way. */
    @Test
    void aProcessThatIsGoneLeavesNoReadBehind() {
        synced();
        atAMoment(lane -> {
            CompletableFuture<?> read = CompletableFuture.runAsync(() -> lane.ask(
                    pair.table("plain"),
                    "SELECT 1 FROM pg_catalog.pg_sleep(300)",
                    (row, number) -> row.getInt(1),
                    Duration.ZERO));
            await("the read").until(() -> reads(pair.heroku()) == 1 && reads(target()) == 1);
            pair.source().abortAll();
            pair.target().abortAll();
            await("the end of it")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> reads(pair.heroku()) == 0 && reads(target()) == 0);
            assertThatThrownBy(read::join).isInstanceOf(java.util.concurrent.CompletionException.class);
        });
    }

    private static long reads(TestDatabase database) {
        return database.count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND wait_event = 'PgSleep'");
    }

    private long openTransactions() {
        return pair.heroku()
                .count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND application_name = 'ferry/test' AND state = 'idle in transaction'");
    }
}
