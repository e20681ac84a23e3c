package dev.ferry.web;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.ferry.migration.MigrationStatus;
import dev.ferry.migration.Readiness;
import dev.ferry.verification.VerificationReport;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code GET /status}: {@link MigrationStatus} under the field names of docs/api.md. */
record StatusJson(
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
        List<String> legalActions,
        List<String> excludedTables,
        @Nullable Long targetChanges,
        @JsonProperty("switch") MigrationStatus.SwitchStatus switchStatus,
        ReadinessJson cutoverReadiness,
        MigrationStatus.ProgressSignals progressSignals,
        List<MigrationStatus.TableStatus> tables,
        VerificationReport verification) {

    /** {@link Readiness} with its level in lower case. */
    record ReadinessJson(
            String level,
            boolean canForce,
            String message,
            List<Readiness.Blocker> hardBlockers,
            List<Readiness.Blocker> softBlockers,
            List<String> notes) {
        static ReadinessJson of(Readiness readiness) {
            return new ReadinessJson(
                    Answer.lower(readiness.level()),
                    readiness.canForce(),
                    readiness.message(),
                    readiness.hardBlockers(),
                    readiness.softBlockers(),
                    readiness.notes());
        }
    }

    static StatusJson of(MigrationStatus status) {
        return of(status, status.verification());
    }

    /** Without values of rows, for a file that goes to others. */
    static StatusJson forHelpers(MigrationStatus status) {
        return of(status, status.verification().withoutKeys());
    }

    private static StatusJson of(MigrationStatus status, VerificationReport verification) {
        return new StatusJson(
                status.phase(),
                status.state(),
                status.message(),
                status.error(),
                status.startedAt(),
                status.switchedAt(),
                status.completedAt(),
                status.writeBlockedMs(),
                status.timestamp(),
                status.leader(),
                status.legalActions().stream().sorted().map(Answer::lower).toList(),
                status.excludedTables(),
                status.targetChanges(),
                status.switchStatus(),
                ReadinessJson.of(status.cutoverReadiness()),
                status.progressSignals(),
                status.tables(),
                verification);
    }
}
