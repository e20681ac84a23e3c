package dev.ferry.rows;

import dev.ferry.database.Session;
import java.sql.SQLException;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/** One COPY's output as another's input. Rows are gathered to {@value #BUFFER} bytes: the driver looks for errors at each write. */
final class CopyPipe {
    private static final int BUFFER = 64 * 1024;

    private CopyPipe() {}

    /** Returns the number of rows that arrived. */
    static long run(Session from, String copyOut, Session to, String copyIn) {
        CopyOut out = from.copyOut(copyOut);
        CopyIn in = null;
        try {
            in = to.copyIn(copyIn);
            byte[] buffer = new byte[BUFFER];
            int filled = 0;
            for (byte[] row = read(from, out); row != null; row = read(from, out)) {
                if (filled + row.length > BUFFER && filled > 0) {
                    in.writeToCopy(buffer, 0, filled);
                    filled = 0;
                }
                if (row.length > BUFFER) {
                    in.writeToCopy(row, 0, row.length);
                } else {
                    System.arraycopy(row, 0, buffer, filled, row.length);
                    filled += row.length;
                }
            }
            if (filled > 0) {
                in.writeToCopy(buffer, 0, filled);
            }
            return in.endCopy();
        } catch (SQLException e) {
            throw to.translate(e);
        } finally {
            cancel(in);
            leave(out, from);
        }
    }

    /**
     * Ends a COPY that is read no further, and its connection with it. The driver's way is a cancel request, which comes to
     * the server on a connection of its own: if it comes late, it meets another statement, or what is left of this COPY is
     * taken for the next statement's answer.
     */
    private static void leave(CopyOut out, Session from) {
        if (out.isActive()) {
            from.abort();
        }
    }

    private static byte @org.jspecify.annotations.Nullable [] read(Session from, CopyOut out) {
        try {
            return out.readFromCopy();
        } catch (SQLException e) {
            throw from.translate(e);
        } catch (OutOfMemoryError e) {
            from.abort(); // in the middle of a message, which is of no use to anybody
            throw e;
        }
    }

    private static void cancel(@org.jspecify.annotations.Nullable CopyIn copy) {
        try {
            if (copy != null && copy.isActive()) {
                copy.cancelCopy();
            }
        } catch (SQLException e) {
            // The copy failed before and its own exception is on its way; its transaction is rolled back by the caller.
            org.slf4j.LoggerFactory.getLogger(CopyPipe.class)
                    .debug("Cancelling a COPY: {}", dev.ferry.database.SqlState.describe(e));
        }
    }
}
