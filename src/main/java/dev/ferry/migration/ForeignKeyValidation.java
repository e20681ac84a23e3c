package dev.ferry.migration;

import dev.ferry.database.Database;
import dev.ferry.database.LockPatience;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.journal.Journal;
import dev.ferry.schema.SchemaRestore;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Makes the foreign keys valid that were added NOT VALID inside the switch's window: the slow part, beside the app's work
 * and on a thread of its own, so that a revert does not wait for it. Stopping it loses nothing: what is not valid is asked
 * of the catalog anew.
 */
final class ForeignKeyValidation {
    private final SchemaRestore schema;
    private final Database target;
    private final Journal journal;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean stopped;
    private volatile boolean complete;
    private final AtomicInteger done = new AtomicInteger();
    private volatile int total;
    private volatile @Nullable Session session;
    private volatile @Nullable RuntimeException failure;

    private ForeignKeyValidation(SchemaRestore schema, Database target, Journal journal) {
        this.schema = schema;
        this.target = target;
        this.journal = journal;
    }

    static ForeignKeyValidation start(SchemaRestore schema, Database target, Journal journal) {
        ForeignKeyValidation validation = new ForeignKeyValidation(schema, target, journal);
        Thread thread = new Thread(validation::run, "ferry-validate");
        thread.setDaemon(true);
        thread.start();
        return validation;
    }

    private void run() {
        try {
            List<String> statements = schema.validateForeignKeys();
            total = statements.size();
            int refused = 0;
            for (String statement : statements) {
                if (stopped) {
                    return;
                }
                refused += validate(statement) ? 0 : 1;
                done.incrementAndGet();
            }
            complete = true;
            if (total > 0) {
                journal.info((total - refused) + " of " + total + " foreign keys are validated on the target.");
            }
        } catch (RuntimeException e) {
            failure = e;
        } catch (Error e) {
            failure = new IllegalStateException("the validation of foreign keys ended badly", e);
        } finally {
            ended.countDown();
        }
    }

    /** Rows that break a key were there on the source too: it stays as it is, and the migration is not held up by it. */
    private boolean validate(String statement) {
        try (Session mine = target.open()) {
            session = mine;
            if (statement.contains(" ADD CONSTRAINT ")) {
                // To a partitioned table, whose leaves have it: quick, but it needs all of them alone for that moment.
                mine.statementTimeout(LockPatience.BOUND);
            }
            mine.execute(statement);
            return true;
        } catch (RuntimeException e) {
            if (stopped || SqlState.of(e) == null || SqlState.isTransient(e)) {
                throw e;
            }
            journal.error("A foreign key could not be validated on the target, and stays NOT VALID there (new rows are"
                    + " checked): " + SqlState.describe(e)
                    + ". The same rows break it on the source. Mend them, then run on the target: " + statement + ";");
            return false;
        } finally {
            session = null;
        }
    }

    /** All were validated, or refused for good. */
    boolean complete() {
        return complete;
    }

    /** It ended before it was complete; the reason, or null. */
    @Nullable RuntimeException failure() {
        return failure;
    }

    String progress() {
        return done + " of " + total;
    }

    private void cancel(Session running) {
        try {
            target.cancel(running);
        } catch (RuntimeException e) {
            journal.warn("The validation of a foreign key could not be cancelled: " + SqlState.describe(e) + ".");
            running.abort();
        }
    }

    /** Cancels what is under way and returns once nothing is. */
    void stop() {
        stopped = true;
        while (true) {
            Session running = session;
            if (running != null) {
                cancel(running);
            }
            try {
                if (ended.await(200, TimeUnit.MILLISECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
