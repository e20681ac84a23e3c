package dev.ferry.database;

import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;

/**
 * A place in a server's write-ahead log. Visible is not durable: with {@code synchronous_commit = off} in the app, a crash
 * can take back a transaction that was already seen, with its log row. So nothing that was read is committed elsewhere
 * before the server has flushed what was visible (RULES A6).
 */
public record WalPosition(String lsn) {

    /** Everything visible to the session's snapshot was written before this. */
    public static WalPosition now(Session session) {
        return new WalPosition(session.list(String.class, "SELECT pg_catalog.pg_current_wal_insert_lsn()::text")
                .get(0));
    }

    /** Returns once this position is on disk, for which it commits a row of Ferry's own if need be. */
    public void ensureFlushed(Database database) {
        if (isFlushed(database)) {
            return;
        }
        database.jdbc().sql("UPDATE ferry.flush SET commits = commits + 1").update();
        if (!isFlushed(database)) {
            throw new FerryException(
                    FailureCode.FOREIGN_STATE,
                    "The " + database.end().label() + " has not flushed its log up to " + lsn + " after a commit.",
                    "Check that the server runs with fsync and is the same one as before; then press Retry.");
        }
    }

    private boolean isFlushed(Database database) {
        return database.jdbc()
                .sql("SELECT pg_catalog.pg_current_wal_flush_lsn() >= ?::pg_catalog.pg_lsn")
                .param(lsn)
                .query(Boolean.class)
                .single();
    }
}
