package dev.ferry.capture;

import dev.ferry.database.End;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Reads the log at the origin: which tables changed, and by how many rows of log. */
public final class ChangeLog {
    /** Up to here a count is exact. */
    public static final long EXACT = 10_000;

    /** About what a logged bigint takes; the estimate is for people and for the planner. */
    private static final long BYTES_A_ROW = 40;

    private final Route route;

    public ChangeLog(Route route) {
        this.route = route;
    }

    /**
     * What is waiting for one table.
     *
     * @param rows rows of log, exact to {@link #EXACT} and estimated by the log's size above
     * @param marked the whole table is to be reloaded
     */
    public record Pending(long rows, boolean marked) {}

    /**
     * The tables with something in the log, by number. To be called after the session's snapshot was taken: the cheap look
     * at file sizes shows at least what the snapshot sees, and may show more; before it, it could miss half of a
     * transaction (RULES A12).
     */
    public Map<Integer, Pending> pending(Session session, Collection<TrackedTable> tables) {
        Set<Integer> marked = new HashSet<>(session.list(Integer.class, "SELECT DISTINCT table_id FROM ferry.marker"));
        Set<String> filled = new HashSet<>(session.list(String.class, """
                SELECT 'ferry.' || c.relname FROM pg_catalog.pg_class c
                WHERE c.relnamespace = 'ferry'::pg_catalog.regnamespace AND c.relkind = 'r'
                  AND c.relname LIKE 'delta\\_%' AND pg_catalog.pg_relation_size(c.oid) > 0
                """));
        Map<Integer, Long> counts = counts(
                session,
                tables.stream()
                        .filter(table -> filled.contains(table.deltaTable()))
                        .toList());
        Map<Integer, Pending> pending = new TreeMap<>();
        for (TrackedTable table : tables) {
            long rows = counts.getOrDefault(table.id(), 0L);
            if (rows > 0 || marked.contains(table.id())) {
                pending.put(table.id(), new Pending(rows, marked.contains(table.id())));
            }
        }
        return pending;
    }

    private static Map<Integer, Long> counts(Session session, List<TrackedTable> tables) {
        Map<Integer, Long> counts = new TreeMap<>();
        List<TrackedTable> rest = new ArrayList<>(tables);
        while (!rest.isEmpty()) {
            List<TrackedTable> some = rest.subList(0, Math.min(100, rest.size()));
            session.jdbc()
                    .sql(some.stream()
                            .map(table -> """
                                    SELECT %1$d AS id, (SELECT count(*) FROM (SELECT FROM %2$s LIMIT %3$d) d) AS rows,
                                           pg_catalog.pg_relation_size('%2$s') AS bytes""".formatted(table.id(), table.deltaTable(), EXACT + 1))
                            .collect(Collectors.joining(" UNION ALL ")))
                    .query(row -> {
                        long rows = row.getLong("rows");
                        long estimate = Math.max(rows, row.getLong("bytes") / BYTES_A_ROW);
                        counts.put(row.getInt("id"), rows <= EXACT ? rows : estimate);
                    });
            some.clear();
        }
        return counts;
    }

    /** Whether the session's snapshot, less what its transaction deleted, has anything left in the log of one table. */
    public static boolean isEmpty(Session session, TrackedTable table) {
        return session.list(Boolean.class, "SELECT NOT EXISTS (SELECT FROM " + table.deltaTable() + ")")
                .get(0);
    }

    /** Asks for a reload; final when the session commits. */
    public void mark(Session session, TrackedTable table, String reason) {
        if (route.origin().end() == End.SOURCE) {
            route.fence().hold(session, End.SOURCE);
        }
        session.jdbc()
                .sql("INSERT INTO ferry.marker (table_id, reason) VALUES (?, ?)")
                .params(table.id(), reason)
                .update();
    }

    /** Deletes all that the session's snapshot sees in the log of one table; final when the session commits. */
    public void consume(Session session, TrackedTable table) {
        if (route.origin().end() == End.SOURCE) {
            route.fence().hold(session, End.SOURCE);
        }
        session.jdbc()
                .sql("DELETE FROM ferry.marker WHERE table_id = ?")
                .param(table.id())
                .update();
        if (table.definition().key() != null) {
            session.execute("DELETE FROM " + table.deltaTable());
        }
    }
}
