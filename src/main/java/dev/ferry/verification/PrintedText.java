package dev.ferry.verification;

import dev.ferry.database.Catalog;
import dev.ferry.database.Session;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a server prints from a parse tree that names other tables: the queries of views, the bodies of rules and of functions
 * in the SQL standard's form. The server locks these tables ACCESS SHARE to the end of the transaction, so they are read a
 * few at a time, each few in a transaction of their own.
 *
 * @param kinds of the definitions that have such a text
 * @param attribute what people call it
 * @param listed id, kind and oid of each object
 * @param printed an expression of its text, by oid
 */
record PrintedText(List<String> kinds, String attribute, String listed, String printed) {
    private static final int AT_ONCE = 50;

    static final List<PrintedText> ALL = List.of(
            new PrintedText(List.of("view", "materialized view"), "query", """
                    SELECT c.oid, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END AS kind,
                           format('%I.%I', n.nspname, c.relname) AS id
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm')
                    """, "pg_get_viewdef(oid)"),
            new PrintedText(List.of("rule"), "definition", """
                    SELECT r.oid, 'rule' AS kind, format('%I on %I.%I', r.rulename, n.nspname, c.relname) AS id
                    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE NOT (r.rulename = '_RETURN' AND r.ev_type = '1') AND n.nspname !~ '^pg_'
                    """, "pg_get_ruledef(oid)"),
            new PrintedText(List.of("function"), "body", """
                    SELECT p.oid, 'function' AS kind,
                           format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS id
                    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                    WHERE p.prosqlbody IS NOT NULL AND n.nspname !~ '^pg_'
                    """, "pg_get_function_sqlbody(oid)"));

    /** Oids of those objects among the keys, as {@link Definition#key} has them. */
    Map<String, Long> oids(Session session, Map<String, Definition> wanted) {
        Map<String, Long> oids = new HashMap<>();
        session.jdbc().sql(listed).query(row -> {
            String key = row.getString("kind") + ":" + row.getString("id");
            if (wanted.containsKey(key)) {
                oids.put(key, row.getLong("oid"));
            }
        });
        return oids;
    }

    /** Texts by oid; what was dropped meanwhile has none. */
    Map<Long, String> print(Session session, List<Long> all, Runnable begin) {
        Map<Long, String> texts = new HashMap<>();
        for (int from = 0; from < all.size(); from += AT_ONCE) {
            List<Long> some = new ArrayList<>(all.subList(from, Math.min(all.size(), from + AT_ONCE)));
            begin.run();
            session.jdbc()
                    .sql("SELECT oid, " + printed + " AS text FROM unnest(?::oid[]) AS oid")
                    .param(Catalog.arrayLiteral(some))
                    .query(row -> {
                        String text = row.getString("text");
                        if (text != null) {
                            texts.put(row.getLong("oid"), text);
                        }
                    });
            session.rollback();
        }
        return texts;
    }
}
