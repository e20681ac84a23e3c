package dev.ferry.cutover;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.LockHolders;
import dev.ferry.database.LockPatience;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableName;
import dev.ferry.journal.Journal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Keeps the app's writes out of the source. Whether it is engaged is written on the source in the very transaction that
 * engages or releases it, so that after a crash there is no doubt (RULES D2).
 */
public final class WriteFence {
    private static final int CONFLICTS = 20;
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
    private final Predicate<TableName> included;
    private final Journal journal;

    public WriteFence(
            Database source, Database target, EpochFence fence, Predicate<TableName> included, Journal journal) {
        this.source = source;
        this.target = target;
        this.fence = fence;
        this.rights = new Rights(source, target, fence, included);
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
            Optional<List<String>> inTheWay =
                    LockPatience.tryOnce(source, table, """
                    DO $ferry_block$ BEGIN
                    %s
                    CREATE TRIGGER ferry_write_fence BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %2$s
                      FOR EACH STATEMENT EXECUTE FUNCTION ferry.refuse_write();
                    ALTER TABLE ONLY %2$s ENABLE ALWAYS TRIGGER ferry_write_fence;
                    END $ferry_block$""".formatted(fence.assertion(End.SOURCE), table.sql()));
            if (inTheWay.isPresent()) {
                return inTheWay;
            }
        }
        return Optional.empty();
    }

    private void makeFunction() {
        try (Session session = source.open()) {
            session.execute("DO $ferry_block$ BEGIN\n" + fence.assertion(End.SOURCE) + PASSING + "END $ferry_block$");
        }
    }

    private static final String WRITABLE = """
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
              AND n.nspname NOT IN ('information_schema', 'ferry', '_heroku', 'pscale_extensions')
              AND n.nspname NOT LIKE 'pg\\_%'
              AND NOT EXISTS (SELECT FROM pg_depend e
                WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
            """;
    private static final String FENCED =
            "EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'ferry_write_fence')";

    private List<TableName> tablesWithoutTrigger() {
        return tables(WRITABLE + " AND NOT " + FENCED);
    }

    private List<TableName> tables(String condition) {
        return tables(condition, included);
    }

    private List<TableName> tables(String condition, Predicate<TableName> wanted) {
        return source
                .jdbc()
                .sql("SELECT n.nspname, c.relname " + condition + " ORDER BY n.nspname, c.relname")
                .query((row, number) -> new TableName(row.getString(1), row.getString(2)))
                .list()
                .stream()
                .filter(wanted)
                .toList();
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

    /** Prepares a try; writes down, on the target, exactly the rights that it will revoke. The fence is not engaged. */
    public Engagement engagement() {
        List<TableName> tables = tables(WRITABLE);
        List<Right> found = rights.current();
        rights.save(found);
        StringBuilder sql = new StringBuilder("DO $ferry_block$ BEGIN\n").append(fence.assertion(End.SOURCE));
        for (String statement : lockAndRevoke(tables, found)) {
            sql.append(statement).append(";\n");
        }
        sql.append(REFUSING)
                .append("UPDATE ferry.write_fence SET engaged_at = statement_timestamp();\nEND $ferry_block$");
        return new Engagement(sql.toString(), tables);
    }

    private List<String> lockAndRevoke(List<TableName> tables, List<Right> found) {
        List<String> statements = new ArrayList<>();
        // An owner who took his own rights away (an archive, an audit table) may not lock: lent for this transaction,
        // and
        // nobody ever sees it.
        List<Right> lent = rights.neededToLock().stream()
                .filter(right -> tables.contains(right.object()))
                .toList();
        lent.forEach(right -> statements.add(right.grant()));
        if (!tables.isEmpty()) {
            statements.add(lockStatement(tables));
        }
        statements.addAll(revokes(found));
        lent.forEach(right -> statements.add(right.revoke()));
        return statements;
    }

    private static String lockStatement(Collection<TableName> tables) {
        return "LOCK TABLE "
                + tables.stream().map(table -> "ONLY " + table.sql()).collect(Collectors.joining(", "))
                + " IN SHARE ROW EXCLUSIVE MODE";
    }

    private List<String> revokes(List<Right> found) {
        Map<TableName, String> owners = rights.owners();
        // Several rights of one grantee on one object in one statement: the window holds one REVOKE an object and
        // grantee.
        Map<String, List<Right>> groups = Rights.revocable(found, owners).stream()
                .filter(right -> right.column().isEmpty())
                .collect(Collectors.groupingBy(
                        right -> right.kind() + right.object().sql() + right.granteeSql(),
                        java.util.LinkedHashMap::new,
                        Collectors.toList()));
        List<String> statements = new ArrayList<>();
        for (List<Right> group : groups.values()) {
            Right first = group.get(0);
            String privileges = group.stream().map(Right::privilege).distinct().collect(Collectors.joining(", "));
            statements.add(
                    new Right(first.kind(), first.object(), "", first.grantor(), first.grantee(), privileges, false)
                            .revoke());
        }
        Rights.revocable(found, owners).stream()
                .filter(right -> !right.column().isEmpty())
                .map(Right::revoke)
                .forEach(statements::add);
        return statements;
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
     * Lets the app write again: every right with its grantor and grant option, and the trigger that passes. Then the saved
     * rights are forgotten.
     */
    public void release() {
        for (int attempt = 1; ; attempt++) {
            try {
                giveBack();
                return;
            } catch (RuntimeException e) {
                // "tuple concurrently updated": somebody else grants or revokes on the same object
                if (!SqlState.is(e, "XX000") || attempt >= CONFLICTS) {
                    throw e;
                }
            }
        }
    }

    private void giveBack() {
        Map<TableName, String> owners = rights.owners();
        List<Right> current = rights.current();
        Set<String> roles = rights.roles();
        List<Right> missing = rights.saved().stream()
                .filter(right -> !current.contains(right))
                .toList();
        try (Session session = source.open()) {
            session.begin();
            fence.hold(session, End.SOURCE);
            session.execute(PASSING);
            for (Right right : missing) {
                if (!right.grantee().isEmpty() && !roles.contains(right.grantee())) {
                    journal.warn("Role " + right.grantee() + " was dropped meanwhile; it had " + right.privilege()
                            + " on " + right.object() + ".");
                } else if (right.grantor().equals(owners.get(right.object()))) {
                    session.execute(right.grant());
                } else {
                    journal.warn("A right that " + right.grantor() + " granted on " + right.object()
                            + " is gone, and only they can grant it again: " + right.grant());
                }
            }
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

    /** Takes the triggers off the tables; rights stay as they are. */
    public boolean remove(BooleanSupplier keepGoing) {
        LockPatience patience = new LockPatience(source, journal, keepGoing);
        // All of them, whatever is excluded now: the function goes with the last one.
        for (TableName table : tables(WRITABLE + " AND " + FENCED, name -> true)) {
            boolean done = patience.run(
                    "remove the write fence's trigger from " + table,
                    table,
                    "DO $ferry_block$ BEGIN\n" + fence.assertion(End.SOURCE)
                            + "DROP TRIGGER IF EXISTS ferry_write_fence ON " + table.sql() + ";\nEND $ferry_block$");
            if (!done) {
                return false;
            }
        }
        try (Session session = source.open()) {
            session.execute("DROP FUNCTION IF EXISTS ferry.refuse_write()");
        }
        return true;
    }

    /** For people: what a switch will run on the source. */
    public String switchSql() {
        List<TableName> tables = tables(WRITABLE);
        return "BEGIN;\n"
                + lockAndRevoke(tables, rights.current()).stream()
                        .map(statement -> statement + ";\n")
                        .collect(Collectors.joining())
                + REFUSING + "COMMIT;\n";
    }

    /** For people: what a revert will run, or, once Ferry is gone, what gives the source its writers back. */
    public String grantSql() {
        Map<TableName, String> owners = rights.owners();
        List<Right> saved = rights.saved();
        return Rights.revocable(saved.isEmpty() ? rights.current() : saved, owners).stream()
                .map(right -> right.grant() + ";\n")
                .collect(Collectors.joining());
    }

    /** Roles that a switch will shut out by the trigger alone, for people. */
    public Collection<String> rolesBeyondRevoke() {
        List<Right> all = rights.current();
        List<Right> revocable = Rights.revocable(all, rights.owners());
        return all.stream()
                .filter(right -> !revocable.contains(right))
                .map(right -> right.grantee().isEmpty() ? "PUBLIC" : right.grantee())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
