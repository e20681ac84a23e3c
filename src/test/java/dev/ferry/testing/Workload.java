package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Threads that write to a database as an app does, until stopped. Each thread's choices come from the seed, which is
 * printed. Deadlocks, serialization failures and violated constraints are part of an app's day: the transaction is rolled
 * back and counted. A refused write is expected only between {@link #expectRefusals()} and {@link #expectWrites()}; at
 * any other time it is a defect of whoever refused it, and so is every other error.
 */
public abstract class Workload implements AutoCloseable {
    /** No right, a read-only transaction, and a trigger that raises. */
    private static final Set<String> REFUSED = Set.of("42501", "25006", "P0001");

    private static final Set<String> CONFLICT = Set.of("40001", "40P01", "23505", "23503", "23P01");
    private static final int FAILURES_KEPT = 20;

    private final TestDatabase database;
    private final long seed;
    private final int threads;
    private final Duration pause;
    private final List<Thread> running = new ArrayList<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong committed = new AtomicLong();
    private final AtomicLong rolledBack = new AtomicLong();
    private final AtomicLong conflicts = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong refusedAgainstExpectation = new AtomicLong();
    private final AtomicLong longestNanos = new AtomicLong();
    private final Queue<String> firstRefusals = new ConcurrentLinkedQueue<>();
    private volatile boolean refusalsExpected;
    private volatile boolean stopped;

    /** @param pause between two transactions of a thread */
    protected Workload(TestDatabase database, long seed, int threads, Duration pause) {
        this.database = database;
        this.seed = seed;
        this.threads = threads;
        this.pause = pause;
    }

    /**
     * Runs the statements of one transaction.
     *
     * @return whether to commit it
     */
    protected abstract boolean transaction(Connection connection, Random random) throws SQLException;

    /** Settings of a new connection, which is in autocommit. */
    protected void prepare(Connection connection, int thread) throws SQLException {}

    protected final void begin() {
        System.out.printf(
                "%s on %s: seed %d, %d threads%n", getClass().getSimpleName(), database.name(), seed, threads);
        for (int number = 0; number < threads; number++) {
            int thread = number;
            Thread writer = new Thread(() -> write(thread), getClass().getSimpleName() + "-" + number);
            writer.setDaemon(true);
            running.add(writer);
            writer.start();
        }
    }

    private void write(int thread) {
        Random random = new Random(seed * 1000 + thread);
        Connection connection = null;
        while (!stopped) {
            boolean expected = refusalsExpected;
            long started = System.nanoTime();
            try {
                if (connection == null) {
                    connection = database.connect();
                    prepare(connection, thread);
                    connection.setAutoCommit(false);
                    started = System.nanoTime();
                }
                if (transaction(connection, random)) {
                    connection.commit();
                    committed.incrementAndGet();
                } else {
                    connection.rollback();
                    rolledBack.incrementAndGet();
                }
            } catch (SQLException e) {
                note(e, expected);
                connection = rollBack(connection);
            }
            longestNanos.accumulateAndGet(System.nanoTime() - started, Math::max);
            LockSupport.parkNanos(pause.toNanos());
        }
        close(connection);
    }

    private void note(SQLException e, boolean expectedAtStart) {
        String state = String.valueOf(e.getSQLState());
        if (CONFLICT.contains(state)) {
            conflicts.incrementAndGet();
        } else if (REFUSED.contains(state)) {
            refused.incrementAndGet();
            if (!expectedAtStart && !refusalsExpected) {
                refusedAgainstExpectation.incrementAndGet();
                if (firstRefusals.size() < FAILURES_KEPT) {
                    firstRefusals.add(state + " " + e.getMessage());
                }
            }
        } else if (failures.size() < FAILURES_KEPT) {
            failures.add(state + " " + e.getMessage());
        }
    }

    private static @Nullable Connection rollBack(@Nullable Connection connection) {
        try {
            if (connection != null && !connection.isClosed()) {
                connection.rollback();
                return connection;
            }
        } catch (SQLException e) {
            close(connection);
        }
        return null;
    }

    private static void close(@Nullable Connection connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            System.out.println("closing a writer's connection: " + e.getMessage());
        }
    }

    /** From here on writes may be refused: call it before a switch is asked for. */
    public final void expectRefusals() {
        refusalsExpected = true;
    }

    /** From here on a refused write is a defect again: call it once a revert is over. */
    public final void expectWrites() {
        refusalsExpected = false;
    }

    public final long committed() {
        return committed.get();
    }

    public final long refused() {
        return refused.get();
    }

    /** Rolled back for a deadlock, a serialization failure or a violated constraint, and survived. */
    public final long conflicts() {
        return conflicts.get();
    }

    public final List<String> failures() {
        return List.copyOf(failures);
    }

    /** Of one transaction, from its first statement to the answer to its commit, waits for locks included. */
    public final Duration longestTransaction() {
        return Duration.ofNanos(longestNanos.get());
    }

    /** The longest transaction is measured anew. */
    public final void forgetLongestTransaction() {
        longestNanos.set(0);
    }

    /** Waits until so many more transactions were committed. */
    public final void awaitCommitted(long more) {
        long goal = committed.get() + more;
        Awaitility.await(getClass().getSimpleName() + " commits " + more + " transactions")
                .atMost(60, TimeUnit.SECONDS)
                .pollInterval(20, TimeUnit.MILLISECONDS)
                .failFast(() -> assertThat(failures).as("%s: errors", this).isEmpty())
                .until(() -> committed.get() >= goal);
    }

    /** Waits until a write was refused. */
    public final void awaitRefused() {
        long before = refused.get();
        Awaitility.await(getClass().getSimpleName() + " is refused a write")
                .atMost(30, TimeUnit.SECONDS)
                .pollInterval(20, TimeUnit.MILLISECONDS)
                .until(() -> refused.get() > before);
    }

    /** It wrote, nobody refused a write before a switch, and nothing failed in a way that an app would notice. */
    public final void assertUndisturbed() {
        assertThat(committed.get()).as("%s: committed transactions", this).isPositive();
        assertThat(failures).as("%s: errors", this).isEmpty();
        assertThat(firstRefusals).as("%s: refused before a switch", this).isEmpty();
        assertThat(refusedAgainstExpectation)
                .as("%s: refused before a switch", this)
                .hasValue(0);
    }

    /** Ends all threads after their current transactions. */
    public final void stop() {
        stopped = true;
        for (Thread thread : running) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(60));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            assertThat(thread.isAlive())
                    .as("%s is still blocked after 60 s", thread.getName())
                    .isFalse();
        }
        if (!running.isEmpty()) {
            System.out.println(this);
        }
        running.clear();
    }

    @Override
    public final void close() {
        stop();
    }

    @Override
    public final String toString() {
        return "%s on %s (seed %d): %d committed, %d rolled back, %d conflicts, %d refused, longest transaction %d ms"
                .formatted(
                        getClass().getSimpleName(),
                        database.name(),
                        seed,
                        committed.get(),
                        rolledBack.get(),
                        conflicts.get(),
                        refused.get(),
                        longestTransaction().toMillis());
    }
}
