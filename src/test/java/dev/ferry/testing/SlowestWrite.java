package dev.ferry.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** An app that does one write after another and notes how long it had to wait for the slowest. */
public final class SlowestWrite implements AutoCloseable {
    private final CountDownLatch firstDone = new CountDownLatch(1);
    private final CompletableFuture<Duration> longest;
    private volatile boolean ended;

    private SlowestWrite(TestDatabase database, String sql) {
        longest = CompletableFuture.supplyAsync(() -> write(database, sql));
    }

    /** Begins, and returns after the first write. */
    public static SlowestWrite of(TestDatabase database, String sql) throws InterruptedException {
        SlowestWrite writer = new SlowestWrite(database, sql);
        if (!writer.firstDone.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no first write");
        }
        return writer;
    }

    private Duration write(TestDatabase database, String sql) {
        long slowest = 0;
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            do {
                long begun = System.nanoTime();
                statement.execute(sql);
                slowest = Math.max(slowest, System.nanoTime() - begun);
                firstDone.countDown();
            } while (!ended);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return Duration.ofNanos(slowest);
    }

    /** Ends after the write under way; fails if any write failed. */
    public Duration end() throws Exception {
        ended = true;
        return Objects.requireNonNull(longest.get(30, TimeUnit.SECONDS));
    }

    @Override
    public void close() {
        ended = true;
    }
}
