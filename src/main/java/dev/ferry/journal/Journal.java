package dev.ferry.journal;

/** Takes what happened, for people. Never fails: a lost line must not stop a migration. Never a secret, never a row's values. */
public interface Journal {
    void record(Event.Level level, String message);

    default void info(String message) {
        record(Event.Level.INFO, message);
    }

    default void warn(String message) {
        record(Event.Level.WARNING, message);
    }

    default void error(String message) {
        record(Event.Level.ERROR, message);
    }
}
