package dev.ferry.database;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives way: even ACCESS SHARE, held for a long read, makes an ALTER TABLE of the app's wait, and everybody's SELECT behind
 * it (RULES C4). Sessions that are watched here are cancelled once somebody has waited for one of their table locks for
 * longer than a second.
 */
public final class LockCourtesy implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LockCourtesy.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(300);
    private static final String WAITED = "1 second";

    private final Database database;
    private final Map<Integer, Session> watched = new ConcurrentHashMap<>();
    private final Set<Integer> gaveWay = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "ferry-courtesy");
        thread.setDaemon(true);
        return thread;
    });

    private final Future<?> looking;

    public LockCourtesy(Database database) {
        this.database = database;
        this.looking = looks.scheduleWithFixedDelay(this::look, 0, LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The session is about to lock tables. */
    public void watch(Session session) {
        int pid = session.backendPid();
        gaveWay.remove(pid);
        watched.put(pid, session);
    }

    /**
     * It holds no lock any more, or its statement has failed.
     *
     * @return whether it was cancelled, for somebody who waited
     */
    public boolean unwatch(Session session) {
        int pid = session.backendPid();
        watched.remove(pid);
        return gaveWay.remove(pid);
    }

    private void look() {
        if (watched.isEmpty()) {
            return;
        }
        try {
            String ours = watched.keySet().stream().map(String::valueOf).collect(Collectors.joining(", "));
            for (int pid : database.jdbc()
                    .sql("""
                            SELECT DISTINCT b.pid
                            FROM pg_catalog.pg_locks l
                            CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(l.pid)) AS b (pid)
                            WHERE NOT l.granted AND l.locktype = 'relation'
                              AND l.waitstart < pg_catalog.clock_timestamp() - interval '%s'
                              AND b.pid IN (%s)
                            """.formatted(WAITED, ours))
                    .query(Integer.class)
                    .list()) {
                Session inTheWay = watched.get(pid);
                if (inTheWay != null) {
                    gaveWay.add(pid);
                    database.cancel(inTheWay);
                }
            }
        } catch (RuntimeException e) {
            // A task that throws is never run again; and an end that cannot be asked has its own alarms.
            LOG.debug("Who waits for us is unknown: {}", SqlState.describe(e));
        }
    }

    @Override
    public void close() {
        looking.cancel(false);
        looks.shutdown();
    }
}
