package dev.ferry.sync;

import dev.ferry.capture.ChangeLog;
import dev.ferry.database.End;
import dev.ferry.database.Identifiers;
import dev.ferry.database.Key;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.database.WalPosition;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.rows.RowTransfer;
import dev.ferry.rows.UnreadableRow;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/**
 * One cycle, from a snapshot of the origin to a commit at the destination (the steps are those of DESIGN, "Sync"). A
 * failure anywhere leaves both ends as they were, or the destination one cycle ahead with the log unread: then the next
 * cycle does the same again.
 */
public final class SyncCycle {
    private static final String LOCK_WAIT = "1s";
    private static final String IDLE_AT_MOST = "15s";

    private final Route route;
    private final UUID runId;
    private final Clock clock;
    private final ChangeLog log;
    private final UnloggedTables unlogged;
    private SourceServer.@Nullable Identity sourceServer;
    /** The cycle before failed: perhaps because the destination took its time. */
    private boolean patient;

    private boolean careful = true;

    public SyncCycle(Route route, UUID runId, Clock clock) {
        this.route = route;
        this.runId = runId;
        this.clock = clock;
        this.log = new ChangeLog(route);
        this.unlogged = new UnloggedTables(route);
    }

    /** The next cycle looks for rows that are too wide for this process before it reads any, as the first one does. */
    void beCareful() {
        careful = true;
    }

    /**
     * What a cycle did.
     *
     * @param snapshotAt not later than the snapshot, by this process's clock
     * @param keys keys applied
     * @param reloaded tables reloaded whole, by number
     * @param postponed marked tables whose reload keeps its distance from the one before: they are as they were then
     * @param complete nothing that the snapshot saw is left in the log but what is postponed: Invariant T holds for all
     *     other tables
     * @param pending rows of log that the snapshot saw, by table number
     */
    public record Result(
            Instant snapshotAt,
            long keys,
            Map<Integer, Reload> reloaded,
            Set<Integer> postponed,
            boolean complete,
            Map<Integer, ChangeLog.Pending> pending) {}

    /** Somebody who wants to see both ends as they are at one moment, and does what it takes while the cycle holds still. */
    public interface Witness {
        Witness NONE = new Witness() {
            @Override
            public void atSnapshot(Session origin) {
                // nobody looks
            }

            @Override
            public void atEnd(Collection<TrackedTable> tables, Result result) {
                // nobody looks
            }

            @Override
            public void atFailure() {
                // nobody looks
            }
        };

        /** The cycle's transaction at the origin has taken its snapshot. Called again if the cycle has to be run again. */
        void atSnapshot(Session origin);

        /** No reload is to be put off: the tables that one is asked for are to be looked at too. */
        default boolean wantsReloads() {
            return false;
        }

        /**
         * The cycle is over at both ends, and the next has not begun: if it was complete, the destination equals that
         * snapshot in the tables given, but those whose reload was put off.
         */
        void atEnd(Collection<TrackedTable> tables, Result result);

        /** The cycle came to no end: nothing is known of the destination. */
        void atFailure();
    }

    /** A table is not what was captured: the cycle was rolled back, and runs again without it. */
    public static final class DriftException extends RuntimeException {
        private final transient Map<Integer, String> drift;

        DriftException(Map<Integer, String> drift) {
            super("schema drift in " + drift.size() + " tables");
            this.drift = drift;
        }

        /** What changed, by table number. */
        public Map<Integer, String> drift() {
            return drift;
        }
    }

    /** A table was rewritten or replaced between the snapshot and its lock: nothing was done, run it again. */
    public static final class MovedException extends RuntimeException {
        MovedException(int tables) {
            super(tables + " tables were rewritten during the cycle");
        }
    }

    /** A cycle that reloads every table that is marked. */
    public Result run(
            Collection<TrackedTable> tables,
            Map<Integer, TrackedTables.Entry> entries,
            long limit,
            Consumer<Session> atCommit) {
        return run(tables, entries, limit, Set.of(), atCommit);
    }

