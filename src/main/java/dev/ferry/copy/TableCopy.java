package dev.ferry.copy;

import dev.ferry.capture.ChangeLog;
import dev.ferry.database.LockHolders;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableLockedException;
import dev.ferry.database.TrackedTable;
import dev.ferry.database.WalPosition;
import dev.ferry.journal.Journal;
import dev.ferry.rows.RowTransfer;
import dev.ferry.rows.UnreadableRow;
import dev.ferry.rows.UnreadableRowException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The initial copy of all tables: plans, copies chunks side by side, prunes. Each method can be called again after a crash. */
public final class TableCopy {
    /** A chunk's; the others are at work meanwhile. */
    private static final String LOCK_WAIT = "2s";

    /** A plan's: one after the other, and no worker is at work. */
    private static final String SHORT_LOCK_WAIT = "200ms";

    private final Route route;
    private final ChunkLedger ledger;
    private final ChunkPlanner planner;
    private final Journal journal;
    private final Map<Integer, TrackedTable> tables;
    private final BooleanSupplier keepGoing;
    private final LockedTables locked;
    private final Map<Integer, UnreadableRowException> unreadable = new ConcurrentHashMap<>();

    /** @param clock says for how long a table is left alone that somebody locked */
    public TableCopy(
            Route route,
            long chunkBytes,
            List<TrackedTable> tables,
            Journal journal,
            BooleanSupplier keepGoing,
            Clock clock) {
        this.route = route;
        this.ledger = new ChunkLedger(route.destination(), route.fence());
        this.planner = new ChunkPlanner(chunkBytes);
        this.journal = journal;
        this.tables = tables.stream().collect(Collectors.toMap(TrackedTable::id, Function.identity()));
        this.keepGoing = keepGoing;
        this.locked = new LockedTables(clock, journal);
    }

    /**
     * Plans every table that waits for it: only after its capture was committed, so that later rows are logged. One that is
     * locked goes on waiting.
     */
    public void plan() {
        for (int id : ledger.tablesIn("pending")) {
            if (!keepGoing.getAsBoolean()) {
                return;
            }
            if (locked.mayTry(id)) {
                plan(table(id));
            }
        }
    }

    private void plan(TrackedTable table) {
        try (Session origin = route.origin().open()) {
            origin.begin();
            lock(origin, table, SHORT_LOCK_WAIT);
            Size size = origin.jdbc()
                    .sql("""
                            SELECT pg_relation_filenode(c.oid) AS filenode,
                                   pg_relation_size(c.oid) / current_setting('block_size')::int AS blocks,
                                   pg_relation_size(c.oid)
                                     + coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0) AS bytes
                            FROM pg_class c WHERE c.oid = ?
                            """)
                    .param(table.definition().oid())
                    .query(Size.class)
                    .single();
            ledger.plan(
                    table,
                    size.filenode(),
                    table.definition().through() == null
                            ? planner.plan(size.blocks(), size.bytes())
                            : List.of()); // comes with its tree, in the first cycle
            locked.free(table.id());
        } catch (TableLockedException e) {
            locked.met(table.id(), e);
        }
    }

    private record Size(long filenode, long blocks, long bytes) {}

    /**
     * Copies one chunk that nobody else has.
     *
     * @return false when none was left to take; a table that was rewritten meanwhile then waits for {@link #plan()}, and one
     *     that is locked for another call some time later
     * @throws UnreadableRowException once all other tables are copied
     */
    public boolean copyNextChunk() {
        try (Session destination = route.destination().open()) {
            route.beginApply(destination);
            List<Integer> leftOut = new ArrayList<>(locked.leftOut());
            boolean others = !leftOut.isEmpty();
            leftOut.addAll(unreadable.keySet());
            Optional<Chunk> claimed = ledger.claim(destination, leftOut);
            if (claimed.isEmpty()) {
                if (!others) {
                    throwUnreadable();
                }
                return false;
            }
            Chunk chunk = claimed.get();
            TrackedTable table = table(chunk.tableId());
            if (!locked.mayTry(table.id())) {
                return true;
            }
            try (Session origin = route.origin().open()) {
                origin.begin();
                lock(origin, table, LOCK_WAIT);
                locked.free(table.id());
                if (filenode(origin, table) != chunk.filenode()) {
                    destination.rollback();
                    journal.warn(table.name()
                            + " was rewritten (VACUUM FULL, CLUSTER, TRUNCATE or ALTER TABLE): its copy starts again.");
                    // Planned by the caller's next plan(): here the lock that we hold would stand in our own way, once
                    // somebody who wants the table for himself waits between the two.
                    ledger.planAgain(chunk.tableId(), chunk.generation());
                    return true;
                }
                long rows = UnreadableRow.inBlocks(
                        route.origin(),
                        table,
                        chunk.firstBlock(),
                        chunk.endBlock(),
                        () -> new RowTransfer(origin, destination)
                                .copyBlocks(table, chunk.firstBlock(), chunk.endBlock()));
                WalPosition.now(origin).ensureFlushed(route.origin());
                ledger.done(destination, chunk, rows);
                destination.commit();
            } catch (TableLockedException e) {
                destination.rollback();
                locked.met(table.id(), e);
            } catch (UnreadableRowException e) {
                destination.rollback();
                if (unreadable.put(table.id(), e) == null) {
                    journal.warn(e.getMessage() + " The other tables go on.");
                }
            }
            return true;
        }
    }

