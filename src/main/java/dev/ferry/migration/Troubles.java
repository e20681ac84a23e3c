package dev.ferry.migration;

import dev.ferry.journal.Journal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What is being tried again just now, by thread, for the status; and the same for the event log, where each message stands
 * once and then once a minute.
 */
final class Troubles {
    private static final Duration TOLD_AGAIN_AFTER = Duration.ofMinutes(1);

    private final Journal journal;
    private final Clock clock;
    private final Map<Thread, String> met = new ConcurrentHashMap<>();
    private final Map<String, Instant> told = new ConcurrentHashMap<>();
    private final LongAdder retries = new LongAdder();

    Troubles(Journal journal, Clock clock) {
        this.journal = journal;
        this.clock = clock;
    }

    /** This thread's work failed and will be tried again. */
    void met(String message) {
        met.put(Thread.currentThread(), message);
        retries.increment();
        Instant now = clock.instant();
        told.values().removeIf(at -> Duration.between(at, now).compareTo(TOLD_AGAIN_AFTER) > 0);
        if (told.putIfAbsent(message, now) == null) {
            journal.warn(message);
        }
    }

    /** This thread's work waits for something that the event log has already. */
    void waitsFor(String message) {
        met.put(Thread.currentThread(), message);
    }

    /** This thread's work succeeded, or is over. */
    void over() {
        met.remove(Thread.currentThread());
    }

    /** One of them, or null. */
    @Nullable String now() {
        return met.values().stream().findFirst().orElse(null);
    }

    /** All of them. */
    List<String> all() {
        return met.values().stream().distinct().sorted().toList();
    }

    /** How often any work was tried again since this process began. */
    long retries() {
        return retries.sum();
    }
}
