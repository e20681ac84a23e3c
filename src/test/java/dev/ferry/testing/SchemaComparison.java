package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares the definitions of two databases' user objects: each kind of object is a set of lines, and the sets must be
 * equal. Owners and rights are not compared, and nothing of Ferry's is. The text of a view is compared only between
 * servers of one major version: PostgreSQL 16 began to write fewer qualifiers into it.
 */
public final class SchemaComparison {
    /** Name of a relation c in schema n. */
    private static final String RELATION = "pg_catalog.format('%I.%I', n.nspname, c.relname)";

    private static final String FROM_RELATION =
            " pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ";
    private static final String USER_RELATION =
            UserCatalog.USER_SCHEMA + " AND " + UserCatalog.notInExtension("pg_class", "c");

    private static final Map<String, String> QUERIES = queries();

    private SchemaComparison() {}

    /** Fails with the kinds of objects that differ and the lines that only one side has. */
    public static void assertEqual(TestDatabase source, TestDatabase target) {
        SortedMap<String, SortedSet<String>> expected = definitions(source);
        SortedMap<String, SortedSet<String>> actual = definitions(target);
        boolean sameVersion = source.server().majorVersion() == target.server().majorVersion();
        assertThat(expected.keySet()).isEqualTo(actual.keySet());
        org.assertj.core.api.SoftAssertions.assertSoftly(softly -> expected.forEach((kind, lines) -> {
            if (sameVersion || !kind.equals("view texts")) {
                SortedSet<String> found = actual.getOrDefault(kind, new TreeSet<>());
                softly.assertThat(without(lines, found))
                        .as("%s that only the source has", kind)
                        .isEmpty();
                softly.assertThat(without(found, lines))
                        .as("%s that only the target has", kind)
                        .isEmpty();
            }
        }));
    }

    private static SortedSet<String> without(SortedSet<String> lines, SortedSet<String> others) {
        SortedSet<String> rest = new TreeSet<>(lines);
        rest.removeAll(others);
        return rest;
    }

    /** The triggers of user tables with their enabled state, Ferry's own left out. */
    public static SortedSet<String> triggers(TestDatabase database) {
        return definitions(database).getOrDefault("triggers", new TreeSet<>());
    }

    private static SortedMap<String, SortedSet<String>> definitions(TestDatabase database) {
        SortedMap<String, SortedSet<String>> definitions = new TreeMap<>();
        try (Connection connection = UserCatalog.snapshot(database)) {
            for (Map.Entry<String, String> query : QUERIES.entrySet()) {
                definitions.put(query.getKey(), UserCatalog.lines(connection, query.getValue()));
            }
            return definitions;
        } catch (SQLException e) {
            throw new IllegalStateException("definitions of " + database.name(), e);
        }
    }

