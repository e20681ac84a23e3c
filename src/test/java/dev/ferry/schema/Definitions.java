package dev.ferry.schema;

import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** What the catalogs say of everything in the app's schemas, one line an object, written without the code under test. */
final class Definitions {
    private static final String MEMBERS = """
            SET search_path = '';
            CREATE TEMPORARY VIEW app_schema AS
              SELECT oid, nspname FROM pg_catalog.pg_namespace
              WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'ferry', '_heroku', 'pscale_extensions');
            CREATE TEMPORARY VIEW member AS
              SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e';
            """;

    /** Each names its lines; a view's text is left to the versions that print it alike. */
    private static final List<String> QUERIES = List.of(
            "SELECT 'schema', nspname, obj_description(oid, 'pg_namespace') FROM pg_temp.app_schema",
            """
            SELECT 'extension', e.extname, s.nspname
            FROM pg_extension AS e JOIN pg_namespace AS s ON s.oid = e.extnamespace WHERE e.extname <> 'pg_stat_statements'
            """,
            """
            SELECT 'relation', s.nspname, c.relname, c.relkind, c.relpersistence, c.relreplident, c.relrowsecurity,
                   c.relforcerowsecurity, c.relispartition, c.reloptions, pg_get_expr(c.relpartbound, c.oid),
                   CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, c.reloftype::regtype,
                   obj_description(c.oid, 'pg_class'),
                   (SELECT string_agg(i.inhparent::regclass::text, ',' ORDER BY i.inhseqno) FROM pg_inherits AS i WHERE i.inhrelid = c.oid)
            FROM pg_class AS c JOIN pg_temp.app_schema AS s ON s.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c', 'i', 'I')
              AND NOT EXISTS (SELECT FROM pg_temp.member AS m WHERE m.objid = c.oid AND m.classid = 'pg_class'::regclass)
            """,
            """
            SELECT 'column', s.nspname, c.relname, a.attname, rank() OVER (PARTITION BY c.oid ORDER BY a.attnum),
                   format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                   pg_get_expr(d.adbin, d.adrelid), a.attstorage, nullif(a.attstattarget, -1), a.attislocal, a.attinhcount,
                   co.collname, col_description(c.oid, a.attnum)
            FROM pg_attribute AS a
            JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
            JOIN pg_temp.app_schema AS s ON s.oid = c.relnamespace
            LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            LEFT JOIN pg_collation AS co ON co.oid = a.attcollation
            WHERE a.attnum > 0 AND NOT a.attisdropped
              AND NOT EXISTS (SELECT FROM pg_temp.member AS m WHERE m.objid = c.oid AND m.classid = 'pg_class'::regclass)
            """,
            """
            SELECT 'constraint', s.nspname, k.conrelid::regclass, k.contypid::regtype, k.conname, k.contype, k.convalidated,
                   k.conislocal, k.coninhcount, k.conparentid <> 0, pg_get_constraintdef(k.oid),
                   obj_description(k.oid, 'pg_constraint')
            FROM pg_constraint AS k JOIN pg_temp.app_schema AS s ON s.oid = k.connamespace
            WHERE k.contype IN ('p', 'u', 'x', 'c', 'f')
              -- not the rows that a foreign key to a partitioned table has for each partition: VALIDATE passes them by
              AND NOT EXISTS (SELECT FROM pg_constraint AS whole WHERE whole.oid = k.conparentid AND whole.conrelid = k.conrelid)
            """,
            """
            SELECT 'index', s.nspname, c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered, i.indisreplident,
                   (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = i.indexrelid)
            FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_temp.app_schema AS s ON s.oid = c.relnamespace
            """,
            """
            SELECT 'trigger', tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(t.oid), tgparentid <> 0,
                   obj_description(t.oid, 'pg_trigger')
            FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_temp.app_schema AS s ON s.oid = c.relnamespace
            WHERE NOT t.tgisinternal
            """,
            """
            SELECT 'rule', r.ev_class::regclass, r.rulename, r.ev_enabled, r.ev_type, r.is_instead,
                   obj_description(r.oid, 'pg_rewrite')
            FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class JOIN pg_temp.app_schema AS s ON s.oid = c.relnamespace
            WHERE NOT EXISTS (SELECT FROM pg_temp.member AS m WHERE m.objid = c.oid AND m.classid = 'pg_class'::regclass)
            """,
            """
            SELECT 'function', p.oid::regprocedure,
                   CASE WHEN p.prokind <> 'a' AND p.prosqlbody IS NULL THEN pg_get_functiondef(p.oid) END,
                   obj_description(p.oid, 'pg_proc')
            FROM pg_proc AS p JOIN pg_temp.app_schema AS s ON s.oid = p.pronamespace
            WHERE NOT EXISTS (SELECT FROM pg_temp.member AS m WHERE m.objid = p.oid AND m.classid = 'pg_proc'::regclass)
            """,
            """
            SELECT 'type', t.oid::regtype, t.typtype, t.typnotnull, t.typdefault, t.typbasetype::regtype,
                   (SELECT string_agg(e.enumlabel, '|' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid),
                   obj_description(t.oid, 'pg_type')
            FROM pg_type AS t JOIN pg_temp.app_schema AS s ON s.oid = t.typnamespace
            WHERE t.typcategory <> 'A' -- from version 17 on an extension's array types are its members too
              AND NOT EXISTS (SELECT FROM pg_temp.member AS m WHERE m.objid = t.oid AND m.classid = 'pg_type'::regclass)
            """,
            """
            SELECT 'sequence', q.seqrelid::regclass, q.seqtypid::regtype, q.seqstart, q.seqincrement, q.seqmax, q.seqmin,
                   q.seqcache, q.seqcycle,
                   (SELECT d.refobjid::regclass || '.' || d.refobjsubid || d.deptype::text FROM pg_depend AS d
                    WHERE d.objid = q.seqrelid AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
                      AND d.refobjsubid > 0 AND d.deptype = 'i')
            FROM pg_sequence AS q JOIN pg_class AS c ON c.oid = q.seqrelid JOIN pg_temp.app_schema AS s ON s.oid = c.relnamespace
            """,
            """
            SELECT 'policy', p.polrelid::regclass, p.polname, p.polcmd, p.polpermissive, p.polroles,
                   pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy')
            FROM pg_policy AS p
            """,
            """
            SELECT 'statistics', s.nspname, e.stxname, pg_get_statisticsobjdef(e.oid)
            FROM pg_statistic_ext AS e JOIN pg_temp.app_schema AS s ON s.oid = e.stxnamespace
            """,
            """
            SELECT 'collation', s.nspname, c.collname, c.collprovider, c.collisdeterministic
            FROM pg_collation AS c JOIN pg_temp.app_schema AS s ON s.oid = c.collnamespace
            """,
            """
            SELECT 'operator', o.oid::regoperator, o.oprcode FROM pg_operator AS o JOIN pg_temp.app_schema AS s ON s.oid = o.oprnamespace
            WHERE NOT EXISTS (SELECT FROM pg_temp.member AS m WHERE m.objid = o.oid AND m.classid = 'pg_operator'::regclass)
            """,
            """
            SELECT 'text search', s.nspname, c.cfgname FROM pg_ts_config AS c JOIN pg_temp.app_schema AS s ON s.oid = c.cfgnamespace
            """,
            """
            SELECT 'cast', castsource::regtype, casttarget::regtype, castcontext FROM pg_cast WHERE oid > 16383
              AND NOT EXISTS (SELECT FROM pg_temp.member AS m WHERE m.objid = pg_cast.oid AND m.classid = 'pg_cast'::regclass)
            """,
            """
            SELECT 'foreign', f.ftrelid::regclass, f.ftoptions, v.srvname, (SELECT array_agg(o ORDER BY o) FROM unnest(v.srvoptions) AS o)
            FROM pg_foreign_table AS f JOIN pg_foreign_server AS v ON v.oid = f.ftserver
            """);

