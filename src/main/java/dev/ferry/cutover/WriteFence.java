package dev.ferry.cutover;

import dev.ferry.database.Catalog;
import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Identifiers;
import dev.ferry.database.LockHolders;
import dev.ferry.database.LockPatience;
import dev.ferry.database.Scope;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableName;
import dev.ferry.journal.Journal;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Keeps the app's writes out of the source. Whether it is engaged is written on the source in the very transaction that
 * turns the triggers' function, so that after a crash there is no doubt (RULES D2); the rights follow it, in either
 * direction.
 */
public final class WriteFence {
    private static final String UNGUARDED = "FE002";
    private static final Duration LOCK_BOUND = Duration.ofMillis(900);
    private static final String PASSING = function("RETURN NULL;");
    private static final String REFUSING = function("""
            RAISE EXCEPTION 'this database was moved: writes to % are refused', TG_RELID::regclass
                USING ERRCODE = 'insufficient_privilege', HINT = 'Point the app at the new database.';
            """);

    private final Database source;
    private final Database target;
    private final EpochFence fence;
    private final Rights rights;
    private final RightsChange change;
    private final Predicate<TableName> included;
    private final Journal journal;

    public WriteFence(
            Database source, Database target, EpochFence fence, Predicate<TableName> included, Journal journal) {
        this.source = source;
        this.target = target;
        this.fence = fence;
        this.rights = new Rights(source, target, fence, included);
        this.change = new RightsChange(source, fence, rights, journal);
        this.included = included;
        this.journal = journal;
    }

    private static String function(String body) {
        return """
                CREATE OR REPLACE FUNCTION ferry.refuse_write() RETURNS trigger
                LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
                $ferry_body$ BEGIN %s END $ferry_body$;
                """.formatted(body.strip());
    }

    /**
     * All that can be done before the app is shut out: the trigger on each table, one short lock at a time (which also makes
     * autovacuums give way).
     *
     * @return who was in the way; empty if all of it is done
     */
    public Optional<List<String>> prepare() {
        makeFunction();
        for (TableName table : tablesWithoutTrigger()) {
            Optional<List<String>> inTheWay = LockPatience.tryOnce(
                    source,
                    table,
                    "DO $ferry_block$ BEGIN\n" + fence.assertion(End.SOURCE) + triggerOn(table) + "END $ferry_block$");
            if (inTheWay.isPresent()) {
                return inTheWay;
            }
        }
        return Optional.empty();
    }

    private static String triggerOn(TableName table) {
        return """
                CREATE OR REPLACE TRIGGER ferry_write_fence BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %1$s
                  FOR EACH STATEMENT EXECUTE FUNCTION ferry.refuse_write();
                ALTER TABLE ONLY %1$s ENABLE ALWAYS TRIGGER ferry_write_fence;
                """.formatted(table.sql());
    }

    private void makeFunction() {
        try (Session session = source.open()) {
            session.execute("DO $ferry_block$ BEGIN\n" + fence.assertion(End.SOURCE) + PASSING + "END $ferry_block$");
        }
    }

    private static final String WRITABLE = """
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND\s
            """ + Catalog.USER_RELATIONS;
    /** Of a pg_trigger g, once g.tgrelid is known: it fires whatever session_replication_role the writer has set (RULES A13). */
    private static final String GUARDS = "g.tgname = 'ferry_write_fence' AND g.tgenabled = 'A'";

    private List<TableName> tablesWithoutTrigger() {
        return tables(
                WRITABLE + " AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND " + GUARDS + ")");
    }

    private List<TableName> tables(String condition) {
        List<TableName> found = source.jdbc()
                .sql("SELECT n.nspname, c.relname " + condition + " ORDER BY n.nspname, c.relname")
                .query((row, number) -> new TableName(row.getString(1), row.getString(2)))
                .list();
        return found.stream().filter(Scope.of(source.jdbc(), included)).toList();
    }

