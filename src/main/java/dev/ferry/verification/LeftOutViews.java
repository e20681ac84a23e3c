package dev.ferry.verification;

import dev.ferry.database.Session;
import java.util.HashSet;
import java.util.Set;

/**
 * The views of the source that a dump's plan leaves out without a trace in the ledger: pg_stat_statements' own where no
 * extension brought them, those that read something of the host's or of Ferry's, and those that read one of these.
 */
final class LeftOutViews {
    private LeftOutViews() {}

    /** Their keys, see {@link Definition#key}. */
    static Set<String> read(Session source) {
        return new HashSet<>(source.list(String.class, """
                WITH RECURSIVE foreign_object (classid, objid) AS (
                  SELECT 'pg_class'::regclass::oid, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname IN ('_heroku', 'ferry')
                  UNION ALL
                  SELECT 'pg_proc'::regclass::oid, p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                  WHERE n.nspname IN ('_heroku', 'ferry')),
                gone (oid) AS (
                  SELECT c.oid FROM pg_class c
                  WHERE c.relkind = 'v' AND c.relname IN ('pg_stat_statements', 'pg_stat_statements_info')
                    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
                                      AND e.deptype = 'e')
                  UNION
                  SELECT r.ev_class
                  FROM foreign_object f
                  JOIN pg_depend d ON d.refclassid = f.classid AND d.refobjid = f.objid AND d.classid = 'pg_rewrite'::regclass
                  JOIN pg_rewrite r ON r.oid = d.objid
                  UNION
                  SELECT r.ev_class
                  FROM gone g
                  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = g.oid
                    AND d.classid = 'pg_rewrite'::regclass
                  JOIN pg_rewrite r ON r.oid = d.objid)
                SELECT CASE c.relkind WHEN 'v' THEN 'view:' ELSE 'materialized view:' END
                         || format('%I.%I', n.nspname, c.relname)
                FROM gone g JOIN pg_class c ON c.oid = g.oid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('v', 'm')
                """));
    }
}
