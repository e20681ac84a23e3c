package dev.ferry.preflight;

import dev.ferry.database.Catalog;
import dev.ferry.database.Scope;
import dev.ferry.database.TableName;
import dev.ferry.database.UserObjects;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * A table of the app, with all that checks ask about tables: one query for all of them, however many there are.
 *
 * @param kind as in {@code pg_class.relkind}: r, p or f
 * @param owned we may do what only its owner may
 * @param mayHaveTriggers we may create triggers on it, which an owner can take from himself
 * @param generatedColumns columns that the target computes itself
 * @param torn left out although a table above it is included
 */
record SourceTable(
        long oid,
        TableName name,
        String kind,
        boolean unlogged,
        String owner,
        boolean owned,
        boolean readable,
        boolean mayHaveTriggers,
        boolean rowSecurityForced,
        Key key,
        List<String> generatedColumns,
        boolean included,
        boolean torn) {

    /** By what a changed row can be found again; capture's own choice ({@link Catalog#chosenKeys}). */
    enum Key {
        /** The primary key, or a unique index that serves as well. */
        EVERY_ROW,
        /** A unique index with nullable columns: rows in which one is NULL have no key. */
        ROWS_WITHOUT_NULL,
        NONE
    }

    private static final String ALL = """
            WITH generated AS (
                SELECT a.attrelid, array_agg(a.attname::text ORDER BY a.attnum) AS columns
                  FROM pg_attribute a
                 WHERE a.attgenerated <> '' AND NOT a.attisdropped
                 GROUP BY a.attrelid)
            SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, c.relpersistence = 'u' AS unlogged,
                   pg_get_userbyid(c.relowner) AS owner,
                   pg_has_role(c.relowner, 'USAGE') AS owned,
                   has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') AS readable,
                   has_table_privilege(c.oid, 'TRIGGER') AS may_have_triggers,
                   c.relrowsecurity AND c.relforcerowsecurity AS forced,
                   generated.columns AS generated
              FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN generated ON generated.attrelid = c.oid
             WHERE c.relkind IN ('r', 'p', 'f')
               AND %s
             ORDER BY n.nspname, c.relname
            """.formatted(UserObjects.relations());

    static List<SourceTable> all(OpenEnd source, Scope scope) {
        Map<Long, dev.ferry.database.Key> keys = Catalog.chosenKeys(source.session());
        return source.session()
                .jdbc()
                .sql(ALL)
                .query((row, number) -> read(row, keys, scope))
                .list();
    }

    private static SourceTable read(ResultSet row, Map<Long, dev.ferry.database.Key> keys, Scope scope)
            throws SQLException {
        TableName name = new TableName(row.getString("nspname"), row.getString("relname"));
        dev.ferry.database.Key chosen = keys.get(row.getLong("oid"));
        Key key = chosen == null ? Key.NONE : chosen.nullable() ? Key.ROWS_WITHOUT_NULL : Key.EVERY_ROW;
        Array generated = row.getArray("generated");
        return new SourceTable(
                row.getLong("oid"),
                name,
                row.getString("relkind"),
                row.getBoolean("unlogged"),
                row.getString("owner"),
                row.getBoolean("owned"),
                row.getBoolean("readable"),
                row.getBoolean("may_have_triggers"),
                row.getBoolean("forced"),
                key,
                generated == null ? List.of() : List.of((String[]) generated.getArray()),
                scope.test(name),
                scope.isTorn(name));
    }

    boolean holdsRows() {
        return kind.equals("r");
    }

    boolean isForeign() {
        return kind.equals("f");
    }

    /** In schema {@code public} unqualified, as existing runbooks expect it. */
    String shortName() {
        return name.schema().equals("public") ? name.name() : name.toString();
    }

    @Override
    public String toString() {
        return name.toString();
    }
}
