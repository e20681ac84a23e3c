package dev.ferry.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads what tables look like now. Every statement qualifies what it prints by an empty search_path of its own, so the
 * result is the same at either end.
 */
public final class Catalog {
    /**
     * What belongs to the app: not the system's, not Ferry's, not Heroku's, not an extension's. For a statement that calls
     * pg_class c and pg_namespace n.
     */
    public static final String USER_RELATIONS = """
            c.relpersistence <> 't'
              AND n.nspname NOT IN ('information_schema', 'ferry', '_heroku', 'pscale_extensions')
              AND n.nspname NOT LIKE 'pg\\_%'
              AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid AND e.deptype = 'e')
            """;

    /** Of these, tables with rows of their own. */
    public static final String USER_TABLES = "c.relkind = 'r' AND " + USER_RELATIONS;

    /** Names of the capture triggers, which the fingerprint watches. */
    public static final String CAPTURE_TRIGGERS = "('ferry_capture', 'ferry_truncate')";

    private Catalog() {}

    /** All user tables that are in the {@link Scope} of the filter, in the order of their names. */
    public static List<Table> tables(Session session, Predicate<TableName> included) {
        return tables(session, included, Map.of());
    }

    /**
     * The same, with keys that were chosen before: by the columns given, in their order, or none where the list is empty or
     * no such unique index is left. Both ends, and each restart, must tell rows apart by the same columns.
     */
    public static List<Table> tables(
            Session session, Predicate<TableName> included, Map<TableName, List<String>> chosenKeys) {
        return withEmptyPath(session, () -> {
            Map<Long, List<Column>> columns = columns(session);
            Map<Long, List<Key>> keys = keys(session);
            List<Table> tables = session.jdbc()
                    .sql("""
                            SELECT c.oid, n.nspname, c.relname, pg_relation_filenode(c.oid) AS filenode, c.reltuples,
                                   c.relispartition OR EXISTS (
                                     SELECT FROM pg_inherits h WHERE c.oid IN (h.inhrelid, h.inhparent)) AS member,
                                   pg_relation_size(c.oid) / current_setting('block_size')::int AS blocks,
                                   pg_relation_size(c.oid)
                                     + coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0) AS bytes,
                                   rn.nspname AS root_schema, r.relname AS root_name
                            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                            LEFT JOIN pg_class r ON c.relispartition AND r.oid = pg_partition_root(c.oid)
                              AND EXISTS (
                                SELECT FROM pg_partition_ancestors(c.oid) a
                                JOIN pg_partitioned_table p ON p.partrelid = a.relid AND p.partstrat = 'h'
                                JOIN pg_attribute k ON k.attrelid = p.partrelid
                                  AND (k.attnum = ANY (p.partattrs::int2[]) OR 0 = ANY (p.partattrs::int2[]))
                                JOIN pg_type t ON t.oid = k.atttypid
                                LEFT JOIN pg_type d ON d.oid = t.typbasetype
                                WHERE 'e' IN (t.typtype, d.typtype))
                            LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
                            WHERE %s
                            ORDER BY n.nspname, c.relname
                            """.formatted(USER_TABLES))
                    .query((row, number) -> {
                        TableName name = new TableName(row.getString("nspname"), row.getString("relname"));
                        String root = row.getString("root_name");
                        TableName through = root == null ? null : new TableName(row.getString("root_schema"), root);
                        List<Key> candidates =
                                through != null ? List.of() : keys.getOrDefault(row.getLong("oid"), List.of());
                        return new Table(
                                row.getLong("oid"),
                                name,
                                columns.getOrDefault(row.getLong("oid"), List.of()),
                                chosen(candidates, chosenKeys.get(name)),
                                row.getBoolean("member"),
                                row.getLong("filenode"),
                                row.getLong("blocks"),
                                row.getLong("bytes"),
                                row.getDouble("reltuples"),
                                through);
                    })
                    .list();
            Scope scope = Scope.of(session.jdbc(), included);
            return tables.stream().filter(table -> scope.test(table.name())).toList();
        });
    }

    /** The key that capture will tell each table's rows apart by, of those that have one; asks the catalogs alone. */
    public static Map<Long, Key> chosenKeys(Session session) {
        return withEmptyPath(session, () -> {
            Map<Long, Key> chosen = new HashMap<>();
            keys(session).forEach((oid, candidates) -> chosen.put(oid, candidates.get(0)));
            return chosen;
        });
    }

    private static @Nullable Key chosen(List<Key> candidates, @Nullable List<String> columns) {
        for (Key candidate : candidates) {
            Key key = columns == null ? candidate : candidate.inOrderOf(columns);
            if (key != null) {
                return key;
            }
        }
        return null;
    }