    private void throwUnreadable() {
        Iterator<UnreadableRowException> found = unreadable.values().iterator();
        if (found.hasNext()) {
            UnreadableRowException first = found.next();
            found.forEachRemaining(first::addSuppressed);
            throw first;
        }
    }

    /** Whether every planned chunk is done and no table waits for a plan. */
    public boolean copied() {
        return ledger.tablesIn("pending").isEmpty() && !ledger.hasOpenChunks();
    }

    /** A table that is left out because somebody locked it, and who that is. */
    public Optional<String> locked() {
        return locked.any();
    }

    /**
     * Prunes every copied table.
     *
     * @return false if a table has to be copied again first, or if asked to stop
     * @throws TableLockedException once the others are pruned
     * @throws UnreadableRowException likewise
     */
    public boolean prune() {
        RuntimeException left = null;
        for (int id : ledger.tablesIn("copying")) {
            try {
                if (!keepGoing.getAsBoolean() || !prune(table(id))) {
                    return false;
                }
            } catch (TableLockedException | UnreadableRowException e) {
                left = e;
            }
        }
        if (left != null) {
            throw left;
        }
        return true;
    }

    private boolean prune(TrackedTable table) {
        try (Session origin = route.origin().open();
                Session destination = route.destination().open()) {
            origin.begin(Session.Isolation.REPEATABLE_READ);
            origin.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
            lock(origin, table, LOCK_WAIT);
            if (filenode(origin, table) != ledger.filenodeOf(table.id())) {
                journal.warn(table.name() + " was rewritten after its copy: it is copied again.");
                route.destination()
                        .jdbc()
                        .sql("UPDATE ferry.table_copy SET state = 'pending' WHERE table_id = ? AND state = 'copying'")
                        .param(table.id())
                        .update();
                return false;
            }
            // A crash empties an unlogged table, and no trigger says so: what was copied may be of before (RULES A10).
            boolean marked = origin.jdbc()
                    .sql("""
                            SELECT EXISTS (SELECT FROM ferry.marker WHERE table_id = ?)
                              OR EXISTS (SELECT FROM pg_class WHERE oid = ? AND relpersistence = 'u')
                            """)
                    .params(table.id(), table.definition().oid())
                    .query(Boolean.class)
                    .single();
            WalPosition read = WalPosition.now(origin);
            route.beginApply(destination);
            RowTransfer transfer = new RowTransfer(origin, destination);
            if (table.definition().through() != null) {
                new ChangeLog(route).mark(origin, table, "copied with its tree");
            } else if (marked) {
                new ChangeLog(route).consume(origin, table);
                destination.execute("TRUNCATE ONLY " + table.name().sql());
                UnreadableRow.inAll(route.origin(), table, () -> transfer.reload(table));
            } else if (table.definition().key() != null) {
                transfer.deleteLoggedKeys(table, table.definition().key());
            }
            ledger.advance(destination, table.id(), "copying", "pruned");
            read.ensureFlushed(route.origin());
            destination.commit();
            origin.commit();
            return true;
        }
    }

    /** Short waits: whoever waits behind us waits as long. */
    private void lock(Session origin, TrackedTable table, String wait) {
        try {
            origin.execute("SET LOCAL lock_timeout = '" + wait + "'; LOCK TABLE ONLY "
                    + table.name().sql() + " IN ACCESS SHARE MODE");
        } catch (RuntimeException e) {
            if (SqlState.is(e, SqlState.LOCK_NOT_AVAILABLE)) {
                throw new TableLockedException(table.name(), LockHolders.of(route.origin(), List.of(table.name())), e);
            }
            throw e;
        }
    }

    private static long filenode(Session origin, TrackedTable table) {
        return origin.jdbc()
                .sql(
                        "SELECT coalesce(pg_relation_filenode(to_regclass(?)), 0) FROM pg_class WHERE oid = ? AND oid = to_regclass(?)")
                .params(
                        table.name().sql(),
                        table.definition().oid(),
                        table.name().sql())
                .query(Long.class)
                .optional()
                .orElse(0L);
    }

    private TrackedTable table(int id) {
        TrackedTable table = tables.get(id);
        if (table == null) {
            throw new IllegalStateException("no table has the number " + id);
        }
        return table;
    }
}
