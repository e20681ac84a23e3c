package dev.ferry.verification;

import dev.ferry.database.Key;
import dev.ferry.database.LockCourtesy;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.sync.SyncCycle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.RowMapper;

/**
 * Two sessions that see the two ends as they were at one moment, and ask both the same. Locks are held no longer than a
 * statement takes: rolling back to a savepoint lets go of them and keeps the snapshot.
 */
final class Lane implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

    /** Formats are pinned; names in a value's text (regclass) are qualified by the same path, an empty one. */
    private static final String PINNED =
            """
            SET LOCAL search_path = '';
            SELECT pg_catalog.set_config(name, '5s', true) FROM pg_catalog.pg_settings
              WHERE name = 'client_connection_check_interval'
            """; // a process that is killed gives way to nobody any more: the server ends what it read

    private static final String LEAVE = "ROLLBACK TO SAVEPOINT ferry_range; RELEASE SAVEPOINT ferry_range";

    private static final int KEYS_LOOKED_AT = 200_000;

    private final Route route;
    private final Session origin;
    private final Session destination;
    private final LockCourtesy courtesyAtOrigin;
    private final LockCourtesy courtesyAtDestination;
    private final Executor besides;
    private final Map<TableName, List<TrackedTable>> trees;
    private volatile boolean broken;

    /** @param trees the leaves of those trees of partitions that are read through their root */
    Lane(
            Route route,
            LockCourtesy courtesyAtOrigin,
            LockCourtesy courtesyAtDestination,
            Executor besides,
            Map<TableName, List<TrackedTable>> trees) {
        this.route = route;
        this.courtesyAtOrigin = courtesyAtOrigin;
        this.courtesyAtDestination = courtesyAtDestination;
        this.trees = trees;
        this.besides = besides;
        this.origin = route.origin().open();
        try {
            this.destination = route.destination().open();
        } catch (RuntimeException e) {
            origin.close();
            throw e;
        }
    }

    /** A table was rewritten since the snapshot, or it is locked, or others waited for us: try it again at another one. */
    static final class LaterException extends RuntimeException {
        LaterException(String reason) {
            super(reason);
        }

        LaterException(String reason, Throwable cause) {
            super(reason, cause);
        }
    }

    /** What was asked took longer than it may. */
    static final class TooSlowException extends RuntimeException {
        TooSlowException(Throwable cause) {
            super("took too long", cause);
        }
    }

    /** The rows of both ends. */
    record Both<T>(List<T> origin, List<T> destination) {}

    /** Joins an exported snapshot. */
    void joinOrigin(String snapshot) {
        origin.rollback();
        origin.begin(Session.Isolation.REPEATABLE_READ);
        origin.execute("SET TRANSACTION SNAPSHOT '" + snapshot + "'");
        origin.execute(PINNED);
    }

    /** Takes a snapshot of the origin now. */
    void joinOrigin() {
        origin.rollback();
        origin.begin(Session.Isolation.REPEATABLE_READ);
        origin.execute(PINNED);
        origin.list(Integer.class, "SELECT 1");
    }

    /** Takes a snapshot of the destination now. */
    void joinDestination() {
        destination.rollback();
        destination.begin(Session.Isolation.REPEATABLE_READ);
        destination.execute(PINNED);
        destination.list(Integer.class, "SELECT 1");
    }

    /** Lets go of a moment that was not caught. */
    void leaveOrigin() {
        origin.rollback();
    }

    /** Ends both transactions: nothing of the databases' past is held any more. */
    void leave() {
        origin.rollback();
        destination.rollback();
    }

    /**
     * Asks both ends at once.
     *
     * @param atMost each end's statement; zero is no bound
     * @throws LaterException if a table is not what its end's snapshot knows, or in somebody's way
     * @throws TooSlowException if an end did not answer in time
     */
    <T> Both<T> ask(TrackedTable table, String sql, RowMapper<T> mapper, Duration atMost) {
        CompletableFuture<List<T>> there =
                CompletableFuture.supplyAsync(() -> askDestination(table, sql, mapper, atMost), besides);
        List<T> here;
        try {
            here = askOrigin(table, sql, mapper, atMost);
        } catch (RuntimeException e) {
            abandon(there);
            throw e;
        }
        try {
            return new Both<>(here, there.join());
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }

    private void abandon(CompletableFuture<?> there) {
        while (!there.isDone()) {
            try {
                route.destination().cancel(destination);
                there.get(200, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                LOG.trace("Cancelled before the statement had begun");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (ExecutionException | RuntimeException e) {
                // What it failed of is our own cancelling, or of no interest beside the failure at the other end.
                LOG.debug("Abandoned: {}", SqlState.describe(e));
            }
        }
    }

    /** Asks the origin alone; under the same bounds as {@link #ask}. */
    <T> List<T> askOrigin(TrackedTable table, String sql, RowMapper<T> mapper, Duration atMost) {
        return ask(origin, courtesyAtOrigin, table, atMost, () -> {
            if (!SyncCycle.moved(origin, filesOf(table)).isEmpty()) {
                throw new LaterException("it was rewritten meanwhile");
            }
            return origin.jdbc().sql(sql).query(mapper).list();
        });
    }

    /** Once the app writes there, it alters its tables there too. */
    private <T> List<T> askDestination(TrackedTable table, String sql, RowMapper<T> mapper, Duration atMost) {
        return ask(destination, courtesyAtDestination, table, atMost, () -> {
            // As at the origin: catalogs know no snapshots.
            boolean unmoved =
                    destination.list(Boolean.class, """
                            SELECT EXISTS (SELECT FROM pg_catalog.pg_class c
                                           WHERE c.oid = pg_catalog.to_regclass(?)
                                             AND c.relfilenode = pg_catalog.pg_relation_filenode(c.oid))
                            """, table.name().sql()).equals(List.of(true));
            if (!unmoved) {
                throw new LaterException("it was rewritten on the " + label(destination) + " meanwhile");
            }
            return destination.jdbc().sql(sql).query(mapper).list();
        });
    }

    private <T> List<T> ask(
            Session session, LockCourtesy courtesy, TrackedTable table, Duration atMost, Supplier<List<T>> read) {
        boolean[] locked = {false};
        courtesy.watch(session);
        try {
            List<T> rows = inSavepoint(session, atMost, () -> {
                session.execute("SET LOCAL lock_timeout = '1s'; LOCK TABLE "
                        + filesOf(table).stream()
                                .map(one -> "ONLY " + one.name().sql())
                                .collect(Collectors.joining(", "))
                        + " IN ACCESS SHARE MODE");
                locked[0] = true;
                return read.get();
            });
            courtesy.unwatch(session);
            return rows;
        } catch (RuntimeException e) {
            String where = session == origin ? "" : " on the " + label(session);
            if (courtesy.unwatch(session)) {
                throw new LaterException("somebody waited for its lock" + where, e);
            }
            if (SqlState.is(e, SqlState.LOCK_NOT_AVAILABLE) || (!locked[0] && SqlState.isLockTrouble(e))) {
                throw new LaterException("somebody has it locked" + where, e);
            }
            if (SqlState.is(e, SqlState.QUERY_CANCELED)) {
                throw new TooSlowException(e);
            }
            throw e;
        }
    }

    private List<TrackedTable> filesOf(TrackedTable table) {
        TableName root = table.definition().through();
        return root == null ? List.of(table) : Objects.requireNonNull(trees.get(root));
    }

    private String label(Session session) {
        return (session == origin ? route.origin() : route.destination()).end().label();
    }

    /**
     * A savepoint was not to be had or to be left, as when somebody cancels at just that moment: this moment is lost to it.
     */
    boolean isBroken() {
        return broken;
    }

    private <T> T inSavepoint(Session session, Duration atMost, Supplier<T> work) {
        boolean[] mayBeLeft = {false};
        try {
            session.execute("SAVEPOINT ferry_range; SET LOCAL statement_timeout = " + atMost.toMillis());
            mayBeLeft[0] = true;
            T result = work.get();
            mayBeLeft[0] = false;
            session.execute(LEAVE);
            return result;
        } catch (RuntimeException e) {
            if (!mayBeLeft[0] || !undone(session, e)) {
                broken = true;
            }
            throw e;
        }
    }

    private static boolean undone(Session session, RuntimeException failure) {
        try {
            session.execute(LEAVE);
            return true;
        } catch (RuntimeException e) {
            failure.addSuppressed(e); // the connection is gone, which the failure itself says
            return false;
        }
    }

    /**
     * Keys of the rows that the app has written at the destination, by the log there as this lane's snapshot sees it.
     *
     * @return texts of the key's columns; empty if the log knows no keys: the table was changed as a whole, or by more rows
     *     than are looked at
     */
    Optional<Set<List<String>>> writtenAtDestination(TrackedTable table) {
        Key key = table.definition().key();
        boolean marked = destination
                .list(Boolean.class, "SELECT EXISTS (SELECT FROM ferry.marker WHERE table_id = " + table.id() + ")")
                .get(0);
        if (marked || key == null) {
            return marked ? Optional.empty() : Optional.of(Set.of());
        }
        String texts = IntStream.rangeClosed(1, key.columns().size())
                .mapToObj(i -> "k.k" + i + "::pg_catalog.text")
                .collect(Collectors.joining(", "));
        Set<List<String>> keys = new HashSet<>(destination
                .jdbc()
                .sql("SELECT DISTINCT %s FROM (SELECT %s FROM %s d) k LIMIT %d"
                        .formatted(texts, key.restored("d"), table.deltaTable(), KEYS_LOOKED_AT + 1))
                .query((row, number) -> {
                    List<String> values = new ArrayList<>();
                    for (int i = 1; i <= key.columns().size(); i++) {
                        values.add(row.getString(i));
                    }
                    return List.copyOf(values);
                })
                .list());
        return keys.size() > KEYS_LOOKED_AT ? Optional.empty() : Optional.of(keys);
    }

    boolean canBeCut(RangePlan plan, TrackedTable table) {
        return plan.canBeCut(origin, table);
    }

    /** Makes both ends stop what they do for this lane. */
    void cancel() {
        route.origin().cancel(origin);
        route.destination().cancel(destination);
    }

    @Override
    public void close() {
        try (origin;
                destination) {
            // both, whatever happens to one
        }
    }
}
