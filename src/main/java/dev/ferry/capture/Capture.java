package dev.ferry.capture;

import dev.ferry.database.Database;
import dev.ferry.database.EpochFence;
import dev.ferry.database.LockPatience;
import dev.ferry.database.Session;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Journal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Puts capture on the tables of one end and takes it off again: one table a transaction, one round trip each, so that the
 * app waits for one bounded try at a time. What was made is in {@code ferry.captured_table}, so a restart goes on where
 * it stopped and a removal finds everything.
 */
public final class Capture {
    private final Database end;
    private final EpochFence fence;
    private final LockPatience patience;

    public Capture(Database end, EpochFence fence, Journal journal, BooleanSupplier keepGoing) {
        this.end = end;
        this.fence = fence;
        this.patience = new LockPatience(end, journal, keepGoing);
    }

    /** Ids of the tables that are captured. */
    public Set<Integer> installed() {
        return new HashSet<>(end.jdbc()
                .sql("SELECT table_id FROM ferry.captured_table")
                .query(Integer.class)
                .list());
    }

    /**
     * Captures one table from the moment this returns: no writer is open that began before.
     *
     * @param enabled false leaves the triggers disabled until a switch enables them
     * @return false if asked to stop before
     */
    public boolean install(TrackedTable table, boolean enabled) {
        boolean clashes = table.name().toString().contains("$ferry_")
                || table.definition().columns().stream()
                        .anyMatch(column -> column.name().contains("$ferry_"));
        if (clashes) {
            throw new FerryException(
                    FailureCode.SOURCE,
                    "The name of " + table.name()
                            + " or of one of its columns contains $ferry_, which capture uses itself.",
                    "Exclude that table by EXCLUDE_TABLES, or rename it.");
        }
        return patience.run(
                "install capture on " + table.name(),
                table.name(),
                doBlock(fence.assertion(end.end()) + CaptureSql.install(table, enabled)));
    }

    /** For a transaction of one's own: starts or stops the logging of tables whose capture is installed. */
    public static String enabling(List<TrackedTable> tables, boolean enabled) {
        StringBuilder sql = new StringBuilder();
        for (TrackedTable table : tables) {
            for (String trigger : List.of("ferry_capture", "ferry_truncate")) {
                sql.append("ALTER TABLE ONLY ")
                        .append(table.name().sql())
                        .append(enabled ? " ENABLE ALWAYS TRIGGER " : " DISABLE TRIGGER ")
                        .append(trigger)
                        .append(";\n");
            }
        }
        return sql.toString();
    }

    /**
     * Removes every trigger, function and log of capture at this end. The functions are emptied first, which needs no lock
     * on any table of the app: from then on no write pays for capture, however long a trigger's removal has to wait.
     *
     * @return false if asked to stop before
     */
    public boolean remove() {
        List<Installed> tables = end.jdbc().sql("""
                        SELECT t.table_id, n.nspname, c.relname
                        FROM ferry.captured_table t
                        LEFT JOIN pg_class c ON c.oid = t.table_oid
                        LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
                        ORDER BY t.table_id
                        """).query(Installed.class).list();
        for (Installed table : tables) {
            emptyFunctions(table.tableId());
        }
        for (Installed table : tables) {
            TableName name = table.name();
            if (!patience.run(
                    "remove capture from " + (name == null ? "a dropped table" : name),
                    name == null ? new TableName("ferry", "delta_" + table.tableId()) : name,
                    doBlock(fence.assertion(end.end()) + removal(table.tableId(), name)))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Statements that take capture off one table.
     *
     * @param name null for one that was dropped
     */
    public static String removal(int tableId, @org.jspecify.annotations.Nullable TableName name) {
        String drops = name == null ? "" : """
                DROP TRIGGER IF EXISTS ferry_capture ON %1$s;
                DROP TRIGGER IF EXISTS ferry_truncate ON %1$s;
                """.formatted(name.sql());
        return drops + """
                DROP FUNCTION IF EXISTS ferry.capture_%1$d();
                DROP FUNCTION IF EXISTS ferry.capture_%1$d_marker();
                DROP TABLE IF EXISTS ferry.delta_%1$d;
                DELETE FROM ferry.marker WHERE table_id = %1$d;
                DELETE FROM ferry.captured_table WHERE table_id = %1$d;
                """.formatted(tableId);
    }

    private record Installed(
            int tableId,
            @org.jspecify.annotations.Nullable String nspname,
            @org.jspecify.annotations.Nullable String relname) {
        @org.jspecify.annotations.Nullable TableName name() {
            return nspname == null || relname == null ? null : new TableName(nspname, relname);
        }
    }

    private void emptyFunctions(int tableId) {
        List<String> functions = end.jdbc()
                .sql("""
                        SELECT p.proname FROM pg_catalog.pg_proc p
                        WHERE p.pronamespace = 'ferry'::pg_catalog.regnamespace AND p.proname IN (?, ?)
                        """)
                .params("capture_" + tableId, "capture_" + tableId + "_marker")
                .query(String.class)
                .list();
        try (Session session = end.open()) {
            for (String function : functions) {
                session.execute(doBlock(fence.assertion(end.end()) + """
                        CREATE OR REPLACE FUNCTION ferry.%s() RETURNS trigger LANGUAGE plpgsql AS
                        $ferry_body$ BEGIN RETURN NULL; END $ferry_body$;
                        """.formatted(function)));
            }
        }
    }

    private static String doBlock(String statements) {
        return "DO $ferry_block$ BEGIN\n" + statements + "END $ferry_block$";
    }
}
