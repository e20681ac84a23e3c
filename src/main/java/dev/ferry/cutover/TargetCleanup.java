package dev.ferry.cutover;

import dev.ferry.capture.Capture;
import dev.ferry.database.Database;
import dev.ferry.database.EpochFence;
import dev.ferry.journal.Journal;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Takes off the target what acts on the app's writes there: capture and the copy's guard. Ferry's state stays. */
public final class TargetCleanup {
    private final Database target;
    private final EpochFence fence;
    private final Journal journal;

    public TargetCleanup(Database target, EpochFence fence, Journal journal) {
        this.target = target;
        this.fence = fence;
        this.journal = journal;
    }

    /** @return false if asked to stop before */
    public boolean run(BooleanSupplier keepGoing) {
        return new Capture(target, fence, journal, keepGoing).remove()
                && new TargetGuard(target, fence, List.of(), journal).remove(keepGoing);
    }
}
