package dev.ferry.demo;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The shop's app: a few workers that keep writing, each on a connection of its own, until closed. It lives through what an
 * app lives through: refused writes and lost connections are counted and tried again, deadlocks and rows that somebody
 * else just took are counted. Any other error is a fault of whoever migrates the database: {@link #firstFailure()}.
 */
public final class ShopTraffic implements AutoCloseable {
    private static final Duration RETRY_DELAY = Duration.ofMillis(250);

    /** Where the app connects to. */
    @FunctionalInterface
    public interface Connector {
        Connection open() throws SQLException;
    }

    /**
     * @param committed transactions
     * @param refused attempts that ended in "permission denied" or "read-only"
     * @param conflicts attempts that ended in a deadlock, or in a constraint because somebody else was quicker
     * @param connectionsLost attempts that ended with the connection, or found none
     * @param failed attempts that ended in any other error
     */
    public record Counts(long committed, long refused, long conflicts, long connectionsLost, long failed) {}

    private final long seed;
    private final int transactionsPerSecond;
    private final Consumer<String> reporter;
    private volatile Connector connector;
    private final List<Thread> workers = new ArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Semaphore running;
    private final int permits;

    private final AtomicLong committed = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong conflicts = new AtomicLong();
    private final AtomicLong connectionsLost = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong longestWriteNanos = new AtomicLong();
    private final AtomicReference<@Nullable SQLException> firstFailure = new AtomicReference<>();
    private final AtomicReference<@Nullable Outage> outage = new AtomicReference<>();

    private record Outage(String reason, long sinceNanos) {}

    private ShopTraffic(
            Connector connector, long seed, int workerCount, int transactionsPerSecond, Consumer<String> reporter) {
        this.connector = connector;
        this.seed = seed;
        this.transactionsPerSecond = transactionsPerSecond;
        this.reporter = reporter;
        this.permits = workerCount;
        this.running = new Semaphore(workerCount, true);
    }

    /**
     * Starts writing at once.
     *
     * @param transactionsPerSecond of all workers together; 0 is as many as they can
     * @param reporter gets a line for people when something changes: writes are refused, writes go through again
     */
    public static ShopTraffic start(
            Connector connector, long seed, int workers, int transactionsPerSecond, Consumer<String> reporter) {
        ShopTraffic traffic = new ShopTraffic(connector, seed, workers, transactionsPerSecond, reporter);
        for (int i = 0; i < workers; i++) {
            Random random = new Random(seed + i);
            Thread worker = new Thread(() -> traffic.work(random), "shop-" + i);
            worker.setDaemon(true);
            traffic.workers.add(worker);
        }
        traffic.workers.forEach(Thread::start);
        return traffic;
    }

    /** Starts with two workers that write about 40 transactions a second, and prints the seed. */
    public static ShopTraffic start(Connector connector, long seed) {
        System.out.println("shop traffic with seed " + seed);
        return start(connector, seed, 2, 40, System.out::println);
    }

    /** Goes on at another database; the connections to the old one are closed after the transaction they are in. */
    public void moveTo(Connector other) {
        connector = other;
    }

    /** Returns once no transaction is open. */
    public void pause() {
        running.acquireUninterruptibly(permits);
    }

    /** Undoes one {@link #pause()}. */
    public void resume() {
        running.release(permits);
    }

    public Counts counts() {
        return new Counts(committed.get(), refused.get(), conflicts.get(), connectionsLost.get(), failed.get());
    }

    /** Of the transactions that committed: how long the slowest took from its first statement on. */
    public Duration longestWrite() {
        return Duration.ofNanos(longestWriteNanos.get());
    }

    /** Since when no write has gone through, because they are refused or there is no connection; null while they do. */
    public @Nullable Duration unavailableFor() {
        Outage current = outage.get();
        return current == null ? null : Duration.ofNanos(System.nanoTime() - current.sinceNanos());
    }

    /** The first error that an app would not know how to live with. */
    public Optional<SQLException> firstFailure() {
        return Optional.ofNullable(firstFailure.get());
    }

    public long seed() {
        return seed;
    }

    private void work(Random random) {
        Connection connection = null;
        Connector connectedBy = connector;
        long periodNanos = transactionsPerSecond == 0 ? 0 : permits * 1_000_000_000L / transactionsPerSecond;
        long next = System.nanoTime();
        while (closed.getCount() > 0) {
            if (connection != null && connectedBy != connector) {
                closeQuietly(connection);
                connection = null;
            }
            Duration delay = Duration.ZERO;
            running.acquireUninterruptibly();
            try {
                if (connection == null) {
                    connectedBy = connector;
                    connection = connectedBy.open();
                    connection.setAutoCommit(false);
                }
                long began = System.nanoTime();
                ShopTransaction.any(random).run(connection, random);
                connection.commit();
                longestWriteNanos.accumulateAndGet(System.nanoTime() - began, Math::max);
                committed.incrementAndGet();
                available(began);
            } catch (SQLException e) {
                delay = count(e);
                if (connection != null && !rollBack(connection)) {
                    closeQuietly(connection);
                    connection = null;
                }
            } finally {
                running.release();
            }
            // An app under load does not make up for the time in which it could not work.
            next = Math.max(next + periodNanos, System.nanoTime() - periodNanos);
            sleepUntil(Math.max(next, System.nanoTime() + delay.toNanos()));
        }
        if (connection != null) {
            closeQuietly(connection);
        }
    }

    /** How long an app would wait before it tries again. */
    private Duration count(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        if (state.equals("42501") || state.equals("25006") || state.equals("P0001")) {
            refused.incrementAndGet();
            unavailable("writes are refused: " + firstLine(e));
            return RETRY_DELAY;
        }
        if (state.startsWith("08") || state.startsWith("57P") || state.startsWith("53") || state.startsWith("3D")) {
            connectionsLost.incrementAndGet();
            unavailable("no connection: " + firstLine(e));
            return RETRY_DELAY;
        }
        if (state.startsWith("23") || state.startsWith("40") || state.equals("55P03")) {
            conflicts.incrementAndGet();
            return Duration.ZERO;
        }
        failed.incrementAndGet();
        if (firstFailure.compareAndSet(null, e)) {
            reporter.accept("A write failed for a reason that no app expects: " + firstLine(e) + " (" + state + ")");
        }
        return RETRY_DELAY;
    }

    private void unavailable(String reason) {
        if (outage.compareAndSet(null, new Outage(reason, System.nanoTime()))) {
            reporter.accept("The shop cannot write: " + reason);
        }
    }

    /** @param began of the write that went through: one that began before the outage says nothing about it */
    private void available(long began) {
        Outage current = outage.get();
        if (current != null && began - current.sinceNanos() > 0 && outage.compareAndSet(current, null)) {
            double seconds = (System.nanoTime() - current.sinceNanos()) / 1e9;
            reporter.accept("The shop writes again, after %.1f s.".formatted(seconds));
        }
    }

    private void sleepUntil(long nanoTime) {
        try {
            // Ends early, and for good, once closed.
            boolean over = closed.await(nanoTime - System.nanoTime(), TimeUnit.NANOSECONDS);
            assert over || closed.getCount() > 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed.countDown();
        }
    }

    private static boolean rollBack(Connection connection) {
        try {
            connection.rollback();
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    private static void closeQuietly(Connection connection) {
        try (connection) {
            connection.rollback();
        } catch (SQLException e) {
            // It was broken already, and counted.
        }
    }

    private static String firstLine(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    /** Ends all workers after the transactions that they are in. */
    @Override
    public void close() {
        closed.countDown();
        for (Thread worker : workers) {
            try {
                worker.join(TimeUnit.SECONDS.toMillis(30));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
