package dev.ferry.cutover;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.LockPatience;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.TableName;
import dev.ferry.journal.Journal;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Refuses writes to the target by anybody but Ferry while it is a copy: before the switch, and from a revert on. An app that
 * has not heard of the revert would else write rows there that are in no log, which the next switch would ship. The
 * trigger stands on every table; whether it refuses is in its function, which one statement turns without a lock on any of them.
 */
final class TargetGuard {
    private static final String TRIGGER = "ferry_copy_guard";

    private final Database target;
    private final EpochFence fence;
    private final Collection<TableName> tables;
    private final Journal journal;

    /** @param tables those of the migration; the roots above them are guarded too, and nobody else's */
    TargetGuard(Database target, EpochFence fence, Collection<TableName> tables, Journal journal) {
        this.target = target;
        this.fence = fence;
        this.tables = List.copyOf(tables);
        this.journal = journal;
    }

    /**
     * Puts the trigger on every table that has none yet; a table at a time, each for a bounded moment.
     *
     * @return false if asked to stop before
     */
    boolean install(BooleanSupplier keepGoing) {
        List<TableName> bare;
        try (Session session = target.open()) {
            bare = bare(session);
        }
        if (bare.isEmpty()) {
            return true;
        }
        try (Session session = target.open()) {
            session.begin();
            fence.hold(session, End.TARGET);
            refuse(session);
            session.commit();
        }
        LockPatience patience = new LockPatience(target, journal, keepGoing);
        for (TableName table : bare) {
            boolean done = patience.run(
                    "guard the copy " + table,
                    table,
                    "DO $ferry_block$ BEGIN\n" + fence.assertion(End.TARGET) + triggerOn(table) + "END $ferry_block$");
            if (!done) {
                return false;
            }
        }
        return true;
    }

    private static String triggerOn(TableName table) {
        return """
                CREATE OR REPLACE TRIGGER %1$s BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %2$s
                  FOR EACH STATEMENT EXECUTE FUNCTION ferry.refuse_write_to_copy();
                ALTER TABLE ONLY %2$s ENABLE ALWAYS TRIGGER %1$s;
                """.formatted(TRIGGER, table.sql());
    }

    /** Inside the session's transaction, which has locked the tables: as {@link #refuse}, on new and altered tables too. */
    void refuseEverywhere(Session session) {
        refuse(session);
        for (TableName table : bare(session)) {
            session.execute(triggerOn(table));
        }
    }

    /** Inside the session's transaction: from its commit on, everybody else's writes are refused. */
    static void refuse(Session session) {
        function(session, """
                IF pg_catalog.current_setting('%1$s', true) IS DISTINCT FROM 'on' THEN
                  RAISE EXCEPTION 'this database is a copy that Ferry keeps in sync: writes to %% are refused', TG_RELID::regclass
                    USING ERRCODE = 'insufficient_privilege', HINT = 'Point the app at the database that it is moved from.'
                      ' To mend a table by hand: SET %1$s = on;';
                END IF;
                """.formatted(Route.APPLYING));
    }

    /** Inside the session's transaction: from its commit on, everybody may write. */
    static void pass(Session session) {
        function(session, "");
    }

    private static void function(Session session, String body) {
        session.execute("""
                CREATE OR REPLACE FUNCTION ferry.refuse_write_to_copy() RETURNS trigger
                LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
                $ferry_body$ BEGIN %s RETURN NULL; END $ferry_body$
                """.formatted(body));
    }

    /** Takes trigger and function away. */
    boolean remove(BooleanSupplier keepGoing) {
        LockPatience patience = new LockPatience(target, journal, keepGoing);
        for (TableName table : guarded()) {
            boolean done = patience.run(
                    "remove the copy's guard from " + table,
                    table,
                    "DO $ferry_block$ BEGIN\n" + fence.assertion(End.TARGET) + "DROP TRIGGER IF EXISTS " + TRIGGER
                            + " ON " + table.sql() + ";\nEND $ferry_block$");
            if (!done) {
                return false;
            }
        }
        try (Session session = target.open()) {
            session.execute("DROP FUNCTION IF EXISTS ferry.refuse_write_to_copy()");
        }
        return true;
    }

    /** Tables without the trigger, or with one that somebody disabled. */
    private List<TableName> bare(Session session) {
        return session.jdbc()
                .sql("""
                        WITH mine AS (SELECT to_regclass(name)::oid AS oid FROM unnest(?::text[]) name)
                        SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.oid IN (SELECT oid FROM mine
                                        UNION SELECT a.relid FROM mine, pg_partition_ancestors(mine.oid) a)
                          AND NOT EXISTS (SELECT FROM pg_trigger t
                                          WHERE t.tgrelid = c.oid AND t.tgname = '%s' AND t.tgenabled = 'A')
                        ORDER BY n.nspname, c.relname
                        """.formatted(TRIGGER))
                .param(tables.stream().map(TableName::sql).toArray(String[]::new))
                .query((row, number) -> new TableName(row.getString("nspname"), row.getString("relname")))
                .list();
    }

    private List<TableName> guarded() {
        return target.jdbc()
                .sql("""
                        SELECT n.nspname, c.relname
                        FROM pg_trigger t
                        JOIN pg_proc p ON p.oid = t.tgfoid AND p.proname = 'refuse_write_to_copy'
                        JOIN pg_namespace f ON f.oid = p.pronamespace AND f.nspname = 'ferry'
                        JOIN pg_class c ON c.oid = t.tgrelid
                        JOIN pg_namespace n ON n.oid = c.relnamespace
                        ORDER BY n.nspname, c.relname
                        """)
                .query((row, number) -> new TableName(row.getString("nspname"), row.getString("relname")))
                .list();
    }
}