    /**
     * Runs a cycle over the tables given.
     *
     * @param limit rows of log to take for each table; above it the cycle is not complete
     * @param mayWait tables whose reload, if one is asked for, is left to a later cycle
     * @param atCommit runs in the destination's transaction, just before its commit
     */
    public Result run(
            Collection<TrackedTable> tables,
            Map<Integer, TrackedTables.Entry> entries,
            long limit,
            Set<Integer> mayWait,
            Consumer<Session> atCommit) {
        return run(tables, entries, limit, mayWait, atCommit, Witness.NONE);
    }

    /** The same before a witness. */
    public Result run(
            Collection<TrackedTable> tables,
            Map<Integer, TrackedTables.Entry> entries,
            long limit,
            Set<Integer> mayWait,
            Consumer<Session> atCommit,
            Witness witness) {
        Result result;
        try {
            result = toItsCommit(tables, entries, limit, mayWait, atCommit, witness);
        } catch (RuntimeException e) {
            witness.atFailure();
            throw e;
        }
        witness.atEnd(tables, result);
        return result;
    }

    private Result toItsCommit(
            Collection<TrackedTable> tables,
            Map<Integer, TrackedTables.Entry> entries,
            long limit,
            Set<Integer> mayWait,
            Consumer<Session> atCommit,
            Witness witness) {
        Map<Integer, TrackedTable> byId =
                tables.stream().collect(Collectors.toMap(TrackedTable::id, Function.identity()));
        try (Session origin = route.origin().open()) {
            Instant snapshotAt = clock.instant();
            origin.begin(Session.Isolation.REPEATABLE_READ);
            // It idles while the destination works. If the network swallows us meanwhile, the app's TRUNCATE waits for
            // our locks, and everybody behind it, but no longer than this. A slow target gets a patient retry.
            origin.execute("SET LOCAL idle_in_transaction_session_timeout = '" + (patient ? "0" : IDLE_AT_MOST) + "'");
            patient = true;
            requireOurRun(origin);
            requireSameServer(origin);
            witness.atSnapshot(origin);
            Map<Integer, ChangeLog.Pending> pending = log.pending(origin, tables);
            Set<Integer> doubtful = unlogged.tablesInDoubt(origin, tables);
            for (Integer id : doubtful) {
                pending.merge(
                        id, new ChangeLog.Pending(0, true), (found, mark) -> new ChangeLog.Pending(found.rows(), true));
            }
            Map<Integer, Integer> leaders = completeTrees(tables, pending);
            Set<Integer> postponed = pending.entrySet().stream()
                    .filter(waiting -> waiting.getValue().marked()
                            && mayWait.contains(leaders.getOrDefault(waiting.getKey(), waiting.getKey()))
                            && !doubtful.contains(waiting.getKey()))
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
            if (postponed.size() == pending.size()) {
                patient = false;
                return new Result(snapshotAt, 0, Map.of(), postponed, true, pending);
            }
            WalPosition seen = WalPosition.now(origin);
            List<TrackedTable> changed = pending.keySet().stream()
                    .filter(id -> !postponed.contains(id))
                    .map(id -> Objects.requireNonNull(byId.get(id)))
                    .toList();
            requireUnmoved(origin, changed, entries);
            try (Session destination = route.destination().open()) {
                route.beginApply(destination);
                Map<Integer, String> acting = ActingObjects.find(destination, changed, route.replicaRole());
                if (!acting.isEmpty()) {
                    throw new DriftException(acting);
                }
                countCycle(origin, destination);
                RowTransfer transfer = new RowTransfer(origin, destination);
                long keys = 0;
                boolean complete = true;
                Map<Integer, Reload> reloaded = new TreeMap<>();
                Set<String> trees = new HashSet<>();
                for (TrackedTable table : changed) {
                    ChangeLog.Pending waiting = Objects.requireNonNull(pending.get(table.id()));
                    if (waiting.marked() || table.definition().key() == null) {
                        // A tree's rows come with the first of its leaves.
                        if (trees.add(table.definition().rowsSql())) {
                            reloaded.put(table.id(), reload(origin, transfer, table));
                        } else {
                            log.consume(origin, table);
                        }
                    } else {
                        boolean all = waiting.rows() <= Math.min(limit, ChangeLog.EXACT);
                        keys += apply(transfer, table, waiting, all ? Long.MAX_VALUE : limit);
                        complete &= all || limit == Long.MAX_VALUE || ChangeLog.isEmpty(origin, table);
                    }
                }
                reloaded.forEach((id, reload) -> reload.note(destination, id));
                atCommit.accept(destination);
                seen.ensureFlushed(route.origin());
                try {
                    destination.commit();
                } catch (RuntimeException e) {
                    if (SqlState.isConflictingRow(e)) {
                        throw new ConflictException(refusing(changed, e), e); // a deferred constraint
                    }
                    throw e;
                }
                // If this fails, or its outcome stays unknown, the same keys are applied once more.
                origin.commit();
                patient = false;
                careful = false;
                if (!doubtful.isEmpty()) {
                    unlogged.equalOver(origin, destination);
                }
                return new Result(snapshotAt, keys, reloaded, postponed, complete, pending);
            }
        }
    }

