package dev.ferry.sync;

import dev.ferry.database.Catalog;
import dev.ferry.database.Scope;
import dev.ferry.database.Session;
import dev.ferry.database.TableName;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Compares the source's tables with what was captured. */
public final class SchemaDrift {
    private SchemaDrift() {}

    /** What changed, for people, by the table's number. The session must be outside a transaction: a fresh snapshot. */
    public static Map<Integer, String> find(Session fresh, Collection<TrackedTables.Entry> entries) {
        Map<Long, Catalog.Fingerprint> now = Catalog.fingerprints(
                fresh, entries.stream().map(TrackedTables.Entry::sourceOid).toList());
        Map<Integer, String> drift = new TreeMap<>();
        for (TrackedTables.Entry entry : entries) {
            String change = change(entry, now.get(entry.sourceOid()));
            if (change != null) {
                drift.put(entry.id(), change);
            }
        }
        return drift;
    }

    private static @Nullable String change(TrackedTables.Entry entry, Catalog.@Nullable Fingerprint now) {
        if (now == null) {
            return "the table was dropped";
        }
        if (!entry.name().equals(now.name())) {
            return "the table was renamed to " + now.name();
        }
        if (!entry.definition().equals(now.definition())) {
            return "its columns, their types or its primary key changed";
        }
        if (!entry.stamps().equals(now.stamps())) {
            return "its columns were altered (ALTER TABLE, or a GRANT on a column)";
        }
        if (entry.triggers() != null && !entry.triggers().equals(now.triggers())) {
            return now.triggers().isEmpty()
                    ? "Ferry's triggers on it are gone"
                    : "Ferry's triggers on it were changed, or were disabled for a while";
        }
        return null;
    }

    /**
     * User tables that are there now, in the migration's scope, and belong to no entry; and those that EXCLUDE_TABLES fits
     * although a table above them is in: their rows are missed at the other end as well.
     */
    public static Collection<TableName> newTables(
            Session fresh, Collection<TrackedTables.Entry> entries, Predicate<TableName> included) {
        List<TableName> found = fresh.jdbc()
                .sql("""
                        SELECT n.nspname, c.relname
                        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE %s AND c.oid <> ALL (?::oid[])
                        ORDER BY n.nspname, c.relname
                        """.formatted(Catalog.USER_TABLES))
                .param(Catalog.arrayLiteral(
                        entries.stream().map(TrackedTables.Entry::sourceOid).toList()))
                .query((row, number) -> new TableName(row.getString(1), row.getString(2)))
                .list();
        Scope scope = Scope.of(fresh.jdbc(), included);
        return found.stream()
                .filter(table -> scope.test(table) || scope.isTorn(table))
                .toList();
    }
}
