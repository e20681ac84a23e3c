package dev.ferry.preflight;

import dev.ferry.database.SqlState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks for rows so wide that passing them on takes a lot of memory, or cannot be done at all: a server hands out each row
 * as one message of at most 1 GB. A sample: sizes are known without reading the values, but not without visiting the rows.
 */
final class WideRows {
    /** A table with less than this outside of its heap has no wide row, even of the most compressible kind. */
    private static final long LARGE_VALUES = 500_000;

    private static final int TABLES = 10;
    private static final int ROWS = 5_000;
    private static final long WIDE = 64_000_000;
    private static final long UNREADABLE = 1_073_741_823; // MaxAllocSize

    private WideRows() {}

    private record Suspect(long oid, double rows, String size) {}

    static Verdict look(Ends ends) {
        Map<Long, SourceTable> tables = ends.includedTables().stream()
                .filter(SourceTable::holdsRows)
                .collect(Collectors.toMap(SourceTable::oid, table -> table));
        List<String> wide = new ArrayList<>();
        boolean unreadable = false;
        for (Suspect suspect : suspects(ends)) {
            SourceTable table = tables.get(suspect.oid());
            Long widest = table == null ? null : widest(ends, table, suspect);
            if (widest != null && widest >= WIDE) {
                wide.add(table + " (" + Names.bytes(widest) + ")");
                unreadable |= widest > UNREADABLE;
            }
        }
        if (wide.isEmpty()) {
            return Verdict.ok("No row of a sample is wider than " + Names.bytes(WIDE) + " as text");
        }
        String detail = "Widest row of a sample, as text: " + Names.some(wide) + ". A server hands out a row whole.";
        return unreadable
                ? Verdict.warning(
                        "There are rows that no server can hand out",
                        detail + " Beyond 1 GB it cannot: the table stops there, with the row's key.",
                        "Make these rows smaller before the start (split them, or move the value elsewhere), or leave the table"
                                + " out with EXCLUDE_TABLES.")
                : Verdict.note(
                        Names.count(wide.size(), "table has", "tables have") + " very wide rows",
                        detail,
                        "Give Ferry's container memory for two such rows at a time, beside what it needs itself.");
    }

    /** Tables with much outside of the heap, the largest first, with an expression for a row's size as text. */
    private static List<Suspect> suspects(Ends ends) {
        return ends.source()
                .session()
                .jdbc()
                .sql("""
                        SELECT c.oid::bigint AS oid, c.reltuples AS rows,
                               (SELECT string_agg(
                                         format(CASE coalesce(b.typname, y.typname)
                                                WHEN 'bytea' THEN 'coalesce(2 * octet_length(%I)::bigint, 0)'
                                                WHEN 'text' THEN 'coalesce(octet_length(%I)::bigint, 0)'
                                                WHEN 'varchar' THEN 'coalesce(octet_length(%I)::bigint, 0)'
                                                ELSE 'coalesce(pg_column_size(%I)::bigint, 0)' END, a.attname),
                                         ' + ')
                                  FROM pg_attribute a
                                  JOIN pg_type y ON y.oid = a.atttypid
                                  LEFT JOIN pg_type b ON b.oid = y.typbasetype
                                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                   AND a.attgenerated = '' AND a.attlen = -1) AS size
                          FROM pg_class c
                         WHERE c.relkind = 'r' AND c.reltoastrelid <> 0 AND pg_relation_size(c.reltoastrelid) >= ?
                         ORDER BY pg_relation_size(c.reltoastrelid) DESC
                         LIMIT ?
                        """)
                .params(LARGE_VALUES, TABLES)
                .query(Suspect.class)
                .list();
    }

    /** Null if it cannot be said soon. */
    private static @Nullable Long widest(Ends ends, SourceTable table, Suspect suspect) {
        double percent = Math.min(100, 100.0 * ROWS / Math.max(1, suspect.rows()));
        AtomicReference<@Nullable Long> widest = new AtomicReference<>();
        try {
            ends.source().tryOut(() -> {
                ends.source().session().execute("SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '2s'");
                ends.source()
                        .session()
                        .jdbc()
                        .sql("SELECT coalesce(max(%s), 0) FROM ONLY %s TABLESAMPLE SYSTEM (%s)"
                                .formatted(suspect.size(), table.name().sql(), Double.toString(percent)))
                        .query(Long.class)
                        .list()
                        .forEach(widest::set);
            });
        } catch (RuntimeException e) {
            if (!SqlState.isTransient(e) && !SqlState.is(e, SqlState.INSUFFICIENT_PRIVILEGE)) {
                throw e;
            }
        }
        return widest.get();
    }
}
