package dev.ferry.preflight;

import dev.ferry.database.SqlState;
import dev.ferry.database.UserObjects;
import java.util.HashMap;
import java.util.Map;

/** Bytes of each table of the source with its indexes and TOAST, by the table's oid. */
final class TableSizes {
    private static final String MEASURED = "pg_total_relation_size(c.oid)";
    private static final String ESTIMATED = """
            (c.relpages
             + coalesce((SELECT t.relpages FROM pg_class t WHERE t.oid = c.reltoastrelid), 0)
             + coalesce((SELECT sum(i.relpages)
                           FROM pg_index x
                           JOIN pg_class i ON i.oid = x.indexrelid
                          WHERE x.indrelid = c.oid), 0))::bigint
            * current_setting('block_size')::bigint""";

    private TableSizes() {}

    /**
     * Asking the files takes a lock on each table, and a while for very many. Where somebody holds a table exclusively, or
     * it takes too long, the catalog's own estimate does.
     */
    static Map<Long, Long> of(OpenEnd source) {
        try {
            return read(source, MEASURED);
        } catch (RuntimeException e) {
            if (!SqlState.isTransient(e)) {
                throw e;
            }
            return read(source, ESTIMATED);
        }
    }

    private static Map<Long, Long> read(OpenEnd source, String size) {
        Map<Long, Long> bytes = new HashMap<>();
        source.tryOut(() -> {
            source.session().execute("SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '6s'");
            source.session()
                    .jdbc()
                    .sql("""
                            SELECT c.oid::bigint AS oid, coalesce(%s, 0) AS bytes
                              FROM pg_class c
                              JOIN pg_namespace n ON n.oid = c.relnamespace
                             WHERE c.relkind = 'r' AND %s
                            """.formatted(size, UserObjects.relations()))
                    .query((row, number) -> bytes.put(row.getLong("oid"), row.getLong("bytes")))
                    .list();
        });
        return bytes;
    }
}
