package dev.ferry.testing;

import static org.awaitility.Awaitility.await;

import dev.ferry.capture.Capture;
import dev.ferry.copy.TableCopy;
import dev.ferry.database.Catalog;
import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Event;
import dev.ferry.journal.Journal;
import dev.ferry.sync.CycleCounts;
import dev.ferry.sync.LiveSync;
import dev.ferry.sync.SyncCycle;
import dev.ferry.sync.TrackedTables;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.flywaydb.core.Flyway;

/**
 * Two databases with the same tables and the engine's parts between them, for tests that call one part at the moment that
 * they choose. Nothing runs by itself: there is no runner, no pg_dump, and the schema is what the test created at both ends.
 */
public final class SyncedPair implements AutoCloseable, Journal {
    /** The epoch written at both ends; {@link #fence(long)} with another one belongs to a leader that was replaced. */
    public static final long EPOCH = 7;

    private final TestDatabase heroku;
    private final TestDatabase planetScale;
    private final Database source;
    private final Database target;
    private final UUID runId = UUID.randomUUID();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private List<TrackedTable> tables = List.of();

    private SyncedPair(TestDatabase heroku, TestDatabase planetScale) {
        this.heroku = heroku;
        this.planetScale = planetScale;
        this.source = open(End.SOURCE, heroku.url());
        this.target = open(End.TARGET, planetScale.url());
    }

    /** PostgreSQL 15 to 17, where the target lets us act as a replica. */
    public static SyncedPair create() {
        return between(
                PostgresServer.shared(15).herokuDatabase(),
                PostgresServer.shared(17).planetScaleDatabase(true));
    }

    public static SyncedPair between(TestDatabase source, TestDatabase target) {
        return new SyncedPair(source, target);
    }

    private static Database open(End end, String url) {
        return new Database(DatabaseUrl.parse(end, url), "ferry/test", 10, Duration.ofSeconds(10));
    }

    /** Runs at both ends, as the owners. */
    public SyncedPair schema(String sql) {
        heroku.run(sql);
        planetScale.run(sql);
        return this;
    }

    /** Ferry's own schema at both ends, the source's tables numbered by name and written down, capture on them. */
    public SyncedPair captured() {
        tracked();
        Capture capture = new Capture(source, fence(EPOCH), this, () -> true);
        tables.forEach(table -> capture.install(table, true));
        noteTriggers();
        return this;
    }

    /** As {@link #captured()}, without capture. */
    public SyncedPair tracked() {
        state(source, "classpath:db/source");
        state(target, "classpath:db/target");
        source.jdbc()
                .sql("INSERT INTO ferry.run (run_id, epoch) VALUES (?, ?)")
                .params(runId, EPOCH)
                .update();
        target.jdbc().sql("UPDATE ferry.epoch SET epoch = ?").param(EPOCH).update();
        target.jdbc().sql("""
                        INSERT INTO ferry.migration (run_id, source, phase, started_at)
                        VALUES (?, 'a test', 'replicating', clock_timestamp())
                        """).param(runId).update();
        try (Session session = source.open()) {
            List<dev.ferry.database.Table> found = Catalog.tables(session, name -> true);
            Map<Long, Catalog.Fingerprint> fingerprints = Catalog.fingerprints(
                    session, found.stream().map(dev.ferry.database.Table::oid).toList());
            List<TrackedTable> numbered = new java.util.ArrayList<>();
            found.stream()
                    .sorted(Comparator.comparing(dev.ferry.database.Table::name))
                    .forEach(table -> {
                        numbered.add(new TrackedTable(numbered.size() + 1, table));
                        target.jdbc()
                                .sql("""
                                INSERT INTO ferry.table_copy
                                  (table_id, source_oid, schema_name, table_name, definition, stamps, key_columns)
                                VALUES (?, ?, ?, ?, ?, ?, ?)
                                """)
                                .params(
                                        numbered.size(),
                                        table.oid(),
                                        table.name().schema(),
                                        table.name().name(),
                                        java.util.Objects.requireNonNull(fingerprints.get(table.oid()))
                                                .definition(),
                                        java.util.Objects.requireNonNull(fingerprints.get(table.oid()))
                                                .stamps(),
                                        table.keyColumns().toArray(String[]::new))
                                .update();
                    });
            tables = List.copyOf(numbered);
        }
        return this;
    }

    private static void state(Database database, String location) {
        Flyway.configure()
                .dataSource(database.dataSource())
                .schemas("ferry")
                .defaultSchema("ferry")
                .createSchemas(true)
                .locations(location, "classpath:db/capture")
                .load()
                .migrate();
    }

    /** Takes the columns' stamps as they are now for those of the start: after a GRANT that came before it. */
    public void restamped() {
        TrackedTables store = new TrackedTables(target);
        try (Session session = source.open()) {
            Map<Long, Catalog.Fingerprint> now = Catalog.fingerprints(
                    session,
                    tables.stream().map(table -> table.definition().oid()).toList());
            tables.forEach(table -> store.restamp(
                    table.id(),
                    java.util.Objects.requireNonNull(now.get(table.definition().oid()))
                            .stamps()));
        }
    }

