package dev.ferry.journal;

import java.time.Instant;

/** One line of the event log. */
public record Event(Instant at, Level level, String message) {
    /** How much an event asks of its reader. */
    public enum Level {
        INFO,
        WARNING,
        ERROR
    }
}
