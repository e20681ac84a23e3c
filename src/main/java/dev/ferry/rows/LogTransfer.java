package dev.ferry.rows;

import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;

/** Moves logged keys from one end's log to the other's: the same columns at both ends. */
public final class LogTransfer {
    private LogTransfer() {}

    /** Both transactions are the caller's. */
    public static void move(Session from, Session to, TrackedTable table) {
        CopyPipe.run(
                from,
                "COPY (SELECT DISTINCT * FROM %s) TO STDOUT".formatted(table.deltaTable()),
                to,
                "COPY %s FROM STDIN".formatted(table.deltaTable()));
        from.execute("DELETE FROM " + table.deltaTable());
    }
}
