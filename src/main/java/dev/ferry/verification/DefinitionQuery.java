package dev.ferry.verification;

import dev.ferry.database.UserObjects;
import java.util.List;

/**
 * Reads all objects of one kind from a catalog in one statement, under an empty search_path. Eight columns say what it is
 * (see {@link Definition}), the others, each with its name for people, what it is like. Texts that the server prints from a
 * parse tree with several tables in it ({@link PrintedText}) are not among them.
 *
 * @param kind for people
 */
record DefinitionQuery(String kind, String sql) {
    private static final String USER = "(" + UserObjects.IN_USER_SCHEMA + " AND n.nspname <> 'pscale_extensions')";

    private static String inUserSchema(String catalog, String oid) {
        return "(" + USER + " AND " + UserObjects.notOfAnExtension(catalog, oid) + ")";
    }

    private static final String USER_RELATION =
            "(c.relpersistence <> 't' AND " + inUserSchema("pg_class", "c.oid") + ")";

    private static final String STATE =
            "CASE %s WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled as REPLICA'"
                    + " WHEN 'A' THEN 'enabled as ALWAYS' END AS \"state\"";

    /** Of a part of a relation c: what it goes with, and whose scope it has. Views have none of their own. */
    private static final String OF_RELATION = """
            CASE WHEN c.relkind IN ('r', 'p', 'f') THEN n.nspname END AS table_schema,
            CASE WHEN c.relkind IN ('r', 'p', 'f') THEN c.relname END AS table_name""";

    private static final String PART_OF_RELATION = """
            CASE c.relkind WHEN 'v' THEN 'view:' WHEN 'm' THEN 'materialized view:' WHEN 'c' THEN 'type:'
              ELSE 'table:' END || format('%I.%I', n.nspname, c.relname)""";

    private static final String IN_SCHEMA =
            "NULL AS table_schema, NULL AS table_name, NULL AS part_of, false AS disabled";

    private static String named(String name) {
        return """
                format('%%I.%%I', n.nspname, %1$s) AS id, n.nspname || '.' || %1$s AS name, n.nspname AS schema_name,
                %1$s AS tag""".formatted(name);
    }

    private static String onRelation(String name) {
        return """
                format('%%I on %%I.%%I', %1$s, n.nspname, c.relname) AS id,
                %1$s || ' on ' || n.nspname || '.' || c.relname AS name, n.nspname AS schema_name,
                c.relname || ' ' || %1$s AS tag""".formatted(name);
    }

    private static String comment(String catalog, String oid, String column) {
        return """
                LEFT JOIN pg_description d ON d.classoid = '%s'::regclass AND d.objoid = %s AND d.objsubid = %s
                """.formatted(catalog, oid, column);
    }

    /** But for a stamp of its own that a server may keep among a column's options (seen on 17.12). */
    private static String sorted(String array) {
        return "(SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(" + array + ") o WHERE o NOT LIKE 'pg\\_attver=%')";
    }

    /** Wholes before their parts: what is part of a missing object is not told again. */
    static final List<DefinitionQuery> ALL = List.of(
            schemas(),
            extensions(),
            collations(),
            types(),
            functions(),
            foreignServers(),
            tables(),
            views("view", 'v'),
            views("materialized view", 'm'),
            columns(),
            sequences(),
            constraints(),
            indexes(),
            triggers(),
            rules(),
            policies(),
            statistics(),
            operators(),
            operatorClasses(),
            casts(),
            textSearchConfigurations(),
            textSearchDictionaries());

    /** Every database has schema public, and the restore leaves it as it is. */
    private static DefinitionQuery schemas() {
        return new DefinitionQuery(
                "schema",
                """
                SELECT quote_ident(n.nspname) AS id, n.nspname AS name, '' AS schema_name, n.nspname AS tag, %s,
                       CASE WHEN n.nspname <> 'public' THEN d.description END AS "comment"
                FROM pg_namespace n
                """.formatted(IN_SCHEMA) + comment("pg_namespace", "n.oid", "0") + "WHERE "
                        + inUserSchema("pg_namespace", "n.oid"));
    }