    private static <T> T withEmptyPath(Session session, java.util.function.Supplier<T> work) {
        String path = session.list(String.class, "SELECT current_setting('search_path')")
                .get(0);
        session.jdbc()
                .sql("SELECT set_config('search_path', '', false)")
                .query(String.class)
                .single();
        try {
            return work.get();
        } finally {
            session.jdbc()
                    .sql("SELECT set_config('search_path', ?, false)")
                    .param(path)
                    .query(String.class)
                    .single();
        }
    }

    private static Map<Long, List<Column>> columns(Session session) {
        Map<Long, List<Column>> columns = new HashMap<>();
        session.jdbc().sql("""
                        WITH RECURSIVE base (oid, type) AS (
                          SELECT oid, oid FROM pg_type WHERE typtype <> 'd'
                          UNION ALL
                          SELECT d.oid, base.type FROM pg_type d JOIN base ON base.oid = d.typbasetype
                          WHERE d.typtype = 'd')
                        SELECT a.attrelid, a.attname, format_type(base.type, -1) AS type, a.attgenerated <> '' AS generated
                        FROM pg_attribute a
                        JOIN pg_class c ON c.oid = a.attrelid
                        JOIN pg_namespace n ON n.oid = c.relnamespace
                        JOIN base ON base.oid = a.atttypid
                        WHERE a.attnum > 0 AND NOT a.attisdropped AND %s
                        ORDER BY a.attrelid, a.attnum
                        """.formatted(USER_TABLES)).query(row -> {
            columns.computeIfAbsent(row.getLong("attrelid"), oid -> new ArrayList<>())
                    .add(new Column(row.getString("attname"), row.getString("type"), row.getBoolean("generated")));
        });
        return columns;
    }

    /**
     * The keys of each table, best first: the primary key; else a unique index that is immediate, whole, on plain columns with the
     * type's default operator class (DISTINCT compares by that one), NOT NULL columns before nullable, few before many.
     */
    private static Map<Long, List<Key>> keys(Session session) {
        Map<Long, Map<Integer, List<KeyRow>>> rows = new HashMap<>();
        session.jdbc().sql("""
                        WITH RECURSIVE base (oid, type) AS (
                          SELECT oid, oid FROM pg_type WHERE typtype <> 'd'
                          UNION ALL
                          SELECT d.oid, base.type FROM pg_type d JOIN base ON base.oid = d.typbasetype
                          WHERE d.typtype = 'd'),
                        candidate AS (
                          SELECT i.*, row_number() OVER (PARTITION BY i.indrelid ORDER BY i.indisprimary DESC,
                            (SELECT bool_and(a.attnotnull) FROM pg_attribute a
                             WHERE a.attrelid = i.indrelid
                               AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) DESC,
                            i.indnkeyatts, i.indexrelid) AS rank
                          FROM pg_index i
                          JOIN pg_class c ON c.oid = i.indrelid
                          JOIN pg_namespace n ON n.oid = c.relnamespace
                          WHERE %s AND i.indisunique AND i.indisvalid AND i.indislive
                            AND (i.indimmediate OR i.indisprimary)
                            AND i.indpred IS NULL AND i.indexprs IS NULL
                            AND NOT EXISTS (
                              SELECT FROM unnest(i.indclass) WITH ORDINALITY o (opclass, position)
                              JOIN pg_opclass p ON p.oid = o.opclass
                              WHERE o.position <= i.indnkeyatts AND NOT p.opcdefault))
                        SELECT i.indrelid, i.rank, k.position, a.attname, a.attnotnull,
                               format_type(base.type, -1) AS type,
                               CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace
                                    THEN format_type(base.type, -1) ELSE 'text' END AS log_type,
                               CASE WHEN l.oid IS NOT NULL AND l.collname <> 'default'
                                    THEN 'COLLATE ' || quote_ident(ln.nspname) || '.' || quote_ident(l.collname)
                                    ELSE '' END AS collate_clause,
                               'OPERATOR(' || quote_ident(rn.nspname) || '.' || r.oprname || ')' AS operator
                        FROM candidate i
                        CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indclass::oid[], i.indcollation::oid[])
                          WITH ORDINALITY k (attnum, opclass, collation_oid, position)
                        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                        JOIN base ON base.oid = a.atttypid
                        JOIN pg_type t ON t.oid = base.type
                        JOIN pg_opclass p ON p.oid = k.opclass
                        JOIN pg_amop o ON o.amopfamily = p.opcfamily AND o.amoplefttype = p.opcintype
                          AND o.amoprighttype = p.opcintype AND o.amopstrategy = 3
                        JOIN pg_operator r ON r.oid = o.amopopr
                        JOIN pg_namespace rn ON rn.oid = r.oprnamespace
                        LEFT JOIN pg_collation l ON l.oid = k.collation_oid
                        LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
                        WHERE k.position <= i.indnkeyatts
                        ORDER BY i.indrelid, i.rank, k.position
                        """.formatted(USER_TABLES)).query((ResultSet row) -> {
            rows.computeIfAbsent(row.getLong("indrelid"), oid -> new TreeMap<>())
                    .computeIfAbsent(row.getInt("rank"), rank -> new ArrayList<>())
                    .add(KeyRow.of(row));
        });
        Map<Long, List<Key>> keys = new HashMap<>();
        rows.forEach((oid, candidates) -> keys.put(
                oid,
                candidates.values().stream()
                        .map(columns -> new Key(
                                columns.stream().map(KeyRow::column).toList(),
                                columns.stream().anyMatch(KeyRow::nullable)))
                        .toList()));
        return keys;
    }