    private void noteTriggers() {
        try (Session session = source.open()) {
            Catalog.fingerprints(
                            session,
                            tables.stream()
                                    .map(table -> table.definition().oid())
                                    .toList())
                    .values()
                    .forEach(fingerprint -> target.jdbc()
                            .sql("UPDATE ferry.table_copy SET triggers = ? WHERE source_oid = ?")
                            .params(fingerprint.triggers(), fingerprint.oid())
                            .update());
        }
    }

    /** What holds the epoch's row at both ends, as a leader with that epoch does. */
    public static EpochFence fence(long epoch) {
        return new EpochFence() {
            @Override
            public void hold(Session session, End end) {
                if (session.list(Long.class, "SELECT epoch FROM " + row(end) + " WHERE epoch = ? FOR SHARE", epoch)
                        .isEmpty()) {
                    throw new FerryException(FailureCode.NOT_LEADER, "replaced", "none");
                }
            }

            @Override
            public String assertion(End end) {
                return "PERFORM 1 FROM " + row(end) + " WHERE epoch = " + epoch + " FOR SHARE;\n"
                        + "IF NOT FOUND THEN RAISE EXCEPTION 'replaced' USING ERRCODE = 'FE001'; END IF;\n";
            }
        };
    }

    private static String row(End end) {
        return end == End.TARGET ? "ferry.epoch" : "ferry.run";
    }

    public TestDatabase heroku() {
        return heroku;
    }

    public TestDatabase planetScale() {
        return planetScale;
    }

    public Database source() {
        return source;
    }

    public Database target() {
        return target;
    }

    public UUID runId() {
        return runId;
    }

    public Route route() {
        return new Route(source, target, fence(EPOCH), true);
    }

    public List<TrackedTable> tables() {
        return tables;
    }

    /** By its name in schema public. */
    public TrackedTable table(String name) {
        return tables.stream()
                .filter(table -> table.name().equals(new TableName("public", name)))
                .findFirst()
                .orElseThrow();
    }

    public LiveSync sync() {
        return sync(true, 100_000, Clock.systemUTC());
    }

    /**
     * @param replicaRole false where the target does not let us act as a replica
     * @param limit rows of log that a cycle takes for a table
     */
    public LiveSync sync(boolean replicaRole, long limit, Clock clock) {
        return new LiveSync(
                new Route(source, target, fence(EPOCH), replicaRole),
                runId,
                new TrackedTables(target),
                tables,
                name -> true,
                limit,
                this,
                new CycleCounts(),
                clock);
    }

    /** One cycle, whatever it meets. */
    public SyncCycle.Result cycle() {
        return new SyncCycle(route(), runId, Clock.systemUTC())
                .run(tables, new TrackedTables(target).entries(), 100_000, session -> {});
    }

    public TableCopy copy(long chunkBytes, BooleanSupplier keepGoing) {
        return copy(chunkBytes, keepGoing, Clock.systemUTC());
    }

    public TableCopy copy(long chunkBytes, BooleanSupplier keepGoing, Clock clock) {
        return new TableCopy(route(), chunkBytes, tables, this, keepGoing, clock);
    }

    /** Rows of log that wait for one table. */
    public long logged(String table) {
        return heroku.count("SELECT count(*) FROM " + table(table).deltaTable());
    }

    /** Markers that wait for one table. */
    public long markers(String table) {
        return heroku.count("SELECT count(*) FROM ferry.marker WHERE table_id = "
                + table(table).id());
    }

    public void assertEqual() {
        RowComparison.assertEqual(heroku, planetScale);
    }

    /**
     * Runs something of the engine's that waits for a lock on a table of the app's, which the calling test holds in a
     * transaction; gives it back once it waits.
     */
    public <T> CompletableFuture<T> untilItWaits(Supplier<T> work) {
        CompletableFuture<T> running = CompletableFuture.supplyAsync(work);
        await("a lock that Ferry waits for")
                .pollInterval(Duration.ofMillis(5))
                .pollDelay(Duration.ZERO)
                .until(() -> running.isDone() || waiting() > 0);
        return running;
    }

    /** Sessions of Ferry that wait for a lock, at the source. */
    public long waiting() {
        return heroku.count("""
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'ferry/test' AND wait_event_type = 'Lock'
                """);
    }

    /** Whether a failure is that of a lock that did not come in time, on a machine that is busy with other things. */
    public static boolean ranOutOfTime(Throwable failure) {
        String state = SqlState.of(failure);
        return SqlState.LOCK_NOT_AVAILABLE.equals(state) || SqlState.QUERY_CANCELED.equals(state);
    }

    /** What was recorded. */
    public List<String> journal() {
        return events.stream().map(Event::message).toList();
    }

    @Override
    public void record(Event.Level level, String message) {
        events.add(new Event(Instant.now(), level, message));
    }

    @Override
    public void close() {
        source.close();
        target.close();
    }
}
