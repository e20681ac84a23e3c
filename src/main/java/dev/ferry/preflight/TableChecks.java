package dev.ferry.preflight;

import dev.ferry.database.Identifiers;
import dev.ferry.database.TableName;
import dev.ferry.database.UserObjects;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** What is peculiar about the source's tables, and how large they are. */
final class TableChecks {
    /** A keyless table is read whole whenever it was changed; from here on that is felt. */
    private static final long LARGE_KEYLESS_TABLE = 100_000_000;

    private static final int RELATIONS_FOR_THE_SMALLEST_CONTAINER = 5_000;
    private static final int LARGEST_SHOWN = 5;

    private TableChecks() {}

    static List<Check> all() {
        return List.of(
                Check.ofSource("tables-without-key", "tables without a key", TableChecks::keyless),
                Check.ofSource("reserved-names", "names that capture uses itself", TableChecks::reserved),
                Check.ofSource("generated-columns", "generated columns", TableChecks::generated),
                Check.ofSource("unlogged-tables", "unlogged tables", TableChecks::unlogged),
                Check.ofSource("foreign-tables", "foreign tables", TableChecks::foreign),
                Check.ofSource("excluded-tables", "tables left out by EXCLUDE_TABLES", TableChecks::excluded),
                Check.ofSource(
                        "foreign-keys-to-excluded", "foreign keys to left-out tables", TableChecks::keysToExcluded),
                Check.ofSource("sizes", "the source's size", TableChecks::sizes),
                Check.ofSource("wide-rows", "very wide rows", WideRows::look));
    }

    private static List<SourceTable> included(Ends ends, Predicate<SourceTable> which) {
        return ends.includedTables().stream().filter(which).toList();
    }

    private static Verdict keyless(Ends ends) {
        List<SourceTable> none = included(ends, table -> table.key() == SourceTable.Key.NONE);
        List<SourceTable> some = included(ends, table -> table.key() == SourceTable.Key.ROWS_WITHOUT_NULL);
        if (none.isEmpty() && some.isEmpty()) {
            return Verdict.ok("Every table has a key");
        }
        Map<Long, Long> bytes = ends.tableBytes();
        long total = 0;
        List<String> sized = new ArrayList<>();
        for (SourceTable table : none) {
            long size = bytes.getOrDefault(table.oid(), 0L);
            total += size;
            sized.add(table + " (" + Names.bytes(size) + ")");
        }
        List<String> parts = new ArrayList<>();
        if (!none.isEmpty()) {
            parts.add(
                    "No key: " + Names.some(sized) + ". Such a table is read whole, " + Names.bytes(total)
                            + " for all of them, whenever it was changed, and once more while writes are blocked at the switch.");
        }
        if (!some.isEmpty()) {
            parts.add("A unique index with nullable columns is the only key of " + Names.some(some)
                    + ": a change to a row with a NULL in it makes the table be read whole.");
        }
        String title = none.isEmpty()
                ? Names.count(some.size(), "table has", "tables have") + " a key for some rows only"
                : Names.count(none.size(), "table has", "tables have") + " no key";
        String remedy = "Nothing must be done. With a key only changes travel: "
                + (none.isEmpty()
                        ? "ALTER TABLE ... ALTER COLUMN ... SET NOT NULL;"
                        : "ALTER TABLE " + none.get(0).name().sql()
                                + " ADD COLUMN ferry_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;"
                                + " (rewrites the table, and blocks it meanwhile) or a unique index on NOT NULL columns.");
        return total >= LARGE_KEYLESS_TABLE
                ? Verdict.warning(title, String.join(" ", parts), remedy)
                : Verdict.note(title, String.join(" ", parts), remedy);
    }