    private record KeyRow(Key.KeyColumn column, boolean nullable) {
        static KeyRow of(ResultSet row) throws SQLException {
            return new KeyRow(
                    new Key.KeyColumn(
                            row.getString("attname"),
                            row.getString("log_type"),
                            row.getString("type"),
                            row.getString("collate_clause"),
                            row.getString("operator")),
                    !row.getBoolean("attnotnull"));
        }
    }

    /**
     * What a captured table was and is (RULES A3).
     *
     * @param name null once the table is gone
     * @param definition names, columns, primary key, types in use
     * @param stamps xmin of the columns' catalog rows: ALTER TYPE ... USING leaves all else the same
     * @param triggers our triggers with their state and xmin; differs even after DISABLE and ENABLE in one transaction
     */
    public record Fingerprint(
            long oid, @Nullable TableName name, long filenode, String definition, String stamps, String triggers) {}

    /** Fingerprints of the tables that still exist, as the newest snapshot sees them: for a session outside a transaction. */
    public static Map<Long, Fingerprint> fingerprints(Session session, Collection<Long> oids) {
        Map<Long, Fingerprint> fingerprints = new HashMap<>();
        session.jdbc()
                .sql("""
                        SELECT c.oid, n.nspname, c.relname, pg_relation_filenode(c.oid) AS filenode,
                          md5(concat_ws('|', n.nspname, c.relname, c.relkind, c.relpersistence, c.relispartition,
                            (SELECT string_agg(concat_ws(',', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull,
                                      a.attgenerated, a.attisdropped), ';' ORDER BY a.attnum)
                             FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
                            (SELECT string_agg(i.indkey::text, ';')
                             FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
                            (SELECT string_agg(concat_ws(',', l.enumtypid, l.enumlabel, l.enumsortorder), ';'
                                      ORDER BY l.enumtypid, l.enumsortorder)
                             FROM pg_enum l WHERE l.enumtypid IN (
                               SELECT unnest(ARRAY[t.oid, t.typelem, t.typbasetype]) FROM pg_type t
                               JOIN pg_attribute a ON a.atttypid = t.oid
                               WHERE a.attrelid = c.oid AND a.attnum > 0)),
                            (SELECT string_agg(concat_ws(',', t.oid, t.typname, t.typbasetype, t.typtypmod, t.xmin), ';'
                                      ORDER BY t.oid)
                             FROM pg_type t JOIN pg_attribute a ON a.atttypid = t.oid
                             WHERE a.attrelid = c.oid AND a.attnum > 0 AND t.typtype = 'd'),
                            (SELECT string_agg(concat_ws(',', m.attrelid, m.attnum, m.attname, m.atttypid, m.attisdropped),
                                      ';' ORDER BY m.attrelid, m.attnum)
                             FROM pg_type t JOIN pg_attribute a ON a.atttypid = t.oid
                             JOIN pg_attribute m ON m.attrelid = t.typrelid
                             WHERE a.attrelid = c.oid AND a.attnum > 0 AND t.typtype = 'c')
                          )) AS definition,
                          coalesce((SELECT md5(string_agg(concat_ws(',', a.attnum, a.xmin), ';' ORDER BY a.attnum))
                             FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0), '') AS stamps,
                          coalesce((SELECT string_agg(concat_ws(',', g.tgname, g.tgenabled, g.xmin), ';' ORDER BY g.tgname)
                             FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname IN %s), '') AS triggers
                        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.oid = ANY (?::oid[])
                        """.formatted(CAPTURE_TRIGGERS))
                .param(arrayLiteral(oids))
                .query(row -> {
                    fingerprints.put(
                            row.getLong("oid"),
                            new Fingerprint(
                                    row.getLong("oid"),
                                    new TableName(row.getString("nspname"), row.getString("relname")),
                                    row.getLong("filenode"),
                                    row.getString("definition"),
                                    row.getString("stamps"),
                                    row.getString("triggers")));
                });
        return fingerprints;
    }

    /** For a parameter that is cast to {@code oid[]}. */
    public static String arrayLiteral(Collection<Long> oids) {
        StringBuilder literal = new StringBuilder("{");
        for (Long oid : oids) {
            literal.append(literal.length() == 1 ? "" : ",").append(oid);
        }
        return literal.append('}').toString();
    }
}