    private static DefinitionQuery extensions() {
        return new DefinitionQuery("extension", """
                SELECT quote_ident(e.extname) AS id, e.extname AS name, '' AS schema_name, e.extname AS tag, %s,
                       n.nspname AS "schema"
                FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                """.formatted(IN_SCHEMA));
    }

    /** The columns for the locale have other names in each version. */
    private static DefinitionQuery collations() {
        return new DefinitionQuery(
                "collation",
                """
                SELECT %s, %s, CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin'
                         ELSE c.collprovider::text END AS "provider",
                       CASE WHEN c.collisdeterministic THEN 'yes' ELSE 'no' END AS "deterministic",
                       coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale',
                         concat_ws(', ', c.collcollate, c.collctype)) AS "locale",
                       to_jsonb(c) ->> 'collicurules' AS "rules",
                       d.description AS "comment"
                FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
                """.formatted(named("c.collname"), IN_SCHEMA) + comment("pg_collation", "c.oid", "0") + "WHERE "
                        + inUserSchema("pg_collation", "c.oid"));
    }

    /** Enums, domains, ranges, composite types that are no table's, and base types; the arrays of each follow it. */
    private static DefinitionQuery types() {
        return new DefinitionQuery(
                "type",
                """
                SELECT %s, %s,
                       CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite'
                         WHEN 'r' THEN 'range' ELSE 'base' END AS "kind",
                       (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                        FROM pg_enum e WHERE e.enumtypid = t.oid) AS "list of labels",
                       CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS "base type",
                       CASE WHEN t.typtype = 'd' THEN CASE WHEN t.typnotnull THEN 'yes' ELSE 'no' END END AS "NOT NULL",
                       CASE WHEN t.typtype = 'd' THEN pg_get_expr(t.typdefaultbin, 0) ELSE t.typdefault END AS "default",
                       (SELECT x.oid::regcollation::text FROM pg_collation x JOIN pg_type b ON b.oid = t.typbasetype
                        WHERE x.oid = t.typcollation AND t.typcollation <> b.typcollation) AS "collation",
                       (SELECT concat_ws(', ', format_type(r.rngsubtype, -1), o.opcname, r.rngcollation::regcollation,
                          r.rngcanonical::regproc, r.rngsubdiff::regproc, format_type(r.rngmultitypid, -1))
                        FROM pg_range r JOIN pg_opclass o ON o.oid = r.rngsubopc
                        WHERE r.rngtypid = t.oid) AS "range's definition",
                       CASE WHEN t.typtype = 'b' THEN concat_ws(', ', t.typinput, t.typoutput, t.typlen, t.typalign) END
                         AS "definition",
                       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS "column order",
                       d.description AS "comment"
                FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
                LEFT JOIN pg_class c ON c.oid = t.typrelid
                """.formatted(named("t.typname"), IN_SCHEMA) + comment("pg_type", "t.oid", "0") + """
                WHERE t.typisdefined AND t.typtype IN ('e', 'd', 'c', 'r', 'b') AND (c.oid IS NULL OR c.relkind = 'c')
                  AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
                  AND\s"""
                        + inUserSchema("pg_type", "t.oid"));
    }

