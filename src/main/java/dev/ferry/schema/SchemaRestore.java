package dev.ferry.schema;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Identifiers;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Journal;
import dev.ferry.schema.EntrySchedule.Task;
import dev.ferry.schema.SchemaLedger.Line;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Replays a stored schema on the target, entry by entry. An entry and its mark commit in one transaction, which the epoch's
 * fence guards: after an interruption, even one whose outcome nobody saw, the next call goes on with what is not marked, and
 * an object that exists although its entry has no mark is somebody else's.
 *
 * <p>Failures of connections and locks leave as they are ({@link SqlState#isTransient}): calling again is safe. All others
 * are {@link FerryException}s with code TARGET that name the object.
 */
public final class SchemaRestore {
    /** Their work is on rows; the others' is on catalogs and quick. */
    private static final Set<Stage> PARALLEL = EnumSet.of(Stage.INDEXES, Stage.FOREIGN_KEYS);

    /** How far a stage is. */
    public record Progress(int done, int total, List<String> current) {}

    private static final int LOCK_ATTEMPTS = 5;
    private static final Set<String> OPTIONAL_EXTENSIONS = Set.of("pg_stat_statements");
    /** Their failure is told, but does not stop a migration. */
    private static final Set<String> DISPENSABLE = Set.of("COMMENT", "USER MAPPING");

    private static final Pattern EXTENSION = Pattern.compile(
            "CREATE EXTENSION IF NOT EXISTS (" + SchemaEntry.IDENTIFIER + ") WITH SCHEMA (" + SchemaEntry.IDENTIFIER
                    + ");",
            Pattern.DOTALL);
    private static final Pattern SCHEMA =
            Pattern.compile("CREATE SCHEMA (" + SchemaEntry.IDENTIFIER + ");", Pattern.DOTALL);

    /** As pg_restore sets them. */
    private static final String SETTINGS = """
            SET LOCAL statement_timeout = 0;
            SET LOCAL lock_timeout = '30s';
            SET LOCAL idle_in_transaction_session_timeout = '15min';
            SET LOCAL standard_conforming_strings = on;
            SET LOCAL check_function_bodies = off;
            SET LOCAL xmloption = content;
            SET LOCAL client_min_messages = error;
            SET LOCAL row_security = off;
            SET LOCAL default_tablespace = '';
            SET LOCAL default_table_access_method = heap;
            """;

    private static final String EMPTY_PATH = "SET LOCAL search_path = '';\n";

    private final Database target;
    private final EpochFence fence;
    private final Journal journal;
    private final @Nullable String createAs;
    private final SchemaLedger ledger;
    private final TriggerStates triggers;
    private final ForeignKeys foreignKeys;
    private final Set<Session> open = ConcurrentHashMap.newKeySet();
    private final Set<String> current = new ConcurrentSkipListSet<>();

    /** @param createAs the role that is to own what is created, see {@link #commonRole}; null for the one connected */
    public SchemaRestore(Database target, EpochFence fence, Journal journal, @Nullable String createAs) {
        this.target = target;
        this.fence = fence;
        this.journal = journal;
        this.createAs = createAs;
        this.ledger = new SchemaLedger(target);
        this.triggers = new TriggerStates(target);
        this.foreignKeys = new ForeignKeys(target, ledger);
    }

    /**
     * The role {@code postgres}, if it is no superuser and the connected role is a member that may act as it. On PlanetScale
     * roles come and go with passwords; what one owns, the others cannot touch.
     */
    public static Optional<String> commonRole(Database target) {
        return target.jdbc().sql("""
                        SELECT rolname
                        FROM pg_roles
                        WHERE rolname = 'postgres'
                          AND NOT rolsuper
                          AND rolname <> current_user
                          AND pg_has_role(
                                current_user,
                                oid,
                                CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END)
                        """).query(String.class).optional();
    }

    /** Keeps the dump at the target, in place of one of which nothing was restored yet. */
    public void store(DumpedSchema schema) {
        if (ledger.begun()) {
            throw new FerryException(
                    FailureCode.INTERNAL,
                    "The schema on the target was restored in part from an earlier dump.",
                    "Press Abort, empty the target, and start again.");
        }
        try (Session session = target.open()) {
            session.begin();
            fence.hold(session, End.TARGET);
            ledger.store(session, schema);
            session.commit();
        }
    }

    public boolean stored() {
        return ledger.stored();
    }

    /** From the marks; what runs at this moment is what this process runs. */
    public Progress progress(Stage stage) {
        return ledger.progress(stage, List.copyOf(current));
    }

    /**
     * Runs what is not done of a stage.
     *
     * @param workers connections used side by side for indexes and foreign keys; the other stages go one by one
     * @param keepGoing asked before each entry; what runs is finished
     * @return whether all of it is done; false if it was told not to go on
     * @throws CancellationException when the thread is interrupted; the statements under way were cancelled
     */
    public boolean restore(Stage stage, int workers, BooleanSupplier keepGoing) {
        Map<Integer, Line> all = ledger.lines().stream().collect(Collectors.toMap(Line::dumpId, line -> line));
        List<Line> pending = all.values().stream()
                .filter(line -> line.stage() == stage && !line.done())
                .sorted(Comparator.comparingInt(Line::position))
                .toList();
        if (pending.isEmpty()) {
            return true;
        }
        boolean parallel = PARALLEL.contains(stage);
        int width = parallel ? Math.max(1, Math.min(workers, pending.size())) : 1;
        EntrySchedule schedule = new EntrySchedule(parallel ? tasks(stage, pending, all) : inOrder(pending));
        String settings = settings(stage, width);
        // Workers even for one: a thread that waits for the server does not see that it is interrupted.
        ExecutorService executor = Executors.newFixedThreadPool(width, work -> {
            Thread thread = new Thread(work, "schema-restore");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Future<Boolean>> results = new ArrayList<>();
            for (int i = 0; i < width; i++) {
                results.add(executor.submit(() -> work(schedule, settings, all, keepGoing)));
            }
            return together(results);
        } catch (InterruptedException e) {
            schedule.stop();
            cancelRunning();
            Thread.currentThread().interrupt();
            throw new CancellationException("the restore of the schema was stopped");
        } finally {
            executor.shutdownNow();
        }
    }

    private boolean work(EntrySchedule schedule, String settings, Map<Integer, Line> all, BooleanSupplier keepGoing)
            throws InterruptedException {
        boolean through = false;
        try {
            for (Task task = schedule.take(); task != null; task = schedule.take()) {
                if (!keepGoing.getAsBoolean()) {
                    return false;
                }
                run(task.line(), settings, all);
                schedule.finished(task);
            }
            through = true;
            return true;
        } finally {
            if (!through) {
                schedule.stop();
            }
        }
    }

    private static boolean together(List<Future<Boolean>> results) throws InterruptedException {
        boolean complete = true;
        RuntimeException failure = null;
        for (Future<Boolean> result : results) {
            try {
                complete &= result.get();
            } catch (ExecutionException e) {
                RuntimeException one = e.getCause() instanceof RuntimeException cause
                        ? cause
                        : new IllegalStateException("an index build ended badly", e.getCause());
                if (failure == null) {
                    failure = one;
                } else {
                    failure.addSuppressed(one);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
        return complete;
    }

    private static List<Task> inOrder(List<Line> pending) {
        return pending.stream().map(line -> new Task(line, Set.of(), false, 0)).toList();
    }

    private List<Task> tasks(Stage stage, List<Line> pending, Map<Integer, Line> all) {
        Map<Integer, Long> sizes = new HashMap<>();
        Map<Integer, String> sql = ledger.sql(stage);
        Map<String, Long> byName = tableSizes(all);
        all.values()
                .forEach(line -> sizes.put(
                        line.dumpId(), byName.getOrDefault(line.relation() == null ? "" : line.relation(), 0L)));
        List<Task> tasks = new ArrayList<>();
        for (Line line : pending) {
            Set<Integer> tables = new HashSet<>();
            for (Integer id : line.dependsOn()) {
                Line on = all.get(id);
                if (on != null && (on.type().equals("TABLE") || on.type().equals("MATERIALIZED VIEW"))) {
                    tables.add(id);
                }
            }
            // One that goes on to ALTER TABLE takes a stronger lock while it holds the first: two of them would
            // deadlock.
            boolean shared = line.type().equals("INDEX")
                    && SqlScanner.statements(sql.getOrDefault(line.position(), ""))
                                    .size()
                            == 1;
            long size = tables.stream()
                    .mapToLong(id -> sizes.getOrDefault(id, 0L))
                    .max()
                    .orElse(0);
            tasks.add(new Task(line, tables, shared, size));
        }
        return tasks;
    }

    private Map<String, Long> tableSizes(Map<Integer, Line> all) {
        Map<String, Long> sizes = new HashMap<>();
        String[] names = all.values().stream()
                .filter(line -> line.type().equals("TABLE") && line.relation() != null)
                .map(Line::relation)
                .toArray(String[]::new);
        target.jdbc()
                .sql("SELECT name, coalesce(pg_table_size(to_regclass(name)), 0) FROM unnest(:names::text[]) AS name")
                .param("names", names)
                .query(row -> {
                    sizes.put(row.getString(1), row.getLong(2));
                });
        return sizes;
    }

    /** Sorting in memory makes an index build faster; a quarter of a small server's memory is what its buffers have already. */
    private String settings(Stage stage, int workers) {
        if (stage != Stage.INDEXES) {
            return SETTINGS;
        }
        return SETTINGS
                + target.jdbc()
                        .sql("""
                                SELECT format(
                                         'SET LOCAL maintenance_work_mem = %L;%s',
                                         greatest(
                                           pg_size_bytes(current_setting('maintenance_work_mem')),
                                           least(268435456, pg_size_bytes(current_setting('shared_buffers')) / :workers))
                                         / 1024 || 'kB',
                                         chr(10))
                                """)
                        .param("workers", workers)
                        .query(String.class)
                        .single();
    }

    private void run(Line line, String settings, Map<Integer, Line> all) {
        current.add(line.title());
        try {
            for (int attempt = 1; ; attempt++) {
                try {
                    runOnce(line, settings, all);
                    return;
                } catch (RuntimeException e) {
                    boolean conflict = SqlState.is(e, SqlState.LOCK_NOT_AVAILABLE) || SqlState.is(e, "40P01");
                    if (!conflict || attempt == LOCK_ATTEMPTS) {
                        throw e;
                    }
                }
            }
        } finally {
            current.remove(line.title());
        }
    }

    private void runOnce(Line line, String settings, Map<Integer, Line> all) {
        try (Session session = target.open()) {
            open.add(session);
            try {
                apply(session, line, EMPTY_PATH + settings);
            } catch (FerryException e) {
                throw e;
            } catch (RuntimeException e) {
                if (SqlState.of(e) == null || SqlState.isTransient(e)) {
                    throw e;
                }
                session.rollback();
                if (!appliedUnderOwnPath(session, line, settings, e)) {
                    passOverOrFail(session, line, all, e);
                }
            } finally {
                open.remove(session);
            }
        }
    }

    /** Functions with unqualified names in their bodies need the database's own path (RULES E1). */
    private boolean appliedUnderOwnPath(Session session, Line line, String settings, RuntimeException first) {
        if (!String.valueOf(SqlState.of(first)).startsWith("42")
                && !String.valueOf(SqlState.of(first)).startsWith("3F")) {
            return false;
        }
        try {
            apply(session, line, settings);
            return true;
        } catch (FerryException e) {
            throw e;
        } catch (RuntimeException e) {
            if (SqlState.of(e) == null || SqlState.isTransient(e)) {
                throw e;
            }
            session.rollback();
            first.addSuppressed(e);
            return false;
        }
    }

    private void apply(Session session, Line line, String settings) {
        session.begin();
        fence.hold(session, End.TARGET);
        SchemaLedger.Statement statement = ledger.lock(session, line.position());
        if (statement.done()) {
            session.rollback();
            return;
        }
        if (wasThereBefore(session, line, statement.sql())) {
            ledger.markDone(session, line.position(), false, null);
            session.commit();
            return;
        }
        ledger.markDone(session, line.position(), true, null);
        if (line.stage() == Stage.TRIGGERS) {
            triggers.putBackFor(session, statement.sql());
        }
        session.execute(settings + (createAs == null ? "" : "SET LOCAL ROLE " + Identifiers.quote(createAs)));
        session.execute(ServerSideScript.of(statement.sql()));
        if (line.stage() == Stage.TRIGGERS) {
            session.execute("SET LOCAL ROLE NONE");
            triggers.keepAndDisable(session);
        }
        session.commit();
    }

    /** Schemas and extensions of the target are used as they are. */
    private boolean wasThereBefore(Session session, Line line, String sql) {
        Matcher schema = SCHEMA.matcher(sql);
        if (line.type().equals("SCHEMA") && schema.matches()) {
            return !session.list(
                            Integer.class,
                            "SELECT 1 FROM pg_namespace WHERE nspname = ?",
                            SchemaEntry.unquoted(schema.group(1)))
                    .isEmpty();
        }
        Matcher extension = EXTENSION.matcher(sql);
        if (line.type().equals("EXTENSION") && extension.matches()) {
            List<String> there = session.list(
                    String.class,
                    "SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = ?",
                    SchemaEntry.unquoted(extension.group(1)));
            String wanted = SchemaEntry.unquoted(extension.group(2));
            if (!there.isEmpty() && !there.get(0).equals(wanted)) {
                journal.warn("Extension " + line.tag() + " is in schema " + there.get(0)
                        + " on the target and in schema " + wanted + " on the source. It is used where it is.");
            }
            return !there.isEmpty();
        }
        return false;
    }

    private void passOverOrFail(Session session, Line line, Map<Integer, Line> all, RuntimeException failure) {
        String said = SqlState.describe(failure);
        boolean optional = DISPENSABLE.contains(line.type())
                || (line.type().equals("EXTENSION") && OPTIONAL_EXTENSIONS.contains(line.tag()))
                || (!line.type().equals("TABLE") && dependsOnLeftOut(session, line, all));
        session.begin();
        fence.hold(session, End.TARGET);
        if (optional) {
            ledger.markDone(session, line.position(), false, said);
        } else {
            ledger.noteError(session, line.position(), said);
        }
        session.commit();
        if (optional) {
            journal.warn("Left out on the target: " + line.title() + ", because the server said: " + said + ".");
            return;
        }
        throw failed(line, failure, said);
    }

    private boolean dependsOnLeftOut(Session session, Line line, Map<Integer, Line> all) {
        Set<Integer> leftOut = new HashSet<>(
                session.list(
                        Integer.class,
                        "SELECT dump_id FROM ferry.schema_entry WHERE done_at IS NOT NULL AND NOT made_by_us AND error IS NOT NULL"));
        Set<Integer> seen = new HashSet<>();
        List<Integer> next = new ArrayList<>(line.dependsOn());
        while (!next.isEmpty()) {
            Integer id = next.remove(next.size() - 1);
            Line on = all.get(id);
            if (on != null && seen.add(id)) {
                if (leftOut.contains(id) && !DISPENSABLE.contains(on.type())) {
                    return true;
                }
                next.addAll(on.dependsOn());
            }
        }
        return false;
    }

    private static FerryException failed(Line line, RuntimeException failure, String said) {
        if (line.type().equals("EXTENSION")) {
            return new FerryException(
                    FailureCode.TARGET,
                    "Extension " + line.tag() + " could not be created on the target: " + said + ".",
                    "Enable " + line.tag() + " for the target's cluster, or create it there with a role that may, then"
                            + " press Retry. If the app does not need it, drop it on the source and start again.",
                    failure);
        }
        String state = String.valueOf(SqlState.of(failure));
        String remedy = switch (state) {
            case "42P07", "42710", "42723", "42P06", "42712", "42701", "42P16" ->
                "An object of this name is on the target and Ferry did not make it. Drop or rename it there, then"
                        + " press Retry.";
            case SqlState.INSUFFICIENT_PRIVILEGE ->
                "Give the target's role the right that the server asks for, or use a role that has it, then press"
                        + " Retry.";
            case "42883", "42P01", "42703" ->
                "If a function's body names it without its schema: ALTER FUNCTION ... SET search_path = public on the"
                        + " source (from version 17 on a server builds indexes under an empty one) and start again."
                        + " Else create it on the target, then press Retry.";
            case "42704", "3F000" ->
                "Create what is missing on the target (a role, a collation, an extension's object), or remove what"
                        + " refers to it on the source and start again. Then press Retry.";
            case SqlState.UNIQUE_VIOLATION, SqlState.EXCLUSION_VIOLATION, "23514", "23502", "23503" ->
                "Rows on the target do not satisfy it. See that nothing else writes to the target, and whether the"
                        + " source's rows satisfy it; then press Retry, or start again with an empty target.";
            case "0A000" ->
                "The target's server does not support it. Change it on the source, or exclude it, and start again.";
            default -> "Remove the cause on the target, then press Retry.";
        };
        return new FerryException(
                FailureCode.TARGET,
                line.title() + " could not be created on the target: " + said + ".",
                remedy,
                failure);
    }

    private void cancelRunning() {
        for (Session session : open) {
            try {
                target.jdbc()
                        .sql("SELECT pg_cancel_backend(:pid)")
                        .param("pid", session.backendPid())
                        .query(Boolean.class)
                        .single();
                session.abort();
            } catch (RuntimeException e) {
                journal.warn("A statement on the target could not be cancelled: " + SqlState.describe(e) + ".");
            }
        }
    }

    /**
     * Runs what is not done of a quick stage inside the session's transaction, marks included: it becomes true with the
     * caller's commit, or not at all.
     */
    public void restoreWithin(Session session, Stage stage) {
        String path = session.list(String.class, "SELECT current_setting('search_path')")
                .get(0);
        Map<Integer, Line> all = ledger.lines().stream().collect(Collectors.toMap(Line::dumpId, line -> line));
        for (Line line : ledger.lines(stage)) {
            SchemaLedger.Statement statement = ledger.lock(session, line.position());
            if (!statement.done()) {
                runWithin(session, line, statement.sql(), path, all);
            }
        }
    }

    private void runWithin(Session session, Line line, String sql, String path, Map<Integer, Line> all) {
        RuntimeException first = null;
        // Empty first, then the database's own: functions with unqualified names in their bodies need it (RULES E1).
        for (String searchPath : List.of("", path)) {
            session.execute("SAVEPOINT ferry_entry");
            try {
                session.jdbc()
                        .sql("SELECT set_config('search_path', ?, true)")
                        .param(searchPath)
                        .query(String.class)
                        .single();
                if (createAs != null) {
                    session.execute("SET LOCAL ROLE " + Identifiers.quote(createAs));
                }
                session.execute(ServerSideScript.of(sql));
                session.execute("SET LOCAL ROLE NONE");
                ledger.markDone(session, line.position(), true, null);
                session.jdbc()
                        .sql("SELECT set_config('search_path', ?, true)")
                        .param(path)
                        .query(String.class)
                        .single();
                return;
            } catch (RuntimeException e) {
                if (SqlState.of(e) == null || SqlState.isTransient(e)) {
                    throw e;
                }
                session.execute("ROLLBACK TO SAVEPOINT ferry_entry");
                first = first == null ? e : first;
            }
        }
        String said = SqlState.describe(java.util.Objects.requireNonNull(first));
        if (!DISPENSABLE.contains(line.type()) && !dependsOnLeftOut(session, line, all)) {
            throw failed(line, first, said);
        }
        ledger.markDone(session, line.position(), false, said);
        journal.warn("Left out on the target: " + line.title() + ", because the server said: " + said + ".");
    }

    /** What puts triggers and rules into the states that they had on the source; for the switch, in this order. */
    public List<String> enableStatements() {
        return triggers.enableStatements();
    }

    /** The way back, for Revert. */
    public List<String> disableStatements() {
        return triggers.disableStatements();
    }

    /**
     * What adds the foreign keys that the target does not have, without looking at a row; for targets that cannot restore
     * {@link Stage#FOREIGN_KEYS} before the switch. Asked again, it tells what is still to do.
     */
    public List<String> addForeignKeysNotValid() {
        return foreignKeys.addNotValid();
    }

    /**
     * What makes those foreign keys valid that are so on the source. May take long, blocks no writer for long; for after the
     * switch. Asked again, it tells what is still to do.
     */
    public List<String> validateForeignKeys() {
        return foreignKeys.validate();
    }

    /** What removes the foreign keys again, for Revert. */
    public List<String> dropForeignKeys() {
        return foreignKeys.drop();
    }

    /**
     * Refreshes those materialized views that held data on the source, each after the ones it reads.
     *
     * @return those that could not be refreshed, with what the server said; they are in the journal too
     */
    public List<String> refreshMaterializedViews() {
        List<String> failures = new ArrayList<>();
        for (String view : ledger.populatedViews()) {
            try (Session session = target.open()) {
                session.begin();
                fence.hold(session, End.TARGET);
                session.execute("SET LOCAL statement_timeout = 0; REFRESH MATERIALIZED VIEW " + view);
                session.commit();
            } catch (FerryException e) {
                throw e;
            } catch (RuntimeException e) {
                if (SqlState.of(e) == null || SqlState.isTransient(e)) {
                    throw e;
                }
                String failure = view + " (" + SqlState.describe(e) + ")";
                journal.error("Materialized view " + failure + " could not be refreshed on the target.");
                failures.add(failure);
            }
        }
        return failures;
    }

    /**
     * Drops again what one stage made, for stages that hold no data; for Revert.
     *
     * @throws IllegalArgumentException for {@link Stage#PRE_DATA}
     */
    public void undo(Stage stage) {
        if (stage == Stage.PRE_DATA) {
            throw new IllegalArgumentException("tables go with undo() alone");
        }
        drop(ledger.lines(stage));
    }

    /**
     * Drops whatever {@link #restore} made, as far as it came, and forgets the dump.
     *
     * @throws FerryException with code TARGET, before anything is dropped, when a table holds rows; or when something that
     *     Ferry did not make depends on what it made
     */
    public void undo() {
        List<Line> lines = ledger.lines();
        for (Line line : lines) {
            if (isTable(line) && line.done() && line.madeByUs()) {
                try (Session session = target.open()) {
                    refuseIfRows(session, line);
                }
            }
        }
        drop(lines);
        try (Session session = target.open()) {
            session.begin();
            fence.hold(session, End.TARGET);
            ledger.clear(session);
            session.commit();
        }
    }

    /**
     * Last ones first. What the server refuses because something else needs it (an index that belongs to a partitioned one)
     * goes with that or is tried once more after it; when a whole round drops nothing, the first refusal is the failure.
     */
    private void drop(List<Line> lines) {
        List<Line> left = new ArrayList<>(lines.stream().filter(Line::done).toList());
        Collections.reverse(left);
        while (!left.isEmpty()) {
            List<Line> refused = new ArrayList<>();
            RuntimeException first = null;
            for (Line line : left) {
                try {
                    dropOne(line);
                } catch (RuntimeException e) {
                    String state = String.valueOf(SqlState.of(e));
                    if (!state.equals("2BP01") && !state.equals("42P16")) {
                        throw e;
                    }
                    refused.add(line);
                    first = first == null ? e : first;
                }
            }
            if (refused.size() == left.size() && first != null) {
                throw new FerryException(
                        FailureCode.TARGET,
                        refused.get(0).title() + " could not be dropped on the target: " + SqlState.describe(first)
                                + ".",
                        "Something that Ferry did not make depends on it. Drop that on the target, then try again.",
                        first);
            }
            left = refused;
        }
    }

    private void dropOne(Line line) {
        try (Session session = target.open()) {
            session.begin();
            fence.hold(session, End.TARGET);
            String drop = ledger.dropSql(session, line.position());
            ledger.markUndone(session, line.position());
            if (line.madeByUs() && drop != null) {
                if (isTable(line)) {
                    session.execute("SET LOCAL lock_timeout = '30s'");
                    lockIfThere(session, line);
                    refuseIfRows(session, line);
                }
                session.execute(SETTINGS + EMPTY_PATH);
                session.execute(ServerSideScript.of(drop));
            }
            session.commit();
        }
    }

    private static boolean isTable(Line line) {
        return line.type().equals("TABLE") && line.relation() != null;
    }

    /** So that no row comes between the look and the drop. */
    private static void lockIfThere(Session session, Line line) {
        String table = String.valueOf(line.relation());
        if (isThere(session, table)) {
            session.execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        }
    }

    private static boolean isThere(Session session, String table) {
        return session.list(Boolean.class, "SELECT to_regclass(?) IS NOT NULL", table)
                .get(0);
    }

    private static void refuseIfRows(Session session, Line line) {
        String table = String.valueOf(line.relation());
        if (isThere(session, table)
                && session.list(Boolean.class, "SELECT EXISTS (SELECT FROM " + table + ")")
                        .get(0)) {
            throw new FerryException(
                    FailureCode.TARGET,
                    "Table " + line.schema() + "." + line.tag() + " on the target holds rows; it is not dropped.",
                    "Empty it yourself if nobody needs them, then try again.");
        }
    }
}
