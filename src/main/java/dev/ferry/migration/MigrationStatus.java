package dev.ferry.migration;

import dev.ferry.verification.VerificationReport;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the dashboard and {@code GET /status} show. Component names, in snake_case, are the API's field names.
 *
 * @param state within the phase: {@code idle running paused switching reverting retrying waiting_for_leader}
 * @param message one sentence: what happens now or what to do next
 * @param error what failed and what to do, in phase {@code error} or while something is retried
 * @param writeBlockedMs how long writes were refused by the last switch, from the lock to "safe"
 * @param leader whether this process leads (or nothing is there to lead yet)
 * @param legalActions what may be asked for now
 * @param excludedTables tables left out by EXCLUDE_TABLES
 * @param verification how far the comparison of all rows is, or what came out
 * @param targetChanges rows written on the target since "safe", which Revert would discard; null unless switched
 */
public record MigrationStatus(
        String phase,
        String state,
        String message,
        @Nullable String error,
        @Nullable Instant startedAt,
        @Nullable Instant switchedAt,
        @Nullable Instant completedAt,
        @Nullable Long writeBlockedMs,
        Instant timestamp,
        boolean leader,
        Set<Action> legalActions,
        List<String> excludedTables,
        @Nullable Long targetChanges,
        SwitchStatus switchStatus,
        Readiness cutoverReadiness,
        ProgressSignals progressSignals,
        List<TableStatus> tables,
        VerificationReport verification) {

    /** @param state idle, locking, draining, done, gave_up */
    public record SwitchStatus(
            int attempt,
            String state,
            List<String> waitingFor,
            @Nullable String lastError) {}

    /** Progress in six views. */
    public record ProgressSignals(
            TablePhase tablePhase,
            ByteWeighted byteWeighted,
            ReplicationDelay replicationDelay,
            @Nullable ThroughputEta throughputEta,
            EventChecklist eventChecklist,
            StallDetection stallDetection) {}

    /** @param phase in-progress or finished */
    public record TablePhase(String phase, @Nullable String currentTable, int tablesCompleted, int totalTables) {}

    /** Both in table bytes of chunks: planned and done. */
    public record ByteWeighted(long copiedBytes, long totalBytes, double percent) {}

    /**
     * @param seconds age of the snapshot that the target equals; null before the first sync
     * @param pendingChanges logged keys, exact to 10,000 and estimated above
     * @param backlogTrend growing, shrinking, steady or unknown
     * @param healthState healthy, catching_up, paused, lagging, blocked or not_started
     */
    public record ReplicationDelay(
            @Nullable Double seconds,
            @Nullable Double secondsSinceLastGood,
            @Nullable Instant lastGoodSync,
            long pendingChanges,
            String backlogTrend,
            String healthState,
            @Nullable String blockerReason) {}

    /** Of the copy. */
    public record ThroughputEta(long bytesPerMin, double mbPerMin, double etaMinMinutes, double etaMaxMinutes) {}

    /** The steps of the whole migration that are done. */
    public record EventChecklist(List<ChecklistStep> steps, int completed, int total) {}

    public record ChecklistStep(String name, boolean done) {}

    public record StallDetection(boolean stalled, double noProgressMinutes, String message, List<String> nextSteps) {}

    /**
     * @param state pending, copying, copied, indexed, synced, reloading, suspended
     * @param keyless no usable key: reloaded whole when changed
     * @param rows rows copied so far
     * @param note what is peculiar about it, for people; null if nothing is
     * @param reloadedAt when it was last reloaded whole; null if it never was
     * @param reloadSeconds how long that took, and about what the next takes while writes are blocked; null likewise
     */
    public record TableStatus(
            String schema,
            String table,
            String state,
            long copiedBytes,
            long totalBytes,
            long rows,
            int chunksDone,
            int chunksTotal,
            boolean keyless,
            long pendingChanges,
            @Nullable String note,
            @Nullable Instant reloadedAt,
            @Nullable Double reloadSeconds) {

        /** One that was never reloaded. */
        public TableStatus(
                String schema,
                String table,
                String state,
                long copiedBytes,
                long totalBytes,
                long rows,
                int chunksDone,
                int chunksTotal,
                boolean keyless,
                long pendingChanges,
                @Nullable String note) {
            this(
                    schema,
                    table,
                    state,
                    copiedBytes,
                    totalBytes,
                    rows,
                    chunksDone,
                    chunksTotal,
                    keyless,
                    pendingChanges,
                    note,
                    null,
                    null);
        }

        /** It is read whole at the switch if it changed. */
        boolean isReloaded() {
            return keyless || reloadSeconds != null;
        }
    }
}
