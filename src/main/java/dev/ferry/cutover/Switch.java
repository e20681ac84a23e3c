package dev.ferry.cutover;

import dev.ferry.database.Session;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Journal;
import dev.ferry.sync.LiveSync;
import dev.ferry.sync.SyncCycle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * From "the app writes to the source" to "safe to write to the target". Called again after a crash it goes on where the
 * source's fence says it is: engaged means forward.
 */
public final class Switch {
    private static final int CATCH_UP_CYCLES = 20;
    private static final long SMALL = 1000;
    private static final int OPEN_ATTEMPTS = 4;
    private static final long FIRST_PAUSE_MILLIS = 500;
    private static final long LONGEST_PAUSE_MILLIS = 8000;

    private final WriteFence fence;
    private final TargetGate gate;
    private final LiveSync sync;
    private final Journal journal;
    private final int attempts;
    private final Consumer<SwitchProgress> progress;

    public Switch(
            WriteFence fence,
            TargetGate gate,
            LiveSync sync,
            Journal journal,
            int attempts,
            Consumer<SwitchProgress> progress) {
        this.fence = fence;
        this.gate = gate;
        this.sync = sync;
        this.journal = journal;
        this.attempts = attempts;
        this.progress = progress;
    }

    /** How it ended. */
    public enum Outcome {
        SWITCHED,
        /** Somebody held a lock for too long, at either end. The caller releases the fence if it is engaged. */
        GAVE_UP,
        /** Asked to stop; if the app is shut out by then, it stays so until a revert. */
        STOPPED
    }

    /**
     * Runs the switch.
     *
     * @param keepGoing asked until the app is shut out; after that there is no stopping in between
     * @param mayOpen asked before the target is opened: false leaves the app shut out and returns STOPPED
     * @param opened runs in the transaction that opens the target
     */
    public Outcome run(BooleanSupplier keepGoing, BooleanSupplier mayOpen, Consumer<Session> opened) {
        if (fence.engagedAt().isEmpty()) {
            progress.accept(new SwitchProgress(0, SwitchProgress.State.LOCKING, List.of(), null));
            if (!gate.prepare(keepGoing)) {
                return Outcome.STOPPED;
            }
            gate.refreshMaterializedViews();
            Optional<Outcome> failed = lockOut(keepGoing);
            if (failed.isPresent()) {
                return failed.get();
            }
        } else {
            journal.info("The switch goes on: the app was shut out of the source before the restart.");
            if (!gate.prepare(mayOpen)) {
                return Outcome.STOPPED;
            }
            revoke();
        }
        progress.accept(new SwitchProgress(0, SwitchProgress.State.DRAINING, List.of(), null));
        if (!drain(mayOpen)) {
            return Outcome.STOPPED;
        }
        requireNothingChanged();
        gate.alignSequences();
        return open(mayOpen, opened);
    }

    /** The app is shut out while this waits for somebody on the target: not for long. */
    private Outcome open(BooleanSupplier mayOpen, Consumer<Session> opened) {
        List<String> inTheWay = List.of();
        for (int attempt = 1; attempt <= OPEN_ATTEMPTS; attempt++) {
            if (!mayOpen.getAsBoolean()) {
                return Outcome.STOPPED;
            }
            Optional<List<String>> refused = gate.open(opened);
            if (refused.isEmpty()) {
                progress.accept(new SwitchProgress(0, SwitchProgress.State.DONE, List.of(), null));
                return Outcome.SWITCHED;
            }
            inTheWay = refused.get();
            progress.accept(new SwitchProgress(attempt, SwitchProgress.State.DRAINING, inTheWay, null));
            journal.warn("The target could not be opened yet (try " + attempt + " of " + OPEN_ATTEMPTS
                    + "); in the way: " + String.join("; ", inTheWay) + ".");
        }
        progress.accept(new SwitchProgress(
                OPEN_ATTEMPTS,
                SwitchProgress.State.GAVE_UP,
                inTheWay,
                "No lock on the target's tables in " + OPEN_ATTEMPTS
                        + " tries. The app may write to the source again."));
        return Outcome.GAVE_UP;
    }

    private Optional<Outcome> lockOut(BooleanSupplier keepGoing) {
        long pause = FIRST_PAUSE_MILLIS;
        List<String> inTheWay = List.of();
        for (int attempt = 1; attempt <= attempts; attempt++) {
            if (!keepGoing.getAsBoolean()) {
                return Optional.of(Outcome.STOPPED);
            }
            Optional<List<String>> refused = gate.rehearse();
            if (refused.isEmpty()) {
                refused = fence.prepare();
            }
            if (refused.isEmpty()) {
                WriteFence.Engagement engagement = fence.engagement();
                catchUp();
                sync.checkDriftNow();
                refused = fence.engage(engagement);
            }
            if (refused.isEmpty()) {
                revoke();
                journal.info("The app is shut out of the source (try " + attempt + ").");
                return Optional.empty();
            }
            inTheWay = refused.get();
            progress.accept(new SwitchProgress(attempt, SwitchProgress.State.LOCKING, inTheWay, null));
            journal.warn("Switch, try " + attempt + " of " + attempts + ": no lock on all tables; in the way: "
                    + String.join("; ", inTheWay) + ".");
            if (!pause(ThreadLocalRandom.current().nextLong(pause / 2, pause))) {
                return Optional.of(Outcome.STOPPED);
            }
            pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
        }
        progress.accept(new SwitchProgress(
                attempts,
                SwitchProgress.State.GAVE_UP,
                inTheWay,
                "No lock on all tables in " + attempts + " tries. The app writes to the source as before."));
        return Optional.of(Outcome.GAVE_UP);
    }

    /**
     * The trigger keeps the app out already; all of this is done, however often it takes, before the sequences are read. What
     * it changes in the catalog is no drift.
     */
    private void revoke() {
        fence.revoke();
        sync.acceptRightsChanges(fence.tablesWithColumnRights());
    }

    /** So that the cycle inside the window carries only what came since the one before it. */
    private void catchUp() {
        for (int i = 0; i < CATCH_UP_CYCLES; i++) {
            SyncCycle.Result result = sync.cycle(false, session -> {});
            if (result.complete() && result.keys() < SMALL) {
                return;
            }
        }
    }

    /** No writer is left: the first whole cycle takes all there is, and the next one must find nothing. */
    private boolean drain(BooleanSupplier mayOpen) {
        SyncCycle.Result result;
        do {
            if (!mayOpen.getAsBoolean()) {
                return false;
            }
            result = sync.cycle(true, session -> {});
        } while (!result.pending().isEmpty());
        return true;
    }

    /** A table that drifted, appeared or could not be read before the app was shut out would be left behind. */
    private void requireNothingChanged() {
        sync.checkDriftNow();
        List<String> changed = new ArrayList<>();
        sync.suspended().forEach((table, reason) -> changed.add(table + " (" + reason + ")"));
        sync.newTables().forEach(table -> changed.add(table + " (new)"));
        if (!changed.isEmpty()) {
            throw new FerryException(
                    FailureCode.SCHEMA_DRIFT,
                    "Not in step at the end of the switch: " + String.join("; ", changed) + ".",
                    "The app may write to the source again; the switch did not go through.");
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
