package dev.ferry.migration;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.Pulse;
import dev.ferry.failure.FerryException;
import dev.ferry.migration.Vitals.Counts;
import dev.ferry.migration.Vitals.EndVitals;
import dev.ferry.preflight.PreflightReport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Puts the {@link Vitals} together, from what others remember. */
final class VitalsReader {
    private static final int EVENTS = 200;

    private final Ends ends;
    private final EventLog events;
    private final Map<String, String> settings;

    VitalsReader(Ends ends, EventLog events, Map<String, String> settings) {
        this.ends = ends;
        this.events = events;
        this.settings = settings;
    }

    /** @param runner null before this process may look for a migration */
    Vitals read(@Nullable MigrationRunner runner, Reachability reachability, @Nullable PreflightReport report) {
        return new Vitals(
                Stream.of(End.values()).map(end -> end(end, reachability)).toList(),
                runner == null
                        ? new Counts(0, Duration.ZERO, 0, 0)
                        : new Counts(
                                runner.cycles().cycles(),
                                runner.cycles().took(),
                                runner.cycles().keysApplied(),
                                runner.troubles().retries()),
                runner == null ? List.of() : runner.troubles().all(),
                report,
                events.newest(EVENTS),
                settings);
    }

    private EndVitals end(End end, Reachability reachability) {
        Database database;
        try {
            database = end == End.SOURCE ? ends.source() : ends.target();
        } catch (FerryException e) {
            return new EndVitals(end, null, null, null, null, e.getMessage(), null);
        }
        Pulse pulse = reachability.pulse(end);
        Pulse.Trouble trouble = pulse == null ? null : pulse.trouble();
        return new EndVitals(
                end,
                database.url().withoutSecrets(),
                pulse == null ? null : pulse.serverVersion(),
                pulse == null ? null : pulse.answeredAt(),
                trouble == null ? null : trouble.since(),
                trouble == null ? null : trouble.reason(),
                database.pool());
    }
}
