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
    private final boolean reloads;
    private final CompletableFuture<Caught> caught = new CompletableFuture<>();
    private boolean over;
    private boolean joined;

    /** @param reloads tables whose reload would wait are to be reloaded for it */
    EqualMoment(List<Lane> lanes, boolean reloads) {
        this.lanes = lanes;
        this.reloads = reloads;
    }

    /**
     * What the lanes hold, by numbers of tables.
     *
     * @param equal both ends are to be equal in these
     * @param postponed these were changed, and their reload waits
     */
    record Caught(Set<Integer> equal, Set<Integer> postponed) {}

    CompletableFuture<Caught> caught() {
        return caught;
    }

    @Override
    public boolean wantsReloads() {
        return reloads;
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
            caught.complete(new Caught(
                    tables.stream()
                            .map(TrackedTable::id)
                            .filter(id -> !result.postponed().contains(id))
                            .collect(Collectors.toSet()),
                    Set.copyOf(result.postponed())));
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