    /** When the fence was engaged, by the source's clock; empty if the app may write. */
    public Optional<Instant> engagedAt() {
        return source.jdbc()
                .sql("SELECT engaged_at FROM ferry.write_fence WHERE engaged_at IS NOT NULL")
                .query((row, number) -> row.getTimestamp(1).toInstant())
                .optional();
    }

    /** Tables with rights on single columns, now or as saved: granting and revoking changes their catalog rows. */
    public Set<TableName> tablesWithColumnRights() {
        Set<TableName> tables = new HashSet<>(tables(WRITABLE
                + " AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL)"));
        rights.saved().stream()
                .filter(right -> !right.column().isEmpty())
                .map(Right::object)
                .forEach(tables::add);
        return tables;
    }

    /** For how long the app has been held up, lock included, by the source's clock. */
    public long engagedForMillis() {
        return source.jdbc()
                .sql("SELECT extract(epoch FROM clock_timestamp() - engaged_at) * 1000 FROM ferry.write_fence")
                .query(Double.class)
                .single()
                .longValue();
    }

    /** The statements of one try: nothing is computed between the lock and the commit. */
    public record Engagement(String doBlock, List<TableName> tables) {}

    /** Prepares a try; writes down, on the target, exactly the rights that will be revoked. The fence is not engaged. */
    public Engagement engagement() {
        List<TableName> tables = tables(WRITABLE);
        rights.save(rights.current());
        return new Engagement(
                "DO $ferry_block$ BEGIN\n" + fence.assertion(End.SOURCE) + lockAndRefuse(tables) + requireGuards(tables)
                        + "END $ferry_block$",
                tables);
    }

    private String lockAndRefuse(List<TableName> tables) {
        // An owner who took his own rights away (an archive, an audit table) may not lock: lent for this transaction,
        // and nobody ever sees it.
        Set<TableName> locked = new HashSet<>(tables);
        List<Right> lent = rights.neededToLock().stream()
                .filter(right -> locked.contains(right.object()))
                .toList();
        StringBuilder sql = new StringBuilder();
        lent.forEach(right -> sql.append(right.grant()).append(";\n"));
        if (!tables.isEmpty()) {
            sql.append("LOCK TABLE ")
                    .append(tables.stream().map(table -> "ONLY " + table.sql()).collect(Collectors.joining(", ")))
                    .append(" IN SHARE ROW EXCLUSIVE MODE;\n");
        }
        lent.forEach(right -> sql.append(right.revoke()).append(";\n"));
        return sql.append(REFUSING)
                .append("UPDATE ferry.write_fence SET engaged_at = statement_timestamp();\n")
                .toString();
    }

    /** Under the lock, where nobody can alter a trigger: it is the trigger that bars the way, so each table must have it. */
    private static String requireGuards(List<TableName> tables) {
        return tables.isEmpty()
                ? ""
                : """
                IF EXISTS (SELECT FROM unnest(ARRAY[%s]::regclass[]) t (oid)
                           WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND %s)) THEN
                  RAISE EXCEPTION 'a table has lost its trigger' USING ERRCODE = '%s';
                END IF;
                """.formatted(
                                tables.stream()
                                        .map(table -> Identifiers.literal(table.sql()))
                                        .collect(Collectors.joining(", ")),
                                GUARDS,
                                UNGUARDED);
    }

    /**
     * The second bolt behind the trigger: takes the saved rights away, those that are still there. For an engaged fence, and
     * again after a crash; must be through before where sequences stand is read, for no trigger stops nextval().
     */
    public void revoke() {
        change.revoke();
    }