    /** Capture's statements quote with dollar signs and this word; it refuses these tables (Capture.install). */
    private static Verdict reserved(Ends ends) {
        Map<Long, String> columns = new HashMap<>();
        ends.source().session().jdbc().sql("""
                        SELECT a.attrelid, string_agg(a.attname, ', ' ORDER BY a.attnum) AS names
                          FROM pg_attribute a
                         WHERE a.attnum > 0 AND NOT a.attisdropped AND position('$ferry_' IN a.attname) > 0
                         GROUP BY a.attrelid
                        """).query(row -> {
            columns.put(row.getLong("attrelid"), row.getString("names"));
        });
        List<String> clashing = new ArrayList<>();
        for (SourceTable table : ends.includedTables()) {
            String inColumns = columns.get(table.oid());
            if (inColumns != null) {
                clashing.add(table + " (column " + inColumns + ")");
            } else if (table.toString().contains("$ferry_")) {
                clashing.add(table.toString());
            }
        }
        return clashing.isEmpty()
                ? Verdict.ok("No name is one that capture uses itself")
                : Verdict.blocker(
                        Names.count(clashing.size(), "table has", "tables have") + " names that capture uses itself",
                        Names.some(clashing) + ": the name of the table, its schema or a column contains $ferry_.",
                        "Rename it on the source, or leave the table out with EXCLUDE_TABLES.");
    }

    private static Verdict generated(Ends ends) {
        List<SourceTable> tables =
                included(ends, table -> !table.generatedColumns().isEmpty());
        return tables.isEmpty()
                ? Verdict.ok("No table has generated columns")
                : Verdict.note(
                        Names.count(tables.size(), "table has", "tables have") + " generated columns",
                        Names.some(tables.stream()
                                .map(table -> table + " (" + String.join(", ", table.generatedColumns()) + ")")
                                .toList()),
                        "Nothing needs to be done: the target computes them itself.");
    }

    private static Verdict unlogged(Ends ends) {
        List<SourceTable> tables = included(ends, SourceTable::unlogged);
        return tables.isEmpty()
                ? Verdict.ok("No table is unlogged")
                : Verdict.note(
                        Names.count(tables.size(), "table is", "tables are") + " unlogged",
                        Names.some(tables) + ": a server's crash empties them, at either end.",
                        "If they should survive one: ALTER TABLE ... SET LOGGED; or leave them out with EXCLUDE_TABLES.");
    }

    private static Verdict foreign(Ends ends) {
        List<SourceTable> tables =
                ends.tables().stream().filter(SourceTable::isForeign).toList();
        return tables.isEmpty()
                ? Verdict.ok("There are no foreign tables")
                : Verdict.note(
                        Names.count(tables.size(), "foreign table"),
                        Names.some(tables) + ": their definitions are taken over, their rows stay where they are.",
                        "User mappings hold passwords and are not taken over with them. On the target: CREATE USER MAPPING"
                                + " FOR ... SERVER ...;");
    }

    private static Verdict excluded(Ends ends) {
        List<TableName> all = ends.tables().stream().map(SourceTable::name).toList();
        List<SourceTable> tables =
                ends.tables().stream().filter(table -> !table.included()).toList();
        List<SourceTable> torn =
                ends.tables().stream().filter(SourceTable::torn).toList();
        if (!torn.isEmpty()) {
            return Verdict.blocker(
                    "EXCLUDE_TABLES leaves out parts of a tree of tables",
                    Names.some(torn) + ": left out, though the table above, which reads and writes their rows, is not.",
                    "Exclude the whole tree or none of it: name its root in EXCLUDE_TABLES, which takes all below it along,"
                            + " or change the pattern; then restart Ferry.");
        }
        List<String> idle = ends.filter().patternsWithoutMatch(all);
        String detail = tables.isEmpty()
                ? ""
                : Names.some(tables) + ": created on the target, but neither copied nor captured nor write-blocked.";
        if (!idle.isEmpty()) {
            return Verdict.warning(
                    "EXCLUDE_TABLES names tables that are not there",
                    "No table fits " + Names.some(idle) + ". " + detail,
                    "Correct EXCLUDE_TABLES (names are case-sensitive, * stands for any characters) and restart Ferry.");
        }
        return tables.isEmpty()
                ? Verdict.ok("No table is left out")
                : Verdict.note(
                        Names.count(tables.size(), "table is", "tables are") + " left out",
                        detail,
                        "Change EXCLUDE_TABLES and restart Ferry if they should come along.");
    }