    private static DefinitionQuery functions() {
        return new DefinitionQuery(
                "function",
                """
                SELECT format('%%I.%%I(%%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS id,
                       n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS name,
                       n.nspname AS schema_name, p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS tag, %s,
                       CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function'
                         ELSE 'function' END AS "kind",
                       pg_get_function_arguments(p.oid) AS "argument list",
                       pg_get_function_result(p.oid) AS "result",
                       l.lanname AS "language",
                       CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS "volatility",
                       CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END AS "parallel safety",
                       CASE WHEN p.prosecdef THEN 'the definer' ELSE 'the invoker' END AS "executing role",
                       CASE WHEN p.proisstrict THEN 'yes' ELSE 'no' END AS "strictness",
                       CASE WHEN p.proleakproof THEN 'yes' ELSE 'no' END AS "leakproofness",
                       p.procost::text AS "cost", p.prorows::text AS "number of rows",
                       %s AS "list of settings",
                       CASE WHEN p.prosupport <> 0 THEN p.prosupport::text END AS "support function",
                       p.protrftypes::regtype[]::text AS "list of transforms",
                       concat_ws(chr(10), p.probin, p.prosrc) AS "body",
                       (SELECT concat_ws(', ', a.aggkind, a.aggnumdirectargs, a.aggtransfn::regprocedure,
                          a.aggfinalfn::regprocedure, a.aggcombinefn::regprocedure, a.aggserialfn::regprocedure,
                          a.aggdeserialfn::regprocedure, a.aggmtransfn::regprocedure, a.aggminvtransfn::regprocedure,
                          a.aggmfinalfn::regprocedure, a.aggfinalextra, a.aggmfinalextra, a.aggfinalmodify,
                          a.aggmfinalmodify, a.aggsortop::regoperator, format_type(a.aggtranstype, -1), a.aggtransspace,
                          format_type(nullif(a.aggmtranstype, 0), -1), a.agginitval, a.aggminitval)
                        FROM pg_aggregate a WHERE a.aggfnoid = p.oid) AS "aggregate's definition",
                       d.description AS "comment"
                FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
                """.formatted(IN_SCHEMA, sorted("p.proconfig")) + comment("pg_proc", "p.oid", "0") + """
                WHERE NOT EXISTS (
                        SELECT FROM pg_depend i
                        WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')
                  AND\s"""
                        + inUserSchema("pg_proc", "p.oid"));
    }

    private static DefinitionQuery foreignServers() {
        return new DefinitionQuery(
                "foreign server",
                """
                SELECT quote_ident(s.srvname) AS id, s.srvname AS name, '' AS schema_name, s.srvname AS tag, %s,
                       w.fdwname AS "wrapper", s.srvtype AS "type", s.srvversion AS "version",
                       %s AS "options", d.description AS "comment"
                FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
                """.formatted(IN_SCHEMA, sorted("s.srvoptions"))
                        + comment("pg_foreign_server", "s.oid", "0") + "WHERE "
                        + UserObjects.notOfAnExtension("pg_foreign_server", "s.oid"));
    }

    private static DefinitionQuery tables() {
        return new DefinitionQuery(
                "table",
                """
                SELECT %s, n.nspname AS table_schema, c.relname AS table_name, NULL AS part_of, false AS disabled,
                       CASE c.relkind WHEN 'p' THEN 'partitioned' WHEN 'f' THEN 'foreign' ELSE 'ordinary' END AS "kind",
                       CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'permanent' END AS "persistence",
                       CASE c.relreplident WHEN 'd' THEN 'default' WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full'
                         ELSE 'an index' END AS "replica identity",
                       CASE WHEN c.relrowsecurity THEN 'enabled' ELSE 'disabled' END AS "row level security",
                       CASE WHEN c.relforcerowsecurity THEN 'forced' ELSE 'not forced' END
                         AS "row level security for its owner",
                       %s AS "list of storage parameters",
                       %s AS "list of storage parameters for TOAST",
                       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS "partition key",
                       pg_get_expr(c.relpartbound, c.oid) AS "partition bound",
                       (SELECT string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno)
                        FROM pg_inherits h WHERE h.inhrelid = c.oid) AS "parent table",
                       CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, -1) END AS "underlying type",
                       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS "column order",
                       s.srvname AS "foreign server", %s AS "options",
                       d.description AS "comment"
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
                LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid
                LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver
                """.formatted(
                                        named("c.relname"),
                                        sorted("c.reloptions"),
                                        sorted("toast.reloptions"),
                                        sorted("f.ftoptions"))
                        + comment("pg_class", "c.oid", "0") + "WHERE c.relkind IN ('r', 'p', 'f') AND "
                        + USER_RELATION);
    }

