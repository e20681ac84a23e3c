package dev.ferry.migration;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The migration as it is written down.
 *
 * @param source host, port and database of the source, for people
 * @param failedPhase where it failed, in phase ERROR
 * @param request switch, revert or abort: asked for and not over
 * @param revertUnsettled keys written on the target are in the source's log and no cycle has read them yet
 */
record MigrationRow(
        UUID runId,
        String source,
        Phase phase,
        @Nullable Phase failedPhase,
        boolean paused,
        boolean hold,
        @Nullable String request,
        @Nullable String error,
        boolean revertUnsettled,
        Instant startedAt,
        @Nullable Instant inSyncAt,
        @Nullable Instant switchedAt,
        @Nullable Instant completedAt,
        @Nullable Long writeBlockedMs) {

    boolean requests(String what) {
        return what.equals(request);
    }
}
