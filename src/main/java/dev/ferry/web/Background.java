package dev.ferry.web;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A value that takes long to find: found by one thread at a time, kept, and never waited for by the page. Whoever asks
 * while it is being found shares the result.
 */
final class Background<T> {
    private static final Logger log = LoggerFactory.getLogger(Background.class);

    private final Supplier<T> finder;
    private final Executor executor;
    private @Nullable CompletableFuture<T> running;
    private volatile @Nullable T last;
    private volatile Instant lastAttempt = Instant.EPOCH;

    Background(Supplier<T> finder, Executor executor) {
        this.finder = finder;
        this.executor = executor;
    }

    /** The last one found, however old. */
    @Nullable T last() {
        return last;
    }

    /** As if none had been found. */
    void forget() {
        last = null;
        lastAttempt = Instant.EPOCH;
    }

    synchronized boolean isRunning() {
        return running != null;
    }

    /** Finds it anew, or joins the search under way. */
    synchronized CompletableFuture<T> refresh() {
        CompletableFuture<T> current = running;
        if (current != null) {
            return current;
        }
        CompletableFuture<T> search = new CompletableFuture<>();
        running = search;
        executor.execute(() -> find(search));
        return search;
    }

    /** Begins a search, for nobody in particular. A failure is logged: nobody else will hear of it. */
    void begin() {
        var unused = refresh().whenComplete((found, failure) -> {
            if (failure != null) {
                log.warn("what the dashboard shows of this could not be found", failure);
            }
        });
    }

    /** Begins a search unless one ended, well or badly, within this time. */
    void beginIfOlderThan(Duration age) {
        if (!isRunning() && lastAttempt.plus(age).isBefore(Instant.now())) {
            begin();
        }
    }

    private void find(CompletableFuture<T> search) {
        @Nullable T found = null;
        @Nullable Throwable failure = null;
        try {
            found = finder.get();
            last = found;
        } catch (Throwable e) { // Whatever it is, those who wait must hear of it.
            failure = e;
        }
        lastAttempt = Instant.now();
        synchronized (this) {
            running = null;
        }
        if (failure != null) {
            search.completeExceptionally(failure);
        } else if (found != null) {
            search.complete(found);
        }
    }
}