    private static DefinitionQuery views(String kind, char relkind) {
        return new DefinitionQuery(
                kind,
                """
                SELECT %s, %s, %s AS "list of options",
                       CASE WHEN c.relkind = 'm' THEN CASE WHEN c.relispopulated THEN 'filled' ELSE 'not filled' END END
                         AS "content",
                       d.description AS "comment"
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                """.formatted(named("c.relname"), IN_SCHEMA, sorted("c.reloptions"))
                        + comment("pg_class", "c.oid", "0") + "WHERE c.relkind = '" + relkind + "' AND "
                        + USER_RELATION);
    }

    private static DefinitionQuery columns() {
        return new DefinitionQuery(
                "column",
                """
                SELECT format('%%I.%%I.%%I', n.nspname, c.relname, a.attname) AS id,
                       n.nspname || '.' || c.relname || '.' || a.attname AS name, n.nspname AS schema_name,
                       c.relname || ' ' || a.attname AS tag,
                       %s, %s AS part_of, false AS disabled,
                       format_type(a.atttypid, a.atttypmod) AS "type",
                       CASE WHEN NOT a.attnotnull THEN 'no'
                         WHEN EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n'
                                        AND NOT k.convalidated AND a.attnum = ANY (k.conkey)) THEN 'NOT VALID'
                         ELSE 'yes' END AS "NOT NULL",
                       pg_get_expr(f.adbin, f.adrelid) AS "default",
                       CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END AS "identity",
                       CASE a.attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END AS "generation",
                       CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS "collation",
                       CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
                         WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END AS "storage",
                       nullif(a.attcompression::text, '') AS "compression",
                       nullif(a.attstattarget, -1)::text AS "statistics target",
                       %s AS "list of parameters", %s AS "options",
                       d.description AS "comment"
                FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_type t ON t.oid = a.atttypid
                LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
                """.formatted(OF_RELATION, PART_OF_RELATION, sorted("a.attoptions"), sorted("a.attfdwoptions"))
                        + comment("pg_class", "c.oid", "a.attnum")
                        + "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND "
                        + USER_RELATION);
    }

    private static DefinitionQuery sequences() {
        return new DefinitionQuery(
                "sequence",
                """
                SELECT %s, n.nspname AS table_schema, c.relname AS table_name,
                       CASE WHEN t.oid IS NOT NULL THEN 'table:' || format('%%I.%%I', tn.nspname, t.relname) END AS part_of,
                       false AS disabled,
                       format_type(s.seqtypid, -1) AS "type", s.seqstart::text AS "start", s.seqincrement::text AS "increment",
                       s.seqmin::text AS "minimum", s.seqmax::text AS "maximum", s.seqcache::text AS "cache",
                       CASE WHEN s.seqcycle THEN 'yes' ELSE 'no' END AS "cycling",
                       CASE o.deptype WHEN 'i' THEN 'identity of ' WHEN 'a' THEN 'owned by ' END
                         || concat_ws('.', tn.nspname, t.relname, a.attname) AS "owning column",
                       d.description AS "comment"
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
                LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid
                  AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
                LEFT JOIN pg_class t ON t.oid = o.refobjid
                LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
                LEFT JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
                """.formatted(named("c.relname")) + comment("pg_class", "c.oid", "0")
                        + "WHERE c.relkind = 'S' AND " + USER_RELATION);
    }

