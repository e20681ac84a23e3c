package dev.ferry.database;

import java.util.List;

/** A table could not be locked in the time that we allow ourselves; trying again is right. */
public final class TableLockedException extends RuntimeException {
    public TableLockedException(TableName table, List<String> holders, Throwable cause) {
        this(table.toString(), holders, cause);
    }

    /** @param what is locked, at the beginning of a sentence */
    public TableLockedException(String what, List<String> holders, Throwable cause) {
        super(
                what + " is locked" + (holders.isEmpty() ? "" : "; in the way: " + String.join("; ", holders))
                        + ". Ferry tries again until it is free.",
                cause);
    }
}
