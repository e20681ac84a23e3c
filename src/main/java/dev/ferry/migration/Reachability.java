package dev.ferry.migration;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.Pulse;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which of the two ends cannot be worked with now, for people. */
final class Reachability implements AutoCloseable {
    private final Map<End, Pulse> pulses = new EnumMap<>(End.class);

    private Reachability() {}

    /** Before anything was asked. */
    static Reachability unknown() {
        return new Reachability();
    }

    static Reachability of(Database source, Database target, Duration silence, Clock clock) {
        Reachability both = new Reachability();
        both.pulses.put(End.SOURCE, source.pulse(silence, clock));
        both.pulses.put(End.TARGET, target.pulse(silence, clock));
        return both;
    }

    /** One end each: an end that does not answer must not keep the other from being asked. */
    List<Runnable> beats() {
        return pulses.values().stream().map(pulse -> (Runnable) pulse::beat).toList();
    }

    /** Null while the end answers. */
    @Nullable String trouble(End end) {
        Pulse pulse = pulses.get(end);
        Pulse.Trouble trouble = pulse == null ? null : pulse.trouble();
        return trouble == null
                ? null
                : "The " + end.label() + " cannot be worked with since "
                        + trouble.since().truncatedTo(ChronoUnit.SECONDS) + ": " + trouble.reason()
                        + ". Ferry keeps trying and goes on by itself.";
    }

    /** Its watch; null before it was asked anything. */
    @Nullable Pulse pulse(End end) {
        return pulses.get(end);
    }

    /** Of both ends; null if there is none. */
    @Nullable String trouble() {
        List<String> troubles = new ArrayList<>();
        for (End end : pulses.keySet()) {
            String trouble = trouble(end);
            if (trouble != null) {
                troubles.add(trouble);
            }
        }
        return troubles.isEmpty() ? null : String.join(" ", troubles);
    }

    @Override
    public void close() {
        pulses.values().forEach(Pulse::close);
    }
}