    /**
     * NOT NULL is the column's. A foreign key to a partitioned table has further rows, one for each of its partitions, whose
     * names differ.
     */
    private static DefinitionQuery constraints() {
        return new DefinitionQuery(
                "constraint",
                """
                SELECT CASE WHEN c.oid IS NULL THEN format('%%I on domain %%I.%%I', k.conname, n.nspname, t.typname)
                         ELSE format('%%I on %%I.%%I', k.conname, n.nspname, c.relname) END AS id,
                       k.conname || ' on ' || CASE WHEN c.oid IS NULL THEN 'domain ' ELSE '' END || n.nspname || '.'
                         || coalesce(c.relname, t.typname) AS name,
                       n.nspname AS schema_name, coalesce(c.relname, t.typname) || ' ' || k.conname AS tag,
                       %s,
                       CASE WHEN c.oid IS NULL THEN 'type:' ELSE 'table:' END
                         || format('%%I.%%I', n.nspname, coalesce(c.relname, t.typname)) AS part_of, false AS disabled,
                       CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'x' THEN 'exclusion'
                         WHEN 'f' THEN 'foreign key' ELSE 'check' END AS "kind",
                       CASE WHEN c.relkind = 'p' THEN 'partitioned' ELSE 'not partitioned' END AS "place",
                       regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS "definition",
                       CASE WHEN k.convalidated THEN 'valid' ELSE 'NOT VALID' END AS "validity",
                       d.description AS "comment"
                FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
                LEFT JOIN pg_class c ON c.oid = nullif(k.conrelid, 0)
                LEFT JOIN pg_type t ON t.oid = nullif(k.contypid, 0)
                """.formatted(OF_RELATION) + comment("pg_constraint", "k.oid", "0") + """
                WHERE k.contype IN ('p', 'u', 'x', 'f', 'c')
                  AND NOT EXISTS (SELECT FROM pg_constraint w
                                  WHERE k.contype = 'f' AND w.oid = k.conparentid AND w.conrelid = k.conrelid)
                  AND\s""" + USER + " AND "
                        + UserObjects.notOfAnExtension("pg_class", "c.oid") + " AND "
                        + UserObjects.notOfAnExtension("pg_type", "t.oid"));
    }

    private static DefinitionQuery indexes() {
        return new DefinitionQuery(
                "index",
                """
                SELECT %s, %s,
                       CASE WHEN k.oid IS NOT NULL THEN 'constraint:' || format('%%I on %%I.%%I', k.conname, n.nspname, c.relname)
                         ELSE %s END AS part_of,
                       false AS disabled,
                       pg_get_indexdef(i.indexrelid) AS "definition",
                       CASE WHEN i.indisvalid AND i.indisready THEN 'valid' ELSE 'invalid' END AS "validity",
                       CASE WHEN i.indisclustered THEN 'yes' ELSE 'no' END AS "mark for CLUSTER",
                       CASE WHEN i.indisreplident THEN 'yes' ELSE 'no' END AS "mark as replica identity",
                       (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
                         AS "parent index",
                       (SELECT string_agg(a.attname || ' ' || a.attstattarget, ', ' ORDER BY a.attnum) FROM pg_attribute a
                        WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) AS "statistics target",
                       d.description AS "comment"
                FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
                JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
                """.formatted(named("x.relname"), OF_RELATION, PART_OF_RELATION) + comment("pg_class", "x.oid", "0")
                        + "WHERE " + USER_RELATION);
    }

    /** Ferry's and the host's call functions in schemas of theirs. */
    private static DefinitionQuery triggers() {
        return new DefinitionQuery(
                "trigger",
                """
                SELECT %s, %s, %s AS part_of, c.relkind IN ('r', 'p') AS disabled,
                       pg_get_triggerdef(g.oid) AS "definition", %s,
                       d.description AS "comment"
                FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_namespace pn ON pn.oid = p.pronamespace
                """.formatted(onRelation("g.tgname"), OF_RELATION, PART_OF_RELATION, STATE.formatted("g.tgenabled"))
                        + comment("pg_trigger", "g.oid", "0")
                        + "WHERE NOT g.tgisinternal AND pn.nspname NOT IN ('ferry', '_heroku') AND " + USER_RELATION);
    }

