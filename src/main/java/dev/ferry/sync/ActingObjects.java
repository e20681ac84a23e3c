package dev.ferry.sync;

import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * What would act at the destination while rows are applied, and that Ferry did not switch off: foreign keys, triggers and
 * rules that somebody made there, after a switch that was reverted or on advice. Rows are applied by delete and insert, so
 * an ON DELETE CASCADE would take the children of every changed row along (RULES E7). A table that has any waits.
 */
final class ActingObjects {
    /** How the reason of a table that waits begins. */
    static final String SUSPENDED = "acts on the target: ";

    private ActingObjects() {}

    /** The first that acts on each table, for people, by the table's number. */
    static Map<Integer, String> find(Session destination, Collection<TrackedTable> tables, boolean replicaRole) {
        Map<Integer, String> found = new TreeMap<>();
        destination
                .jdbc()
                .sql("""
                        WITH mine AS (
                          SELECT v.id, to_regclass(v.name)::oid AS oid FROM unnest(:ids::int[], :names::text[]) v (id, name))
                        SELECT m.id, format('foreign key %I of %s', k.conname, k.conrelid::regclass) AS what
                        FROM mine m JOIN pg_constraint k ON m.oid IN (k.conrelid, k.confrelid)
                        WHERE k.contype = 'f' AND NOT :replica
                        UNION ALL
                        SELECT m.id, format('trigger %I', g.tgname)
                        FROM mine m JOIN pg_trigger g ON g.tgrelid = m.oid
                        WHERE NOT g.tgisinternal AND NOT starts_with(g.tgname, 'ferry_')
                          AND g.tgenabled IN (CASE WHEN :replica THEN 'R' ELSE 'O' END, 'A')
                        UNION ALL
                        SELECT m.id, format('rule %I', r.rulename)
                        FROM mine m JOIN pg_rewrite r ON r.ev_class = m.oid
                        WHERE r.ev_type <> '1' AND r.ev_enabled IN (CASE WHEN :replica THEN 'R' ELSE 'O' END, 'A')
                        """)
                .param("ids", tables.stream().map(TrackedTable::id).toArray(Integer[]::new))
                .param("names", tables.stream().map(table -> table.name().sql()).toArray(String[]::new))
                .param("replica", replicaRole)
                .query(row -> {
                    found.putIfAbsent(
                            row.getInt("id"),
                            SUSPENDED + row.getString("what")
                                    + ", which Ferry did not make; drop or disable it there until the switch");
                });
        return found;
    }
}
