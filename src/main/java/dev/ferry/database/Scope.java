package dev.ferry.database;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Which of the app's tables and sequences belong to the migration, for all that ask: EXCLUDE_TABLES goes by name, this by
 * what hangs together. A table is out if it or anything above it (partition root, inheritance parent) is out by name:
 * writes to the one reach the other. A sequence is in exactly if the table that owns it is, whatever it is called; only one
 * that no table owns goes by its own name.
 */
public final class Scope implements Predicate<TableName> {
    private static final String DECIDERS = """
            WITH RECURSIVE above (oid, decider) AS (
              SELECT h.inhrelid, h.inhparent FROM pg_catalog.pg_inherits h
              UNION
              SELECT a.oid, h.inhparent FROM above a JOIN pg_catalog.pg_inherits h ON h.inhrelid = a.decider),
            owned (oid, decider) AS (
              SELECT s.oid, d.refobjid
              FROM pg_catalog.pg_class s JOIN pg_catalog.pg_depend d
                ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = s.oid
                AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
                AND d.deptype IN ('a', 'i')
              WHERE s.relkind = 'S')
            SELECT n.nspname, c.relname, dn.nspname AS decider_schema, d.relname AS decider_name
            FROM (SELECT oid, oid AS decider FROM above
                  UNION TABLE above
                  UNION TABLE owned
                  UNION SELECT o.oid, a.decider FROM owned o JOIN above a ON a.oid = o.decider) x
            JOIN pg_catalog.pg_class c ON c.oid = x.oid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_class d ON d.oid = x.decider
            JOIN pg_catalog.pg_namespace dn ON dn.oid = d.relnamespace
            WHERE c.relkind IN ('r', 'p', 'f', 'S')
            """;

    private final Predicate<TableName> byName;
    private final Map<TableName, List<TableName>> deciders;

    private Scope(Predicate<TableName> byName, Map<TableName, List<TableName>> deciders) {
        this.byName = byName;
        this.deciders = deciders;
    }

    /** As the catalog is now: ask after the query whose rows it is to sort, so that it knows all of them. */
    public static Scope of(JdbcClient origin, Predicate<TableName> byName) {
        Map<TableName, List<TableName>> deciders = new HashMap<>();
        origin.sql(DECIDERS).query(row -> {
            deciders.computeIfAbsent(
                            new TableName(row.getString("nspname"), row.getString("relname")),
                            name -> new ArrayList<>())
                    .add(new TableName(row.getString("decider_schema"), row.getString("decider_name")));
        });
        return new Scope(byName, deciders);
    }

    @Override
    public boolean test(TableName name) {
        return decidersOf(name).stream().allMatch(byName);
    }

    /** Out, though a table above it is in, which reads and writes its rows: a migration cannot carry such a tree. */
    public boolean isTorn(TableName table) {
        return !test(table) && decidersOf(table).stream().anyMatch(this);
    }

    private List<TableName> decidersOf(TableName name) {
        return deciders.getOrDefault(name, List.of(name));
    }
}
