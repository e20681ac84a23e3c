package dev.ferry.migration;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.journal.Event;
import dev.ferry.preflight.PreflightReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What monitoring and helpers ask of this process. All of it is in memory: nobody who asks waits for a database. No part of
 * it is a secret.
 *
 * @param retrying what is being tried again just now
 * @param preflight the last report; null if no checks ran in this process
 * @param events the newest that this process knows, oldest first
 * @param settings by their names in {@code application.yaml}
 */
public record Vitals(
        List<EndVitals> ends,
        Counts counts,
        List<String> retrying,
        @Nullable PreflightReport preflight,
        List<Event> events,
        Map<String, String> settings) {

    /** Since this process began; none ever goes back. */
    public record Counts(long cycles, Duration cycleTime, long keysApplied, long retries) {}

    /**
     * One of the two databases.
     *
     * @param url without secrets; null if it cannot be understood
     * @param answeredAt when it last answered; null before the first time
     * @param troubleSince since when it cannot be worked with; null while it can, or was never asked
     * @param trouble why, for people who have logged in: it may name the host
     */
    public record EndVitals(
            End end,
            @Nullable String url,
            @Nullable String serverVersion,
            @Nullable Instant answeredAt,
            @Nullable Instant troubleSince,
            @Nullable String trouble,
            Database.@Nullable Pool pool) {

        /** It answers and may be written to. */
        public boolean usable() {
            return answeredAt != null && trouble == null;
        }
    }
}
