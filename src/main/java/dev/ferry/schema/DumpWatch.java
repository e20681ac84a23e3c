package dev.ferry.schema;

import dev.ferry.database.Database;
import dev.ferry.database.SqlState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks, while pg_dump runs, at whom it waits for and who waits for it. Whoever waits longer than a second goes first: the
 * dump's connection is ended (RULES C4).
 */
final class DumpWatch implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(DumpWatch.class);
    private static final Duration INTERVAL = Duration.ofMillis(250);
    private static final Duration TOLERANCE = Duration.ofSeconds(1);

    private static final String BLOCKERS = """
            SELECT CASE WHEN blocker.pid IS NOT NULL THEN format(
                     'session %s of %s%s holds a lock on %s%s',
                     blocker.pid,
                     coalesce(activity.usename::text, 'a prepared transaction'),
                     coalesce(' (' || nullif(activity.application_name, '') || ')', ''),
                     coalesce(waited.relation::regclass::text, 'a table'),
                     coalesce(', its transaction is ' || date_trunc('second', clock_timestamp() - activity.xact_start) || ' old', '')) END
            FROM pg_stat_activity AS dump
            LEFT JOIN LATERAL unnest(pg_blocking_pids(dump.pid)) AS blocker (pid) ON true
            LEFT JOIN pg_stat_activity AS activity ON activity.pid = blocker.pid
            LEFT JOIN pg_locks AS waited ON waited.pid = dump.pid AND NOT waited.granted
            WHERE dump.application_name = :name
              AND dump.datname = current_database()
            ORDER BY blocker.pid
            """;
    private static final String WAITERS = """
            SELECT waiter.pid
            FROM pg_stat_activity AS dump
            JOIN pg_stat_activity AS waiter ON dump.pid = ANY (pg_blocking_pids(waiter.pid))
            WHERE dump.application_name = :name
              AND dump.datname = current_database()
            """;

    private final Database source;
    private final String name;
    private final Thread thread;
    private final Map<Integer, Instant> waitingSince = new ConcurrentHashMap<>();
    private volatile @Nullable String obstacle;
    private volatile boolean stopped;

    private DumpWatch(Database source, String name) {
        this.source = source;
        this.name = name;
        this.thread = new Thread(this::watch, "schema-dump-watch");
        thread.setDaemon(true);
    }

    static DumpWatch start(Database source, String name) {
        DumpWatch watch = new DumpWatch(source, name);
        watch.thread.start();
        return watch;
    }

    /** What stood in the way when it was last looked at; null if nothing did. */
    @Nullable String obstacle() {
        return obstacle;
    }

    private void watch() {
        while (!stopped) {
            try {
                look();
                Thread.sleep(INTERVAL.toMillis());
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                // The dump itself meets the same trouble, and it is the one to report it.
                LOGGER.debug("Watching the schema dump: {}", SqlState.describe(e));
            }
        }
    }

    private void look() {
        List<@Nullable String> blockers = source.jdbc()
                .sql(BLOCKERS)
                .param("name", name)
                .query((row, number) -> row.getString(1))
                .list();
        if (!blockers.isEmpty()) { // else it is not connected yet, or not any more: what was seen last stands
            obstacle = blockers.get(0) == null
                    ? null
                    : blockers.get(0) + (blockers.size() > 1 ? " (and " + (blockers.size() - 1) + " more)" : "");
        }
        List<Integer> waiters = source.jdbc()
                .sql(WAITERS)
                .param("name", name)
                .query(Integer.class)
                .list();
        waitingSince.keySet().retainAll(waiters);
        Instant now = Instant.now();
        for (Integer pid : waiters) {
            Instant since = waitingSince.computeIfAbsent(pid, key -> now);
            if (Duration.between(since, now).compareTo(TOLERANCE) > 0) {
                obstacle = "session " + pid + " wants to change a table that the dump reads, and goes first";
                source.jdbc().sql("""
                                SELECT pg_terminate_backend(pid)
                                FROM pg_stat_activity
                                WHERE application_name = :name
                                  AND datname = current_database()
                                """).param("name", name).query(Boolean.class).list();
            }
        }
    }

    /** Ends the watch and waits for its last look. */
    void stop() {
        stopped = true;
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
