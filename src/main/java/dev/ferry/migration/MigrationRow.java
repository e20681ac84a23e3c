package dev.ferry.migration;

import dev.ferry.database.TableFilter;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The migration as it is written down.
 *
 * @param source host, port and database of the source, for people
 * @param failedPhase where it failed, in phase ERROR
 * @param request switch, revert, retry, or abort and cleanup with {@link #WITHOUT_SOURCE}: asked for and not over
 * @param excludedTables what EXCLUDE_TABLES was at Start; null in a run begun before that was kept
 * @param verification running, paused, equal, different or incomplete; null if it was never asked for
 * @param revertUnsettled keys written on the target are in the source's log and no cycle has read them yet
 */
record MigrationRow(
        UUID runId,
        String source,
        Phase phase,
        @Nullable Phase failedPhase,
        boolean paused,
        boolean hold,
        @Nullable String excludedTables,
        @Nullable String request,
        @Nullable String error,
        boolean revertUnsettled,
        Instant startedAt,
        @Nullable Instant inSyncAt,
        @Nullable Instant switchedAt,
        @Nullable Instant completedAt,
        @Nullable Long writeBlockedMs,
        @Nullable String verification,
        @Nullable Instant verificationFinishedAt) {

    /** The tables left out of this run, which are those that were left out at its start. */
    TableFilter filter(TableFilter ofThisProcess) {
        return excludedTables == null ? ofThisProcess : TableFilter.parse(excludedTables);
    }

    /** What to say of a process that is given other patterns than the run was; null if they are the same. */
    @Nullable String otherExclusions(TableFilter ofThisProcess) {
        List<String> kept = filter(ofThisProcess).patterns();
        List<String> given = ofThisProcess.patterns();
        return Set.copyOf(kept).equals(Set.copyOf(given))
                ? null
                : "EXCLUDE_TABLES is " + listed(given) + " now, but this migration was started with " + listed(kept)
                        + " and keeps that. To change it, press Abort, empty the target and start again.";
    }

    private static String listed(List<String> patterns) {
        return patterns.isEmpty() ? "empty" : String.join(", ", patterns);
    }

    /** Follows what is asked for where the source is gone for good and need not be cleaned. */
    static final String WITHOUT_SOURCE = "_without_source";

    /** Also if the source is to be left alone. */
    boolean requestsAbort() {
        return requests("abort") || requests("abort" + WITHOUT_SOURCE);
    }

    boolean mayLeaveSource() {
        return request != null && request.endsWith(WITHOUT_SOURCE);
    }

    boolean requests(String what) {
        return what.equals(request);
    }
}
