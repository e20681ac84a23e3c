package dev.ferry.database;

import java.util.List;
import java.util.stream.Collectors;

/** Names the sessions that hold locks on tables, for people. */
public final class LockHolders {
    private LockHolders() {}

    /**
     * Those that keep a lock against writers from being had. One line a session: pid, role, age of its transaction, the first
     * words of its query; at most five, and never none: who is gone by now is said to be.
     */
    public static List<String> of(Database database, List<TableName> tables) {
        return find(database, tables, "l.mode NOT IN ('AccessShareLock', 'RowShareLock')");
    }

    /** The same, readers too: for what needs a table alone. */
    public static List<String> anyOf(Database database, List<TableName> tables) {
        return find(database, tables, "true");
    }

    private static List<String> find(Database database, List<TableName> tables, String condition) {
        String names = tables.stream()
                .map(table -> "to_regclass(" + Identifiers.literal(table.sql()) + ")")
                .collect(Collectors.joining(", "));
        try {
            List<String> holders = database.jdbc()
                    .sql("""
                            SELECT format('pid %%s (%%s, transaction open for %%s s: %%s)', l.pid,
                                     coalesce(a.usename, 'prepared transaction'),
                                     coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::int::text, '?'),
                                     coalesce(substring(regexp_replace(a.query, '\\s+', ' ', 'g') from '^[^''"$0-9]{0,40}'), 'no query'))
                            FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                            WHERE l.locktype = 'relation' AND l.granted
                              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                              AND %s
                              AND l.relation IN (%s)
                              AND l.pid IS DISTINCT FROM pg_backend_pid()
                            GROUP BY l.pid, a.usename, a.xact_start, a.query
                            ORDER BY a.xact_start NULLS FIRST
                            LIMIT 5
                            """.formatted(condition, names))
                    .query(String.class)
                    .list();
            return holders.isEmpty() ? List.of("a session that has ended meanwhile") : holders;
        } catch (RuntimeException e) {
            return List.of("unknown (" + SqlState.describe(e) + ")");
        }
    }
}
