package dev.ferry.database;

import java.util.List;
import java.util.stream.Collectors;

/** Names the sessions that hold locks on tables, for people. */
public final class LockHolders {
    private LockHolders() {}

    /** One line a session: pid, role, age of its transaction, the first words of its query; at most five. */
    public static List<String> of(Database database, List<TableName> tables) {
        String names = tables.stream()
                .map(table -> "to_regclass(" + Identifiers.literal(table.sql()) + ")")
                .collect(Collectors.joining(", "));
        try {
            return database.jdbc().sql("""
                            SELECT format('pid %%s (%%s, transaction open for %%s s: %%s)', l.pid,
                                     coalesce(a.usename, 'prepared transaction'),
                                     coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::int::text, '?'),
                                     coalesce(substring(regexp_replace(a.query, '\\s+', ' ', 'g') from '^[^''"$0-9]{0,40}'), 'no query'))
                            FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                            WHERE l.locktype = 'relation' AND l.granted
                              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                              AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
                              AND l.relation IN (%s)
                              AND l.pid IS DISTINCT FROM pg_backend_pid()
                            GROUP BY l.pid, a.usename, a.xact_start, a.query
                            ORDER BY a.xact_start NULLS FIRST
                            LIMIT 5
                            """.formatted(names)).query(String.class).list();
        } catch (RuntimeException e) {
            return List.of("unknown (" + SqlState.describe(e) + ")");
        }
    }
}