    private static final List<String> PRINTED_BY_THE_SAME_VERSION = List.of("""
            SELECT 'view', c.oid::regclass, pg_get_viewdef(c.oid)
            FROM pg_class AS c JOIN pg_temp.app_schema AS s ON s.oid = c.relnamespace WHERE c.relkind IN ('v', 'm')
              AND NOT EXISTS (SELECT FROM pg_temp.member AS m WHERE m.objid = c.oid AND m.classid = 'pg_class'::regclass)
            """, """
            SELECT 'rule text', r.ev_class::regclass, r.rulename, pg_get_ruledef(r.oid)
            FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class JOIN pg_temp.app_schema AS s ON s.oid = c.relnamespace
            WHERE NOT EXISTS (SELECT FROM pg_temp.member AS m WHERE m.objid = c.oid AND m.classid = 'pg_class'::regclass)
            """, """
            SELECT 'sql body', p.oid::regprocedure, pg_get_functiondef(p.oid)
            FROM pg_proc AS p JOIN pg_temp.app_schema AS s ON s.oid = p.pronamespace WHERE p.prosqlbody IS NOT NULL
            """);

    private Definitions() {}

    /** What only one of two databases has, with a sign in front; empty if they agree. */
    static List<String> difference(TestDatabase source, TestDatabase target) {
        boolean withTexts = source.server().majorVersion() == target.server().majorVersion();
        return difference(of(source, withTexts), of(target, withTexts));
    }

    static List<String> difference(List<String> one, List<String> other) {
        List<String> missing = new ArrayList<>(one);
        other.forEach(missing::remove);
        List<String> added = new ArrayList<>(other);
        one.forEach(added::remove);
        List<String> difference = new ArrayList<>();
        missing.forEach(line -> difference.add("- " + line));
        added.forEach(line -> difference.add("+ " + line));
        return difference;
    }

    static List<String> of(TestDatabase database, boolean withTexts) {
        List<String> lines = new ArrayList<>();
        try (Connection connection = database.superuser();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(MEMBERS);
            List<String> queries = new ArrayList<>(QUERIES);
            if (withTexts) {
                queries.addAll(PRINTED_BY_THE_SAME_VERSION);
            }
            for (String query : queries) {
                try (ResultSet rows = statement.executeQuery(query)) {
                    int columns = rows.getMetaData().getColumnCount();
                    while (rows.next()) {
                        StringBuilder line = new StringBuilder();
                        for (int i = 1; i <= columns; i++) {
                            line.append(i > 1 ? " | " : "").append(rows.getString(i));
                        }
                        lines.add(line.toString());
                    }
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        lines.sort(null);
        return lines;
    }
}