    private static DefinitionQuery rules() {
        return new DefinitionQuery(
                "rule",
                """
                SELECT %s, %s, %s AS part_of, c.relkind IN ('r', 'p') AS disabled, %s,
                       d.description AS "comment"
                FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
                """.formatted(onRelation("r.rulename"), OF_RELATION, PART_OF_RELATION, STATE.formatted("r.ev_enabled"))
                        + comment("pg_rewrite", "r.oid", "0")
                        + "WHERE NOT (r.rulename = '_RETURN' AND r.ev_type = '1') AND " + USER_RELATION);
    }

    private static DefinitionQuery policies() {
        return new DefinitionQuery(
                "policy",
                """
                SELECT %s, %s, %s AS part_of, false AS disabled,
                       CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                         WHEN 'd' THEN 'DELETE' ELSE 'ALL' END AS "command",
                       CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END AS "kind",
                       coalesce((SELECT string_agg(o.rolname, ', ' ORDER BY o.rolname) FROM pg_roles o
                                 WHERE o.oid = ANY (p.polroles)), 'PUBLIC') AS "list of roles",
                       pg_get_expr(p.polqual, p.polrelid) AS "USING expression",
                       pg_get_expr(p.polwithcheck, p.polrelid) AS "CHECK expression",
                       d.description AS "comment"
                FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                """.formatted(onRelation("p.polname"), OF_RELATION, PART_OF_RELATION)
                        + comment("pg_policy", "p.oid", "0")
                        + "WHERE " + USER_RELATION);
    }

    private static DefinitionQuery statistics() {
        return new DefinitionQuery(
                "statistics object",
                """
                SELECT format('%%I.%%I', sn.nspname, s.stxname) AS id, sn.nspname || '.' || s.stxname AS name,
                       sn.nspname AS schema_name, s.stxname AS tag, %s, %s AS part_of, false AS disabled,
                       pg_get_statisticsobjdef(s.oid) AS "definition",
                       nullif(s.stxstattarget, -1)::text AS "statistics target",
                       d.description AS "comment"
                FROM pg_statistic_ext s JOIN pg_namespace sn ON sn.oid = s.stxnamespace
                JOIN pg_class c ON c.oid = s.stxrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                """.formatted(OF_RELATION, PART_OF_RELATION) + comment("pg_statistic_ext", "s.oid", "0")
                        + "WHERE " + USER_RELATION);
    }

    private static DefinitionQuery operators() {
        return new DefinitionQuery(
                "operator",
                """
                SELECT format('%%I.%%s (%%s, %%s)', n.nspname, o.oprname, format_type(o.oprleft, -1), format_type(o.oprright, -1)) AS id,
                       format('%%s.%%s (%%s, %%s)', n.nspname, o.oprname, format_type(o.oprleft, -1), format_type(o.oprright, -1)) AS name,
                       n.nspname AS schema_name, o.oprname AS tag, %s,
                       concat_ws(', ', o.oprcode::regprocedure, format_type(o.oprresult, -1), o.oprcom::regoperator,
                         o.oprnegate::regoperator, o.oprrest::regprocedure, o.oprjoin::regprocedure, o.oprcanmerge,
                         o.oprcanhash) AS "definition",
                       d.description AS "comment"
                FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
                """.formatted(IN_SCHEMA) + comment("pg_operator", "o.oid", "0")
                        + "WHERE o.oprcode <> 0 AND " + inUserSchema("pg_operator", "o.oid"));
    }