    /**
     * One try to lock out every writer.
     *
     * @return who was in the way; empty if the fence is engaged now
     */
    public Optional<List<String>> engage(Engagement engagement) {
        try (Session session = source.open()) {
            session.statementTimeout(LOCK_BOUND);
            session.execute(engagement.doBlock());
            return Optional.empty();
        } catch (RuntimeException e) {
            String state = SqlState.of(e);
            if (UNGUARDED.equals(state)) {
                return Optional.of(List.of("a table that lost Ferry's trigger since it was set; it is set again"));
            }
            if (!SqlState.QUERY_CANCELED.equals(state)
                    && !SqlState.LOCK_NOT_AVAILABLE.equals(state)
                    && !"40P01".equals(state)
                    && !"XX000".equals(state)) { // "tuple concurrently updated": somebody else grants right now
                throw e;
            }
            return Optional.of(LockHolders.of(source, engagement.tables()));
        }
    }

    /**
     * Lets the app write again: every right with its grantor and grant option, then the trigger that passes. Then the saved
     * rights are forgotten.
     */
    public void release() {
        if (engagedAt().isPresent()) { // else what is saved is that of a try which came to nothing, or is given back
            change.giveBack();
        }
        try (Session session = source.open()) {
            session.begin();
            fence.hold(session, End.SOURCE);
            session.execute(PASSING);
            session.execute("UPDATE ferry.write_fence SET engaged_at = NULL");
            session.commit();
        }
        try (Session session = target.open()) {
            session.begin();
            fence.hold(session, End.TARGET);
            rights.forgetSaved(session);
            session.commit();
        }
    }

    private record Guard(String schema, String table, String trigger) {}

    /** Takes the triggers off the tables, wherever those are by now; rights stay as they are. */
    public boolean remove(BooleanSupplier keepGoing) {
        LockPatience patience = new LockPatience(source, journal, keepGoing);
        // All that call the function, whatever is excluded now and whatever it is called: the function goes last.
        for (List<Guard> guards = guards(); !guards.isEmpty(); guards = guards()) {
            for (Guard guard : guards) {
                TableName table = new TableName(guard.schema(), guard.table());
                boolean done = patience.run(
                        "remove the write fence's trigger from " + table,
                        table,
                        "DO $ferry_block$ BEGIN\n" + fence.assertion(End.SOURCE) + "DROP TRIGGER IF EXISTS "
                                + Identifiers.quote(guard.trigger()) + " ON " + table.sql()
                                + ";\nEND $ferry_block$");
                if (!done) {
                    return false;
                }
            }
        }
        try (Session session = source.open()) {
            session.execute("DROP FUNCTION IF EXISTS ferry.refuse_write()");
        }
        return true;
    }

    private List<Guard> guards() {
        return source.jdbc().sql("""
                        SELECT n.nspname AS schema, c.relname AS table, g.tgname AS trigger
                        FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE g.tgfoid = to_regprocedure('ferry.refuse_write()')
                        ORDER BY 1, 2
                        """).query(Guard.class).list();
    }

    /** For people: what a switch will run on the source, in this order. */
    public String switchSql() {
        List<Right> current = rights.current();
        StringBuilder sql = new StringBuilder("""
                -- 1. While the app still writes: a trigger that lets everything pass, one table a transaction.
                """).append(PASSING);
        tablesWithoutTrigger().forEach(table -> sql.append(triggerOn(table)));
        sql.append("-- 2. One transaction, given up after ")
                .append(LOCK_BOUND.toMillis())
                .append(" ms: no writer is left, and the triggers begin to refuse.\nBEGIN;\n")
                .append(lockAndRefuse(tables(WRITABLE)))
                .append("COMMIT;\n-- 3. Then each in a transaction of its own, before sequences are read.\n");
        RightsChange.revokes(Rights.revocable(current, rights.owners()))
                .forEach(statement -> sql.append(statement).append(";\n"));
        return sql.toString();
    }

    /** For people: what a revert will run, or, once Ferry is gone, what gives the source its writers back. */
    public String grantSql() {
        List<Right> saved = rights.saved();
        return RightsChange.grants(Rights.revocable(saved.isEmpty() ? rights.current() : saved, rights.owners()))
                .stream()
                .map(statement -> statement + ";\n")
                .collect(Collectors.joining());
    }
}