    private record ForeignKey(String name, TableName from, TableName to) {}

    private static Verdict keysToExcluded(Ends ends) {
        if (ends.tables().stream().allMatch(SourceTable::included)) {
            return Verdict.ok("No foreign key leads to a left-out table");
        }
        List<ForeignKey> crossing = ends
                .source()
                .session()
                .jdbc()
                .sql("""
                        SELECT k.conname, fn.nspname AS from_schema, f.relname AS from_name,
                               tn.nspname AS to_schema, t.relname AS to_name
                          FROM pg_constraint k
                          JOIN pg_class f ON f.oid = k.conrelid
                          JOIN pg_namespace fn ON fn.oid = f.relnamespace
                          JOIN pg_class t ON t.oid = k.confrelid
                          JOIN pg_namespace tn ON tn.oid = t.relnamespace
                         WHERE k.contype = 'f' AND k.conparentid = 0
                         ORDER BY 2, 3, 1
                        """)
                .query((row, number) -> new ForeignKey(
                        row.getString("conname"),
                        new TableName(row.getString("from_schema"), row.getString("from_name")),
                        new TableName(row.getString("to_schema"), row.getString("to_name"))))
                .list()
                .stream()
                .filter(key -> ends.scope().test(key.from()) && !ends.scope().test(key.to()))
                .toList();
        return crossing.isEmpty()
                ? Verdict.ok("No foreign key leads to a left-out table")
                : Verdict.blocker(
                        "Foreign keys lead to left-out tables",
                        Names.some(crossing.stream()
                                        .map(key -> key.name() + " from " + key.from() + " to " + key.to())
                                        .toList())
                                + ": on the target these rows would refer to nothing.",
                        "Leave both tables of such a key out, or neither; or drop the key on the source: "
                                + "ALTER TABLE " + crossing.get(0).from().sql() + " DROP CONSTRAINT "
                                + Identifiers.quote(crossing.get(0).name())
                                + ";");
    }

    private static Verdict sizes(Ends ends) {
        Map<Long, Long> bytes = ends.tableBytes();
        long leftOut = 0;
        List<SourceTable> largest = new ArrayList<>();
        for (SourceTable table : ends.tables()) {
            if (table.included()) {
                largest.add(table);
            } else {
                leftOut += bytes.getOrDefault(table.oid(), 0L);
            }
        }
        largest.sort(Comparator.comparingLong((SourceTable table) -> -bytes.getOrDefault(table.oid(), 0L)));
        long database = ends.source().number("SELECT pg_database_size(current_database())");
        long relations = ends.source().number("""
                SELECT count(*)
                  FROM pg_class c
                  JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p', 'i', 'I', 'S', 'v', 'm') AND %s
                """.formatted(UserObjects.relations()));
        long travelling = Math.max(0, database - leftOut);
        String container = relations > RELATIONS_FOR_THE_SMALLEST_CONTAINER
                ? "1 GB (Standard-2X): pg_dump needs memory for each of " + Names.count(relations, "relation")
                : "512 MB (Standard-1X)";
        return Verdict.note(
                "The source is " + Names.bytes(database) + " in "
                        + Names.count(largest.size(), "table")
                        + (leftOut == 0 ? "" : ", " + Names.bytes(leftOut) + " of it left out"),
                "Largest: "
                        + Names.some(largest.stream()
                                .limit(LARGEST_SHOWN)
                                .map(table -> table + " (" + Names.bytes(bytes.getOrDefault(table.oid(), 0L)) + ")")
                                .toList())
                        + ".",
                "Give the target at least " + Names.bytes(2 * travelling)
                        + " of storage (twice what travels: index builds, WAL and dead rows come on top). Memory for Ferry's"
                        + " container: " + container + ".");
    }
}
