package dev.ferry.copy;

import dev.ferry.database.TableLockedException;
import dev.ferry.journal.Journal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tables that somebody else had locked when they were last tried. Each is left out for a while, so that the other tables go
 * on, and is then tried by one worker at a time.
 */
final class LockedTables {
    private static final Duration LEFT_OUT = Duration.ofSeconds(5);
    private static final Duration TOLD_AGAIN_AFTER = Duration.ofMinutes(1);

    private final Clock clock;
    private final Journal journal;
    private final Map<Integer, Found> found = new ConcurrentHashMap<>();
    private final Map<Integer, Instant> told = new ConcurrentHashMap<>();

    LockedTables(Clock clock, Journal journal) {
        this.clock = clock;
        this.journal = journal;
    }

    private record Found(Instant triedAgainAt, String holders) {}

    /** Those that are not to be tried now. */
    List<Integer> leftOut() {
        Instant now = clock.instant();
        return found.entrySet().stream()
                .filter(entry -> entry.getValue().triedAgainAt().isAfter(now))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Whether the caller may try; of those who ask about a table that was locked, one at a time. */
    boolean mayTry(int table) {
        Found last = found.get(table);
        if (last == null) {
            return true;
        }
        Instant now = clock.instant();
        return !last.triedAgainAt().isAfter(now)
                && found.replace(table, last, new Found(now.plus(LEFT_OUT), last.holders()));
    }

    /** It is locked: tells by whom, once and then once a minute. */
    void met(int table, TableLockedException locked) {
        Instant now = clock.instant();
        String message = String.valueOf(locked.getMessage());
        found.put(table, new Found(now.plus(LEFT_OUT), message));
        told.compute(table, (id, last) -> {
            if (last != null && Duration.between(last, now).compareTo(TOLD_AGAIN_AFTER) < 0) {
                return last;
            }
            journal.warn(message);
            return now;
        });
    }

    void free(int table) {
        found.remove(table);
    }

    /** One of them and who is in the way, for people. */
    Optional<String> any() {
        return found.values().stream().map(Found::holders).findFirst();
    }
}
