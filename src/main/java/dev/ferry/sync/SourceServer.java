package dev.ferry.sync;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EndFailure;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.sql.SQLException;
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
     * @param systemIdentifier empty where a host does not let us know
     * @param timeline the one that is written now, as in the names of the log's files
     */
    record Identity(String systemIdentifier, String timeline) {
        static Identity of(Session session, boolean withSystem) {
            String timeline = session.jdbc()
                    .sql("""
                            SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery()
                                   THEN left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 8) END
                            """)
                    .query((row, number) -> String.valueOf(row.getString(1)))
                    .single();
            if (timeline.equals("null")) {
                throw new EndFailure(
                        End.SOURCE, new SQLException("the server is in recovery", SqlState.READ_ONLY_TRANSACTION));
            }
            String system = withSystem
                    ? session.list(String.class, "SELECT system_identifier::text FROM pg_catalog.pg_control_system()")
                            .get(0)
                    : "";
            return new Identity(system, timeline);
        }
    }

    /** Writes down who the source is, unless that was done before. */
    public static void remember(Session source, Database target) {
        boolean mayKnowSystem = source.list(
                        Boolean.class, "SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')")
                .get(0);
        Identity now = Identity.of(source, mayKnowSystem);
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
        Identity now = Identity.of(source, !expected.systemIdentifier().isEmpty());
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