    /**
     * Marks all leaves of a tree that is moved as a whole once one of them is marked: each is locked and looked at.
     *
     * @return the first leaf, by whose reload the tree's next one is timed, of each of them
     */
    private static Map<Integer, Integer> completeTrees(
            Collection<TrackedTable> tables, Map<Integer, ChangeLog.Pending> pending) {
        Map<TableName, TreeSet<Integer>> trees = new HashMap<>();
        for (TrackedTable table : tables) {
            TableName root = table.definition().through();
            if (root != null) {
                trees.computeIfAbsent(root, name -> new TreeSet<>()).add(table.id());
            }
        }
        Map<Integer, Integer> leaders = new HashMap<>();
        for (TreeSet<Integer> leaves : trees.values()) {
            boolean marked = leaves.stream().anyMatch(pending::containsKey);
            for (Integer leaf : leaves) {
                leaders.put(leaf, leaves.first());
                if (marked) {
                    pending.put(leaf, new ChangeLog.Pending(0, true));
                }
            }
        }
        return leaders;
    }

    private static TrackedTable refusing(List<TrackedTable> changed, RuntimeException refusal) {
        for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
            if (cause instanceof PSQLException said && said.getServerErrorMessage() != null) {
                String schema = said.getServerErrorMessage().getSchema();
                String name = said.getServerErrorMessage().getTable();
                for (TrackedTable table : changed) {
                    if (table.name().schema().equals(schema)
                            && table.name().name().equals(name)) {
                        return table;
                    }
                }
            }
        }
        return changed.get(0);
    }

    private Reload reload(Session origin, RowTransfer transfer, TrackedTable table) {
        long begun = System.nanoTime();
        log.consume(origin, table);
        UnreadableRow.inAll(route.origin(), table, () -> transfer.reload(table));
        return new Reload(clock.instant(), Duration.ofNanos(System.nanoTime() - begun));
    }

    private long apply(RowTransfer transfer, TrackedTable table, ChangeLog.Pending waiting, long limit) {
        Key key = Objects.requireNonNull(table.definition().key());
        try {
            return UnreadableRow.amongLogged(
                    route.origin(),
                    table,
                    key,
                    careful,
                    () -> transfer.applyLoggedKeys(table, key, waiting.rows(), limit));
        } catch (RuntimeException e) {
            if (SqlState.isConflictingRow(e)) {
                throw new ConflictException(table, e);
            }
            throw e;
        }
    }

    /**
     * A unique or exclusion constraint refused a row. In a cycle with a limit the row in its way may have a change of its
     * own that is still in the log: run again without the limit.
     */
    public static final class ConflictException extends RuntimeException {
        private final transient TrackedTable table;

        ConflictException(TrackedTable table, Throwable cause) {
            super("a constraint of " + table.name() + " refused a row", cause);
            this.table = table;
        }

        public TrackedTable table() {
            return table;
        }
    }

    private void requireOurRun(Session origin) {
        // The first statement of the transaction: it takes the snapshot.
        List<UUID> run = route.origin().end() == End.SOURCE
                ? origin.list(UUID.class, "SELECT run_id FROM ferry.run")
                : origin.list(UUID.class, "SELECT run_id FROM ferry.migration");
        if (!run.equals(List.of(runId))) {
            throw new FerryException(
                    FailureCode.FOREIGN_STATE,
                    "Schema ferry on the " + route.origin().end().label() + " belongs to another run"
                            + (run.isEmpty() ? "." : " (" + run.get(0) + ", not " + runId + ")."),
                    "Another Ferry took this database over, or it is another database than before. Abort this migration.");
        }
    }

    private void requireSameServer(Session origin) {
        if (route.origin().end() != End.SOURCE) {
            return;
        }
        if (sourceServer == null) {
            SourceServer.remember(origin, route.destination());
            sourceServer = SourceServer.remembered(route.destination()).orElseThrow();
        }
        SourceServer.requireSame(sourceServer, origin);
    }

    private void requireUnmoved(Session origin, List<TrackedTable> changed, Map<Integer, TrackedTables.Entry> entries) {
        try {
            origin.execute("SET LOCAL lock_timeout = '" + LOCK_WAIT + "'; LOCK TABLE "
                    + changed.stream()
                            .map(table -> "ONLY " + table.name().sql())
                            .collect(Collectors.joining(", "))
                    + " IN ACCESS SHARE MODE");
        } catch (RuntimeException e) {
            if (!"42P01".equals(SqlState.of(e)) && !"3F000".equals(SqlState.of(e))) {
                throw e;
            }
            requireUnchanged(changed, entries); // names what is gone
            throw e;
        }
        List<Integer> moved = moved(origin, changed);
        requireUnchanged(changed, entries);
        if (!moved.isEmpty()) {
            throw new MovedException(moved.size());
        }
    }

    /**
     * The numbers of those tables that are no longer the files that the session's snapshot knows (RULES A1). The session
     * must hold a lock on each.
     */
    public static List<Integer> moved(Session session, Collection<TrackedTable> tables) {
        // relfilenode as the snapshot sees it, beside the one that the lock now holds still.
        return session.list(Integer.class, """
                SELECT v.id
                FROM (VALUES %s) v (id, oid, name) LEFT JOIN pg_class c ON c.oid = v.oid::oid
                WHERE (c.relfilenode = pg_relation_filenode(c.oid) AND to_regclass(v.name) = c.oid) IS NOT TRUE
                """.formatted(tables.stream()
                .map(table -> "(%d, %d, %s)"
                        .formatted(
                                table.id(),
                                table.definition().oid(),
                                Identifiers.literal(table.name().sql())))
                .collect(Collectors.joining(", "))));
    }

    private void requireUnchanged(List<TrackedTable> changed, Map<Integer, TrackedTables.Entry> entries) {
        try (Session fresh = route.origin().open()) {
            Map<Integer, String> drift = SchemaDrift.find(
                    fresh,
                    changed.stream()
                            .map(table -> Objects.requireNonNull(entries.get(table.id())))
                            .toList());
            if (!drift.isEmpty()) {
                throw new DriftException(drift);
            }
        }
    }

    /** The same number at both ends, in the two transactions of the cycle: who is behind has lost a commit (RULES A6). */
    private void countCycle(Session origin, Session destination) {
        route.fence().hold(origin, route.origin().end());
        long atOrigin =
                origin.list(Long.class, "SELECT cycle FROM ferry.position").get(0);
        long atDestination =
                destination.list(Long.class, "SELECT cycle FROM ferry.position").get(0);
        if (atDestination < atOrigin || atDestination > atOrigin + 1) {
            boolean destinationLost = atDestination < atOrigin;
            throw new FerryException(
                    FailureCode.FOREIGN_STATE,
                    "The "
                            + (destinationLost ? route.destination() : route.origin())
                                    .end()
                                    .label()
                            + " has lost committed changes: it is at cycle "
                            + (destinationLost ? atDestination : atOrigin) + ", the other end at "
                            + (destinationLost ? atOrigin : atDestination) + ".",
                    "It was restored from a backup or failed over to a copy that was behind. Abort, and start a new migration.");
        }
        for (Session session : List.of(origin, destination)) {
            session.jdbc()
                    .sql("UPDATE ferry.position SET cycle = ?")
                    .param(atOrigin + 1)
                    .update();
        }
    }
}
