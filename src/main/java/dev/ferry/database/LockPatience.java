package dev.ferry.database;

import dev.ferry.journal.Journal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

/**
 * Runs a statement that needs a lock on one of the app's tables, again and again, each try bounded as a whole: while it
 * waits, everyone queues behind it. The bound is longer than {@code deadlock_timeout} (1 s), after which a waiter makes an
 * ordinary autovacuum give way (RULES C3). Between tries the app has the table for itself, longer each time.
 */
public final class LockPatience {
    /** The longest that one try makes the app wait. */
    public static final Duration BOUND = Duration.ofMillis(1300);

    private static final long FIRST_PAUSE_MILLIS = 300;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;
    private static final long REPORT_EVERY_MILLIS = 30_000;

    private final Database database;
    private final Journal journal;
    private final BooleanSupplier keepGoing;

    public LockPatience(Database database, Journal journal, BooleanSupplier keepGoing) {
        this.database = database;
        this.journal = journal;
        this.keepGoing = keepGoing;
    }

    /**
     * One statement (a DO block: BEGIN to COMMIT in one round trip, RULES C2), until it went through.
     *
     * @param what for people: "install capture on public.orders"
     * @return false if it was asked to stop before
     */
    public boolean run(String what, TableName table, String doBlock) {
        long pause = FIRST_PAUSE_MILLIS;
        long reportedAt = 0;
        while (keepGoing.getAsBoolean()) {
            Optional<List<String>> inTheWay = tryOnce(database, table, doBlock);
            if (inTheWay.isEmpty()) {
                return true;
            }
            long now = System.nanoTime() / 1_000_000;
            if (reportedAt == 0 || now - reportedAt > REPORT_EVERY_MILLIS) {
                reportedAt = now;
                journal.warn("Waiting to " + what + ": no lock within " + BOUND.toMillis() + " ms; in the way: "
                        + String.join("; ", inTheWay.get())
                        + ". Trying again; the app is held up no longer than that each time.");
            }
            if (!pause(ThreadLocalRandom.current().nextLong(pause / 2, pause))) {
                return false;
            }
            pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
        }
        return false;
    }

    /**
     * One try of one statement.
     *
     * @return who was in the way; empty if it went through
     */
    public static Optional<List<String>> tryOnce(Database database, TableName table, String doBlock) {
        try (Session session = database.open()) {
            session.statementTimeout(BOUND);
            session.execute(doBlock);
            return Optional.empty();
        } catch (RuntimeException e) {
            if (!SqlState.isLockTrouble(e)) {
                throw e;
            }
            return Optional.of(LockHolders.of(database, List.of(table)));
        }
    }

    private static boolean pause(long millis) {
        try {
            Thread.sleep(millis);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
