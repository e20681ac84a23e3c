package dev.ferry.rows;

import dev.ferry.database.TrackedTable;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import org.jspecify.annotations.Nullable;

/** A row that the origin has and cannot hand out, or that does not fit through here: trying again is of no use. */
public final class UnreadableRowException extends FerryException {
    private final transient TrackedTable table;
    private final String row;

    UnreadableRowException(TrackedTable table, String row, String why, String remedy, @Nullable Throwable cause) {
        super(
                FailureCode.SOURCE,
                "A row of " + table.name() + " cannot be read: " + row + " " + why + ".",
                remedy,
                cause);
        this.table = table;
        this.row = row + " " + why;
    }

    public TrackedTable table() {
        return table;
    }

    /** The row's key, or its place where it has none, and what is wrong with it. */
    public String row() {
        return row;
    }
}
