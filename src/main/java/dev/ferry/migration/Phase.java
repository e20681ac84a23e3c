package dev.ferry.migration;

import java.util.Locale;

/** Where a migration stands. Stored by its {@link #label()}; {@link Action#legalIn} says what may be done in each. */
public enum Phase {
    /** Nothing was written at either end. */
    WAITING,
    /** Preflight again, state at both ends, the schema's dump. */
    STARTING,
    /** Extensions, pre-data schema, capture on each table. */
    CONFIGURING,
    /** Held, by wish, before the first row is copied. Capture is on. */
    READY_TO_COPY,
    /** Chunks, prune, indexes, first sync, foreign keys, statistics. */
    COPYING,
    /** The target follows the source, cycle by cycle. A switch under way is still this phase. */
    REPLICATING,
    /** The source refuses writes, the target is complete and safe to write. */
    SWITCHED,
    /** Ferry's objects are being removed from the source. */
    CLEANING_UP,
    /** Nothing of Ferry is left on the source. */
    COMPLETED,
    /** A step failed in a way that will not pass by itself. */
    ERROR,
    /** Given up before any switch; nothing of Ferry is left on the source. */
    ABORTED;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Phase ofLabel(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }
}
