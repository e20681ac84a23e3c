package dev.ferry.verification;

import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import dev.ferry.sync.SyncCycle;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * Catches the moment at which both ends are equal: the snapshot of a cycle at the origin, and the destination between that
 * cycle and the next. Once caught, the lanes hold it, and the sync goes on.
 */
final class EqualMoment implements SyncCycle.Witness {
    private final List<Lane> lanes;
    private final CompletableFuture<Set<Integer>> caught = new CompletableFuture<>();
    private boolean over;
    private boolean joined;

    EqualMoment(List<Lane> lanes) {
        this.lanes = lanes;
    }

    /** The numbers of the tables in which both ends are equal, once it was caught. */
    CompletableFuture<Set<Integer>> caught() {
        return caught;
    }

    @Override
    public synchronized void atSnapshot(Session origin) {
        if (over) {
            return;
        }
        joined = false;
        try {
            String snapshot = origin.list(String.class, "SELECT pg_catalog.pg_export_snapshot()")
                    .get(0);
            lanes.forEach(lane -> lane.joinOrigin(snapshot));
            joined = true;
        } catch (RuntimeException e) {
            miss(e);
        }
    }

    @Override
    public synchronized void atEnd(Collection<TrackedTable> tables, SyncCycle.Result result) {
        if (over || !joined) {
            return;
        }
        if (!result.complete()) {
            atFailure();
            return;
        }
        try {
            lanes.forEach(Lane::joinDestination);
            over = true;
            caught.complete(tables.stream().map(TrackedTable::id).collect(Collectors.toSet()));
        } catch (RuntimeException e) {
            miss(e);
        }
    }

    /** The next cycle may come late: a snapshot must not be held until then. */
    @Override
    public synchronized void atFailure() {
        if (over || !joined) {
            return;
        }
        joined = false;
        try {
            lanes.forEach(Lane::leaveOrigin);
        } catch (RuntimeException e) {
            miss(e);
        }
    }

    /** Whoever verifies has its own trouble then; the sync has none. */
    private void miss(RuntimeException e) {
        over = true;
        caught.completeExceptionally(e);
    }

    /** Nobody waits for it any more: no lane is touched from here on. */
    synchronized void forget() {
        over = true;
    }
}
