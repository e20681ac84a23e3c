package dev.ferry.cutover;

import dev.ferry.database.Catalog;
import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.LockPatience;
import dev.ferry.database.Route;
import dev.ferry.database.Scope;
import dev.ferry.database.Session;
import dev.ferry.database.TableName;
import dev.ferry.journal.Journal;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Refuses writes to the target by anybody but Ferry while it is a copy: before the switch, and from a revert on. An app that
 * has not heard of the revert would else write rows there that are in no log, which the next switch would ship. The
 * trigger stands on every table; whether it refuses is in its function, which one statement turns without a lock on any of them.
 */
final class TargetGuard {
    private static final String TRIGGER = "ferry_copy_guard";

    private final Database target;
    private final EpochFence fence;
    private final Predicate<TableName> included;
    private final Journal journal;

    TargetGuard(Database target, EpochFence fence, Predicate<TableName> included, Journal journal) {
        this.target = target;
        this.fence = fence;
        this.included = included;
        this.journal = journal;
    }

    /**
     * Puts the trigger on every table that has none yet; a table at a time, each for a bounded moment.
     *
     * @return false if asked to stop before
     */
    boolean install(BooleanSupplier keepGoing) {
        List<TableName> bare = tables("NOT");
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
                    "guard the copy " + table, table, """
                    DO $ferry_block$ BEGIN
                    %s
                    CREATE TRIGGER %s BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
                      FOR EACH STATEMENT EXECUTE FUNCTION ferry.refuse_write_to_copy();
                    ALTER TABLE ONLY %3$s ENABLE ALWAYS TRIGGER %2$s;
                    END $ferry_block$""".formatted(fence.assertion(End.TARGET), TRIGGER, table.sql()));
            if (!done) {
                return false;
            }
        }
        return true;
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

    /** Takes trigger and function away, whatever is excluded now. */
    boolean remove(BooleanSupplier keepGoing) {
        LockPatience patience = new LockPatience(target, journal, keepGoing);
        for (TableName table : tables("", name -> true)) {
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

    private List<TableName> tables(String not) {
        return tables(not, included);
    }

    private List<TableName> tables(String not, Predicate<TableName> wanted) {
        List<TableName> found = target.jdbc()
                .sql("""
                        SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.relkind IN ('r', 'p') AND %s
                          AND %s EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = '%s')
                        ORDER BY n.nspname, c.relname
                        """.formatted(Catalog.USER_RELATIONS, not, TRIGGER))
                .query((row, number) -> new TableName(row.getString(1), row.getString(2)))
                .list();
        return found.stream().filter(Scope.of(target.jdbc(), wanted)).toList();
    }
}
