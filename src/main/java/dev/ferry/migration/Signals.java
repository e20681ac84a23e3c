package dev.ferry.migration;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What the runner is told while it works. The row on the target is the truth; these are its echo in this process. */
final class Signals {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long wakes;
    private volatile boolean closed;
    private volatile boolean paused;
    private volatile boolean interrupted;

    /** The step at work may go on: the process is not ending and nothing was asked that ends the step. */
    boolean keepGoing() {
        return !closed && !interrupted;
    }

    /** The same for work that a pause stops. */
    boolean keepCopying() {
        return keepGoing() && !paused;
    }

    boolean closed() {
        return closed;
    }

    void paused(boolean value) {
        paused = value;
        wake();
    }

    /** Abort or revert was asked for: the step at work ends at its next safe point. */
    void interrupt() {
        interrupted = true;
        wake();
    }

    /** The row is about to be read, which knows all that was asked for until now. */
    void forget() {
        interrupted = false;
        paused = false;
    }

    void close() {
        closed = true;
        wake();
    }

    void wake() {
        lock.lock();
        try {
            wakes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits the time out, or until the process ends, whoever is woken meanwhile. */
    void awaitQuietly(Duration duration) {
        long until = System.nanoTime() + duration.toNanos();
        while (!closed && System.nanoTime() < until) {
            await(Duration.ofNanos(Math.max(1, until - System.nanoTime())));
        }
    }

    /** Waits until woken or the time is over. */
    void await(Duration duration) {
        lock.lock();
        try {
            long seen = wakes;
            long left = duration.toNanos();
            while (!closed && seen == wakes && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }
}
