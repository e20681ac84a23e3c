package dev.ferry.sync;

import dev.ferry.database.Database;
import dev.ferry.database.Session;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.util.Optional;

/**
 * Which server the source is. A failover or a restore puts another server, or another timeline of the same, in its place:
 * one that may have lost transactions whose rows the target already has, together with the log rows that would tell
 * (RULES A6). So every cycle asks, and a change stops the sync.
 */
public final class SourceServer {
    /** How the failure's message begins. */
    public static final String CHANGED = "The source is another server than before";

    private SourceServer() {}

    /**
     * Where a database's log comes from.
     *
     * @param timeline the one that is written now, as in the names of the log's files
     */
    record Identity(String systemIdentifier, String timeline) {
        static Identity of(Session session) {
            return session.jdbc().sql("""
                            SELECT (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) AS system_identifier,
                                   left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 8) AS timeline
                            """).query(Identity.class).single();
        }
    }

    /** Writes down who the source is, unless that was done before. */
    public static void remember(Session source, Database target) {
        Identity now = Identity.of(source);
        target.jdbc()
                .sql(
                        "INSERT INTO ferry.source_server (system_identifier, timeline) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .params(now.systemIdentifier(), now.timeline())
                .update();
    }

    /** A person has decided to go on with the source as it is: the next cycle remembers it. */
    public static void forget(Session target) {
        target.execute("DELETE FROM ferry.source_server");
    }

    static Optional<Identity> remembered(Database target) {
        return target.jdbc()
                .sql("SELECT system_identifier, timeline FROM ferry.source_server")
                .query(Identity.class)
                .optional();
    }

    static void requireSame(Identity expected, Session source) {
        Identity now = Identity.of(source);
        if (!now.equals(expected)) {
            String change = now.systemIdentifier().equals(expected.systemIdentifier())
                    ? "timeline " + expected.timeline() + " has become " + now.timeline()
                    : "system " + expected.systemIdentifier() + " has become " + now.systemIdentifier();
            throw new FerryException(
                    FailureCode.FOREIGN_STATE,
                    CHANGED + " (" + change + "): it was failed over or restored, and may have lost rows that the"
                            + " target already has.",
                    "If it was a planned failover that lost nothing, press Retry to go on with it. Else press Abort and"
                            + " start a new migration: what was lost there cannot be told from here.");
        }
    }
}