    private static Map<String, String> queries() {
        Map<String, String> queries = new LinkedHashMap<>();
        queries.put("schemas", """
                SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE %s
                """.formatted(UserCatalog.USER_SCHEMA));
        queries.put("extensions", """
                SELECT e.extname || ' in ' || n.nspname
                  FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                """);
        queries.put(
                "relations",
                "SELECT concat_ws(' ', " + RELATION + ", c.relkind, c.relpersistence, c.relreplident, c.relrowsecurity,"
                        + " c.relforcerowsecurity, c.reloptions::text, pg_catalog.pg_get_expr(c.relpartbound, c.oid),"
                        + " CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END) FROM"
                        + FROM_RELATION + "WHERE " + USER_RELATION);
        queries.put(
                "inheritance",
                "SELECT " + RELATION + " || ' inherits ' || i.inhparent::pg_catalog.regclass FROM" + FROM_RELATION
                        + "JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid WHERE " + USER_RELATION);
        queries.put(
                "columns",
                "SELECT concat_ws(' ', " + RELATION + ", pg_catalog.quote_ident(a.attname),"
                        + " pg_catalog.format_type(a.atttypid, a.atttypmod),"
                        + " CASE WHEN a.attnotnull THEN 'NOT NULL' END,"
                        + " CASE WHEN a.attcollation <> t.typcollation"
                        + " THEN 'COLLATE ' || a.attcollation::pg_catalog.regcollation::text END,"
                        + " 'identity=' || a.attidentity::text, 'generated=' || a.attgenerated::text,"
                        + " 'storage=' || a.attstorage::text,"
                        + " pg_catalog.pg_get_expr(f.adbin, f.adrelid)) FROM" + FROM_RELATION
                        + "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
                        + " AND a.attnum > 0 AND NOT a.attisdropped"
                        + " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
                        + " LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = c.oid AND f.adnum = a.attnum"
                        + " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'c', 'f') AND " + USER_RELATION);
        // PostgreSQL 18 keeps NOT NULL as constraints too; the columns say it on every version. A foreign key's parts
        // for
        // each partition that it leads to have names of the server's, which differ from version to version.
        queries.put("constraints", """
                SELECT concat_ws(' ', coalesce(nullif(k.conrelid, 0)::pg_catalog.regclass::text, k.contypid::pg_catalog.regtype::text),
                                 pg_catalog.quote_ident(k.conname), pg_catalog.pg_get_constraintdef(k.oid),
                                 CASE WHEN k.convalidated THEN 'validated' ELSE 'not valid' END)
                  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
                 WHERE k.contype NOT IN ('n', 't') AND %s
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p
                                    WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)
                """.formatted(UserCatalog.USER_SCHEMA));
        queries.put(
                "indexes",
                "SELECT concat_ws(' ', pg_catalog.pg_get_indexdef(i.indexrelid), 'valid=' || i.indisvalid,"
                        + " 'clustered=' || i.indisclustered, 'replica identity=' || i.indisreplident) FROM"
                        + FROM_RELATION + "JOIN pg_catalog.pg_index i ON i.indrelid = c.oid WHERE " + USER_RELATION);
        queries.put(
                "triggers",
                "SELECT concat_ws(' ', pg_catalog.pg_get_triggerdef(t.oid), 'enabled=' || t.tgenabled::text) FROM"
                        + FROM_RELATION + "JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid"
                        + " JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
                        + " WHERE NOT t.tgisinternal AND p.pronamespace::pg_catalog.regnamespace::text <> 'ferry' AND "
                        + USER_RELATION);
        queries.put(
                "rules",
                "SELECT concat_ws(' ', pg_catalog.pg_get_ruledef(r.oid), 'enabled=' || r.ev_enabled::text) FROM"
                        + FROM_RELATION + "JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid"
                        + " WHERE r.rulename <> '_RETURN' AND " + USER_RELATION);
        queries.put(
                "view texts",
                "SELECT concat_ws(' ', " + RELATION + ", pg_catalog.pg_get_viewdef(c.oid)) FROM" + FROM_RELATION
                        + "WHERE c.relkind IN ('v', 'm') AND " + USER_RELATION);
        queries.put(
                "what views read",
                "SELECT DISTINCT " + RELATION + " || ' reads ' || x.refobjid::pg_catalog.regclass || '.' || a.attname"
                        + " FROM" + FROM_RELATION + "JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid"
                        + " JOIN pg_catalog.pg_depend x ON x.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
                        + " AND x.objid = r.oid AND x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
                        + " JOIN pg_catalog.pg_attribute a ON a.attrelid = x.refobjid AND a.attnum = x.refobjsubid"
                        + " AND a.attnum > 0 WHERE c.relkind IN ('v', 'm') AND " + USER_RELATION);
        queries.put("functions", """
                SELECT concat_ws(' ', p.prokind, pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname,
                                 pg_catalog.pg_get_function_arguments(p.oid)),
                                 pg_catalog.pg_get_function_result(p.oid), p.provolatile, p.prosecdef, p.proisstrict,
                                 p.proparallel, p.proleakproof, p.proconfig::text, l.lanname, p.prosrc)
                  FROM pg_catalog.pg_proc p
                  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
                 WHERE %s AND %s
                """.formatted(UserCatalog.USER_SCHEMA, UserCatalog.notInExtension("pg_proc", "p")));
        queries.put("types", """
                SELECT concat_ws(' ', pg_catalog.format('%%I.%%I', n.nspname, t.typname), t.typtype,
                                 pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
                                 (SELECT pg_catalog.string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
                                    FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid))
                  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
                 WHERE t.typtype IN ('d', 'e', 'r') AND %s AND %s
                """.formatted(UserCatalog.USER_SCHEMA, UserCatalog.notInExtension("pg_type", "t")));
        queries.put("sequences", """
                SELECT concat_ws(' ', pg_catalog.format('%%I.%%I', n.nspname, c.relname),
                                 s.seqtypid::pg_catalog.regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
                                 s.seqcache, s.seqcycle, 'owned by ' || o.refobjid::pg_catalog.regclass || '.' || a.attname)
                  FROM pg_catalog.pg_sequence s
                  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  LEFT JOIN pg_catalog.pg_depend o ON o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                   AND o.objid = c.oid AND o.deptype IN ('a', 'i') AND o.refobjsubid > 0
                  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
                 WHERE %s
                """.formatted(USER_RELATION));
        queries.put(
                "policies",
                "SELECT concat_ws(' ', " + RELATION + ", pg_catalog.quote_ident(p.polname), p.polcmd, p.polpermissive,"
                        + " pg_catalog.pg_get_expr(p.polqual, p.polrelid),"
                        + " pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) FROM"
                        + FROM_RELATION + "JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid WHERE " + USER_RELATION);
        queries.put("extended statistics", """
                SELECT pg_catalog.pg_get_statisticsobjdef(s.oid)
                  FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace WHERE %s
                """.formatted(UserCatalog.USER_SCHEMA));
        queries.put(
                "columns' settings",
                "SELECT concat_ws(' ', " + RELATION + ", pg_catalog.quote_ident(a.attname),"
                        + " 'statistics=' || coalesce(nullif(a.attstattarget, -1), 0), "
                        + " (SELECT array_agg(o ORDER BY o) FROM unnest(a.attoptions) o WHERE o NOT LIKE 'pg\\_attver=%')::text,"
                        + " 'compression=' || a.attcompression::text, a.attfdwoptions::text, a.attislocal, a.attinhcount) FROM"
                        + FROM_RELATION + "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
                        + " AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind IN ('r', 'p', 'm', 'f', 'i', 'I') AND "
                        + USER_RELATION);
        queries.put("statistics' targets", """
                SELECT concat_ws(' ', s.stxname, nullif(s.stxstattarget, -1)) FROM pg_catalog.pg_statistic_ext s
                  JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace WHERE %s
                """.formatted(UserCatalog.USER_SCHEMA));
        queries.put(
                "filled materialized views",
                "SELECT concat_ws(' ', " + RELATION + ", c.relispopulated) FROM" + FROM_RELATION
                        + "WHERE c.relkind = 'm' AND " + USER_RELATION);
        queries.put("collations", """
                SELECT concat_ws(' ', pg_catalog.format('%%I.%%I', n.nspname, x.collname), x.collprovider, x.collisdeterministic,
                                 coalesce(j.row ->> 'colllocale', j.row ->> 'colliculocale', x.collcollate), x.collctype)
                  FROM pg_catalog.pg_collation x JOIN pg_catalog.pg_namespace n ON n.oid = x.collnamespace
                 CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(x) AS row) j WHERE %s
                """.formatted(UserCatalog.USER_SCHEMA));
        queries.put(
                "operators", """
                SELECT concat_ws(' ', x.oid::pg_catalog.regoperator, x.oprresult::pg_catalog.regtype, x.oprcode,
                                 x.oprcom::pg_catalog.regoperator, x.oprnegate::pg_catalog.regoperator)
                  FROM pg_catalog.pg_operator x JOIN pg_catalog.pg_namespace n ON n.oid = x.oprnamespace WHERE %s AND %s
                """.formatted(UserCatalog.USER_SCHEMA, UserCatalog.notInExtension("pg_operator", "x")));
        queries.put("aggregates", """
                SELECT concat_ws(' ', p.oid::pg_catalog.regprocedure, x.aggkind, x.aggtransfn, x.aggfinalfn, x.agginitval)
                  FROM pg_catalog.pg_aggregate x JOIN pg_catalog.pg_proc p ON p.oid = x.aggfnoid
                  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE %s AND %s
                """.formatted(UserCatalog.USER_SCHEMA, UserCatalog.notInExtension("pg_proc", "p")));
        queries.put("casts", """
                SELECT concat_ws(' ', x.castsource::pg_catalog.regtype, x.casttarget::pg_catalog.regtype, x.castcontext,
                                 x.castmethod, x.castfunc::pg_catalog.regprocedure)
                  FROM pg_catalog.pg_cast x WHERE x.oid >= 16384 AND %s
                """.formatted(UserCatalog.notInExtension("pg_cast", "x")));
        queries.put("text search configurations", """
                SELECT concat_ws(' ', pg_catalog.format('%%I.%%I', n.nspname, x.cfgname), m.maptokentype, m.mapseqno,
                                 m.mapdict::pg_catalog.regdictionary)
                  FROM pg_catalog.pg_ts_config x JOIN pg_catalog.pg_namespace n ON n.oid = x.cfgnamespace
                  LEFT JOIN pg_catalog.pg_ts_config_map m ON m.mapcfg = x.oid WHERE %s
                """.formatted(UserCatalog.USER_SCHEMA));
        queries.put("foreign servers", """
                SELECT concat_ws(' ', x.srvname, w.fdwname, (SELECT pg_catalog.array_agg(o ORDER BY o) FROM unnest(x.srvoptions) o)::text)
                  FROM pg_catalog.pg_foreign_server x JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = x.srvfdw
                """);
        queries.put(
                "foreign tables",
                "SELECT concat_ws(' ', " + RELATION
                        + ", s.srvname, (SELECT pg_catalog.array_agg(o ORDER BY o) FROM unnest(f.ftoptions) o)::text) FROM"
                        + FROM_RELATION
                        + "JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid"
                        + " JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver WHERE " + USER_RELATION);
        queries.put("comments on all kinds of objects", """
                SELECT concat_ws(' ', o.type, o.identity, x.description)
                  FROM pg_catalog.pg_description x
                 CROSS JOIN LATERAL pg_catalog.pg_identify_object(x.classoid, x.objoid, x.objsubid) o
                 WHERE x.objoid >= 16384 AND o.type <> 'extension' AND coalesce(o.schema, '') NOT IN ('ferry', 'pscale_extensions')
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                                    WHERE d.classid = x.classoid AND d.objid = x.objoid AND d.deptype = 'e')
                """);
        queries.put(
                "comments",
                "SELECT concat_ws(' ', " + RELATION + ", x.objsubid, x.description) FROM" + FROM_RELATION
                        + "JOIN pg_catalog.pg_description x ON x.objoid = c.oid"
                        + " AND x.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass WHERE " + USER_RELATION);
        return queries;
    }
}
