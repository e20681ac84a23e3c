package dev.ferry.notification;

import java.util.Locale;

/** What people are told about, once each time it happens. Stored and sent by its {@link #label()}. */
public enum Milestone {
    STARTED,
    /** The schema is on the target and capture is on. */
    SCHEMA_COPIED,
    /** All rows; indexes and what changed meanwhile follow. */
    COPY_DONE,
    IN_SYNC,
    SWITCHED,
    REVERTED,
    COMPLETED,
    ABORTED,
    /** A person is needed. */
    ERROR,
    /** The copy finished no chunk for some minutes. */
    STALLED,
    STALL_OVER,
    /** The target is further behind than the limit. */
    LAG_HIGH,
    LAG_RECOVERED,
    /** The log of keys takes more room on the source than the limit. */
    LOG_LARGE,
    LOG_RECOVERED;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Milestone ofLabel(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }
}
