package dev.ferry.migration;

import dev.ferry.database.SqlState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;

/** Runs one piece of work on several threads until each says that nothing is left. */
final class Workers {
    private final int count;
    private final Signals signals;
    private final Troubles troubles;

    Workers(int count, Signals signals, Troubles troubles) {
        this.count = count;
        this.signals = signals;
        this.troubles = troubles;
    }

    /**
     * Calls the work again and again, side by side. What passes by itself is tried again by the worker that met it, so
     * that the others go on; anything else ends all of them.
     *
     * @param unit false when nothing is left to take
     */
    void run(String name, BooleanSupplier unit) {
        ExecutorService threads = Executors.newFixedThreadPool(count, task -> new Thread(task, name));
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                running.add(threads.submit(() -> work(unit)));
            }
            for (Future<?> worker : running) {
                worker.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            threads.shutdownNow();
            awaitEnd(threads);
        }
    }

    private void work(BooleanSupplier unit) {
        Backoff backoff = new Backoff();
        try {
            while (signals.keepCopying() && !Thread.currentThread().isInterrupted()) {
                try {
                    if (!unit.getAsBoolean()) {
                        return;
                    }
                    backoff.reset();
                    troubles.over();
                } catch (RuntimeException e) {
                    if (!SqlState.isTransient(e)) {
                        throw e;
                    }
                    troubles.met(Failures.describe(e));
                    signals.await(backoff.next());
                }
            }
        } finally {
            troubles.over();
        }
    }

    /** No worker outlives the step: the next one may begin with the same chunks. */
    private static void awaitEnd(ExecutorService threads) {
        boolean interrupted = Thread.interrupted();
        while (!threads.isTerminated()) {
            try {
                threads.awaitTermination(1, java.util.concurrent.TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