    private static DefinitionQuery operatorClasses() {
        return new DefinitionQuery(
                "operator class",
                """
                SELECT format('%%I.%%I USING %%I', n.nspname, o.opcname, m.amname) AS id,
                       n.nspname || '.' || o.opcname || ' USING ' || m.amname AS name,
                       n.nspname AS schema_name, o.opcname AS tag, %s,
                       format_type(o.opcintype, -1) AS "type",
                       CASE WHEN o.opcdefault THEN 'yes' ELSE 'no' END AS "mark as default",
                       CASE WHEN o.opckeytype <> 0 THEN format_type(o.opckeytype, -1) END AS "storage",
                       (SELECT string_agg(concat_ws(' ', p.amopstrategy, p.amopopr::regoperator), ', '
                          ORDER BY p.amopstrategy, p.amopopr::regoperator::text)
                        FROM pg_amop p WHERE p.amopfamily = o.opcfamily) AS "list of operators",
                       (SELECT string_agg(concat_ws(' ', p.amprocnum, p.amproc::regprocedure), ', '
                          ORDER BY p.amprocnum, p.amproc::regprocedure::text)
                        FROM pg_amproc p WHERE p.amprocfamily = o.opcfamily) AS "list of functions",
                       d.description AS "comment"
                FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am m ON m.oid = o.opcmethod
                """.formatted(IN_SCHEMA) + comment("pg_opclass", "o.oid", "0")
                        + "WHERE " + inUserSchema("pg_opclass", "o.oid"));
    }

    /** Those of the server itself have fixed numbers below 16384. */
    private static DefinitionQuery casts() {
        return new DefinitionQuery(
                "cast",
                """
                SELECT format_type(k.castsource, -1) || ' AS ' || format_type(k.casttarget, -1) AS id,
                       format_type(k.castsource, -1) || ' AS ' || format_type(k.casttarget, -1) AS name,
                       '' AS schema_name,
                       'CAST (' || format_type(k.castsource, -1) || ' AS ' || format_type(k.casttarget, -1) || ')' AS tag, %s,
                       CASE k.castcontext WHEN 'e' THEN 'explicit' WHEN 'a' THEN 'in assignments' ELSE 'implicit' END AS "context",
                       CASE k.castmethod WHEN 'i' THEN 'input and output' WHEN 'b' THEN 'binary'
                         ELSE k.castfunc::regprocedure::text END AS "method",
                       d.description AS "comment"
                FROM pg_cast k
                """.formatted(IN_SCHEMA) + comment("pg_cast", "k.oid", "0")
                        + "WHERE k.oid >= 16384 AND " + UserObjects.notOfAnExtension("pg_cast", "k.oid"));
    }

    private static DefinitionQuery textSearchConfigurations() {
        return new DefinitionQuery(
                "text search configuration",
                """
                SELECT %s, %s,
                       (SELECT pn.nspname || '.' || p.prsname FROM pg_ts_parser p JOIN pg_namespace pn ON pn.oid = p.prsnamespace
                        WHERE p.oid = c.cfgparser) AS "parser",
                       (SELECT string_agg(concat_ws(' ', m.maptokentype, m.mapdict::regdictionary), ', '
                          ORDER BY m.maptokentype, m.mapseqno)
                        FROM pg_ts_config_map m WHERE m.mapcfg = c.oid) AS "mapping",
                       d.description AS "comment"
                FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
                """.formatted(named("c.cfgname"), IN_SCHEMA) + comment("pg_ts_config", "c.oid", "0")
                        + "WHERE " + inUserSchema("pg_ts_config", "c.oid"));
    }

    private static DefinitionQuery textSearchDictionaries() {
        return new DefinitionQuery(
                "text search dictionary",
                """
                SELECT %s, %s,
                       (SELECT tn.nspname || '.' || t.tmplname FROM pg_ts_template t JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
                        WHERE t.oid = c.dicttemplate) AS "template",
                       c.dictinitoption AS "options", d.description AS "comment"
                FROM pg_ts_dict c JOIN pg_namespace n ON n.oid = c.dictnamespace
                """.formatted(named("c.dictname"), IN_SCHEMA) + comment("pg_ts_dict", "c.oid", "0")
                        + "WHERE " + inUserSchema("pg_ts_dict", "c.oid"));
    }
}
