package dev.ferry.migration;

import dev.ferry.copy.TableCopy;
import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import dev.ferry.journal.Journal;
import dev.ferry.schema.Stage;
import dev.ferry.sync.LiveSync;
import java.time.Clock;
import java.time.Duration;

/**
 * Phase COPYING: chunks, prune, indexes, first sync, foreign keys, statistics. Each part asks its own ledger what is left,
 * so calling it again after a pause or a crash goes on.
 */
final class Copying {
    private static final String ANALYZED = "analyzed";
    static final String COPIED = "copied";
    private static final Duration BETWEEN_ROUNDS = Duration.ofMillis(200);

    private final Voyage voyage;
    private final MigrationStore store;
    private final Leadership leadership;
    private final FerryProperties properties;
    private final Signals signals;
    private final Journal journal;
    private final Troubles troubles;
    private final Clock clock;

    Copying(
            Voyage voyage,
            MigrationStore store,
            Leadership leadership,
            FerryProperties properties,
            Signals signals,
            Journal journal,
            Troubles troubles,
            Clock clock) {
        this.voyage = voyage;
        this.store = store;
        this.leadership = leadership;
        this.properties = properties;
        this.signals = signals;
        this.journal = journal;
        this.troubles = troubles;
        this.clock = clock;
    }

    void run() {
        leadership.claimSource(voyage.runId());
        if (!copyRows()) {
            return;
        }
        int workers = properties.copy().workers();
        if (!voyage.schema().restore(Stage.INDEXES, workers, signals::keepCopying)) {
            return;
        }
        if (!catchUp()
                || !voyage.schema().restore(Stage.TRIGGERS, 1, signals::keepCopying)
                || (voyage.route().replicaRole()
                        && !voyage.schema().restore(Stage.FOREIGN_KEYS, workers, signals::keepCopying))
                || !voyage.schema().restore(Stage.FINISH, 1, signals::keepCopying)
                || !analyze()
                || !voyage.gate().guardCopy(signals::keepCopying)
                || !catchUp()) {
            return;
        }
        store.move(leadership, Phase.COPYING, Phase.REPLICATING);
        journal.info("In sync: the target follows the source.");
    }

    private boolean copyRows() {
        if (store.isDone(COPIED)) {
            return true;
        }
        TableCopy copy = new TableCopy(
                voyage.route(),
                properties.chunk().size().toBytes(),
                voyage.tables(),
                journal,
                signals::keepCopying,
                clock);
        do {
            copy.plan();
            while (!copy.copied()) {
                new Workers(properties.copy().workers(), signals, troubles).run("ferry-copy", copy::copyNextChunk);
                if (!signals.keepCopying()) {
                    return false;
                }
                copy.plan(); // again those that were rewritten meanwhile
                if (!copy.copied()) {
                    // The chunks left are another process's, or a dead session's, or of a table that somebody locked.
                    copy.locked().ifPresentOrElse(troubles::waitsFor, troubles::over);
                    signals.await(BETWEEN_ROUNDS);
                }
            }
        } while (!copy.prune() && signals.keepCopying());
        if (!signals.keepCopying()) {
            return false;
        }
        store.done(leadership, COPIED);
        journal.info("All rows are copied; rows that changed meanwhile follow from the log. Building indexes.");
        return true;
    }

    /** Cycles until one leaves nothing behind. */
    private boolean catchUp() {
        LiveSync sync = voyage.sync();
        while (signals.keepCopying()) {
            if (sync.cycle(false, session -> {}).complete()) {
                return true;
            }
        }
        return false;
    }

    private boolean analyze() {
        if (store.isDone(ANALYZED)) {
            return true;
        }
        try (Session session = voyage.target().open()) {
            for (TrackedTable table : voyage.tables()) {
                if (!signals.keepCopying()) {
                    return false;
                }
                session.execute("ANALYZE " + table.name().sql());
            }
        }
        store.done(leadership, ANALYZED);
        return true;
    }
}
