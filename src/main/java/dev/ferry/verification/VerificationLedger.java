package dev.ferry.verification;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Identifiers;
import dev.ferry.database.Session;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What of the comparison is done and what came out, on the target: it goes on after a restart, and anyone may read it. */
public final class VerificationLedger {
    /** Keys written down for each table, about; the number of differences is written down whatever it is. */
    static final int KEYS_KEPT = 100_000;

    private static final int KEYS_AT_ONCE = 500;
    private static final int RANGES_AT_ONCE = 500;

    private final Database target;
    private final EpochFence fence;

    public VerificationLedger(Database target, EpochFence fence) {
        this.target = target;
        this.fence = fence;
    }

    /** A range that is still to be compared. */
    record OpenRange(long id, int table, KeyRange range) {}

    private void write(Consumer<Session> work) {
        try (Session session = target.open()) {
            session.begin();
            fence.hold(session, End.TARGET);
            work.accept(session);
            session.commit();
        }
    }

    /** Begins a comparison of everything. */
    public void begin() {
        write(session -> {
            session.execute("""
                    DELETE FROM ferry.verification_definition;
                    DELETE FROM ferry.verification_table;
                    INSERT INTO ferry.verification_table (table_id) SELECT table_id FROM ferry.table_copy;
                    UPDATE ferry.migration SET verification = 'running',
                      verification_started_at = clock_timestamp(), verification_finished_at = NULL;
                    """);
        });
    }

    /** Between {@code running} and {@code paused}; anything else stays as it is. */
    public void pause(boolean paused) {
        write(session -> session.jdbc()
                .sql("UPDATE ferry.migration SET verification = ? WHERE verification = ?")
                .params(paused ? "paused" : "running", paused ? "running" : "paused")
                .update());
    }

    /** Nobody can go on with it any more: inside the session's transaction. */
    public static void leaveIncomplete(Session session) {
        session.execute("UPDATE ferry.migration SET verification = 'incomplete',"
                + " verification_finished_at = clock_timestamp() WHERE verification IN ('running', 'paused')");
    }

    /** What was found is worth nothing any more: inside the session's transaction. */
    public static void forget(Session session) {
        session.execute("""
                DELETE FROM ferry.verification_definition;
                DELETE FROM ferry.verification_table;
                UPDATE ferry.migration SET verification = NULL, verification_started_at = NULL,
                  verification_finished_at = NULL;
                """);
    }

    /** Numbers of the tables that are not cut into ranges yet. */
    List<Integer> unplanned() {
        return target.jdbc()
                .sql("SELECT table_id FROM ferry.verification_table WHERE NOT planned AND outcome IS NULL ORDER BY 1")
                .query(Integer.class)
                .list();
    }

    /** Tables that are compared in one piece. */
    void planWhole(Collection<Integer> tables) {
        write(session -> {
            session.jdbc().sql("""
                            INSERT INTO ferry.verification_range (table_id)
                            SELECT table_id FROM ferry.verification_table WHERE table_id = ANY (?) AND NOT planned
                            """).param(tables.toArray(Integer[]::new)).update();
            session.jdbc()
                    .sql("UPDATE ferry.verification_table SET planned = true WHERE table_id = ANY (?)")
                    .param(tables.toArray(Integer[]::new))
                    .update();
        });
    }

    void plan(int table, List<KeyRange> ranges) {
        write(session -> {
            insert(session, table, ranges);
            session.jdbc()
                    .sql("UPDATE ferry.verification_table SET planned = true WHERE table_id = ?")
                    .param(table)
                    .update();
        });
    }

    /** A range that takes too long, by smaller ones. */
    void cut(OpenRange range, List<KeyRange> parts) {
        write(session -> {
            session.jdbc()
                    .sql("DELETE FROM ferry.verification_range WHERE range_id = ?")
                    .param(range.id())
                    .update();
            insert(session, range.table(), parts);
        });
    }

    private static void insert(Session session, int table, List<KeyRange> ranges) {
        for (int from = 0; from < ranges.size(); from += RANGES_AT_ONCE) {
            session.execute("INSERT INTO ferry.verification_range (table_id, lower_key, upper_key, unkeyed) VALUES "
                    + ranges.subList(from, Math.min(from + RANGES_AT_ONCE, ranges.size())).stream()
                            .map(range -> "(%d, %s, %s, %b)"
                                    .formatted(table, literal(range.lower()), literal(range.upper()), range.unkeyed()))
                            .collect(Collectors.joining(", ")));
        }
    }

    /** Ranges to compare, by table, and within it in the order of its keys. */
    List<OpenRange> open(int limit) {
        return target.jdbc()
                .sql("""
                        SELECT r.range_id, r.table_id, r.lower_key, r.upper_key, r.unkeyed
                        FROM ferry.verification_range r
                        WHERE r.compared_at IS NULL ORDER BY r.table_id, r.range_id LIMIT ?
                        """)
                .param(limit)
                .query((row, number) -> new OpenRange(
                        row.getLong("range_id"),
                        row.getInt("table_id"),
                        new KeyRange(
                                strings(row.getArray("lower_key")),
                                strings(row.getArray("upper_key")),
                                row.getBoolean("unkeyed"))))
                .list();
    }

    private static @Nullable List<String> strings(@Nullable Array array) throws SQLException {
        return array == null ? null : List.of((String[]) array.getArray());
    }

    /** A range that was compared, and what came out. */
    record Compared(OpenRange range, RangeComparison.Result result) {}

    void compared(Collection<Compared> all) {
        write(session -> {
            for (Compared one : all) {
                int updated = session.jdbc()
                        .sql("""
                                UPDATE ferry.verification_range SET compared_at = clock_timestamp(), rows = ?
                                WHERE range_id = ? AND compared_at IS NULL
                                """)
                        .params(one.result().rows(), one.range().id())
                        .update();
                if (updated == 1 && !one.result().differences().isEmpty()) {
                    differs(session, one);
                }
            }
            session.jdbc()
                    .sql("""
                            UPDATE ferry.verification_table t
                            SET outcome = CASE WHEN t.differences > 0 THEN 'different' ELSE 'equal' END
                            WHERE t.table_id = ANY (?) AND t.outcome IS NULL AND t.planned
                              AND NOT EXISTS (SELECT FROM ferry.verification_range r
                                              WHERE r.table_id = t.table_id AND r.compared_at IS NULL)
                            """)
                    .param(all.stream()
                            .map(one -> one.range().table())
                            .distinct()
                            .toArray(Integer[]::new))
                    .update();
        });
    }

    private static void differs(Session session, Compared one) {
        List<RowDifference> found = one.result().differences();
        long before = session.jdbc()
                .sql("SELECT differences FROM ferry.verification_table WHERE table_id = ?")
                .param(one.range().table())
                .query(Long.class)
                .single();
        int kept = (int) Math.min(found.size(), Math.max(0, KEYS_KEPT - before));
        for (int from = 0; from < kept; from += KEYS_AT_ONCE) {
            session.execute("INSERT INTO ferry.verification_difference (range_id, kind, key, rows) VALUES "
                    + found.subList(from, Math.min(from + KEYS_AT_ONCE, kept)).stream()
                            .map(difference -> "(%d, '%s', %s, %d)"
                                    .formatted(
                                            one.range().id(),
                                            difference.kind().name().toLowerCase(Locale.ROOT),
                                            literal(difference.key()),
                                            difference.rows()))
                            .collect(Collectors.joining(", ")));
        }
        session.jdbc()
                .sql("""
                        UPDATE ferry.verification_table SET differences = differences + ?,
                          reason = CASE WHEN ? THEN 'there are more differences than are listed' ELSE reason END
                        WHERE table_id = ?
                        """)
                .params(
                        found.stream().mapToLong(RowDifference::rows).sum(),
                        one.result().more() || kept < found.size(),
                        one.range().table())
                .update();
    }

    private static String literal(@Nullable List<? extends @Nullable String> key) {
        return key == null
                ? "NULL"
                : key.stream()
                        .map(value -> value == null ? "NULL" : Identifiers.literal(value))
                        .collect(Collectors.joining(", ", "ARRAY[", "]::text[]"));
    }

    /** A leaf whose rows are compared with those of its whole tree, under the number of another leaf. */
    void comparedWith(int table, String root) {
        write(session -> session.jdbc()
                .sql("""
                        UPDATE ferry.verification_table SET planned = true, outcome = 'equal', reason = ?
                        WHERE table_id = ?
                        """)
                .params("compared with the whole of " + root, table)
                .update());
    }

    /** A table that could not be compared is no pass. */
    void notCompared(int table, String reason) {
        write(session -> {
            session.jdbc().sql("""
                            UPDATE ferry.verification_table
                            SET outcome = CASE WHEN differences > 0 THEN 'different' ELSE 'not_compared' END, reason = ?
                            WHERE table_id = ?
                            """).params(reason, table).update();
            session.jdbc()
                    .sql("DELETE FROM ferry.verification_range WHERE table_id = ? AND compared_at IS NULL")
                    .param(table)
                    .update();
        });
    }

    /** All ranges are compared: what came out as a whole. */
    void finish(List<DefinitionDifference> definitions) {
        write(session -> {
            boolean running = session.list(
                            Integer.class, "SELECT 1 FROM ferry.migration WHERE verification = 'running' FOR UPDATE")
                    .equals(List.of(1));
            boolean open = session.list(
                            Boolean.class, "SELECT EXISTS (SELECT FROM ferry.verification_table WHERE outcome IS NULL)")
                    .get(0);
            if (!running || open) {
                return; // paused, or begun once more meanwhile: it comes here again
            }
            for (DefinitionDifference found : definitions) {
                session.jdbc()
                        .sql("INSERT INTO ferry.verification_definition (kind, name, difference) VALUES (?, ?, ?)")
                        .params(found.kind(), found.name(), found.what())
                        .update();
            }
            session.execute("""
                    UPDATE ferry.migration SET verification_finished_at = clock_timestamp(), verification = CASE
                      WHEN EXISTS (SELECT FROM ferry.verification_table WHERE differences > 0)
                        OR EXISTS (SELECT FROM ferry.verification_definition) THEN 'different'
                      WHEN EXISTS (SELECT FROM ferry.verification_table WHERE outcome IS DISTINCT FROM 'equal')
                        THEN 'incomplete'
                      ELSE 'equal' END
                    """);
        });
    }

    /** Numbers of the tables whose rows differ. */
    List<Integer> differentTables() {
        return target.jdbc()
                .sql("SELECT table_id FROM ferry.verification_table WHERE differences > 0 ORDER BY 1")
                .query(Integer.class)
                .list();
    }

    /** Of one table, as far as they are written down. */
    List<RowDifference> differences(int table) {
        return target.jdbc()
                .sql("""
                        SELECT d.kind, d.key, d.rows
                        FROM ferry.verification_difference d JOIN ferry.verification_range r USING (range_id)
                        WHERE r.table_id = ?
                        """)
                .param(table)
                .query((row, number) -> difference(row))
                .list();
    }

    private static RowDifference difference(ResultSet row) throws SQLException {
        Array key = row.getArray("key");
        List<@Nullable String> values = new ArrayList<>();
        if (key != null) {
            values.addAll(java.util.Arrays.asList((@Nullable String[]) key.getArray()));
        }
        return new RowDifference(
                RowDifference.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
                key == null ? null : values,
                row.getLong("rows"));
    }

    /** Tables whose differences are in the log again are compared once more. */
    void compareAgain(Collection<Integer> tables) {
        write(session -> {
            Integer[] ids = tables.toArray(Integer[]::new);
            session.jdbc()
                    .sql("DELETE FROM ferry.verification_range WHERE table_id = ANY (?)")
                    .param(ids)
                    .update();
            session.jdbc().sql("""
                            UPDATE ferry.verification_table
                            SET planned = false, outcome = NULL, reason = NULL, differences = 0
                            WHERE table_id = ANY (?)
                            """).param(ids).update();
            session.execute("""
                    DELETE FROM ferry.verification_definition;
                    UPDATE ferry.migration SET verification = 'running', verification_finished_at = NULL;
                    """);
        });
    }

    private static final int KEYS_SHOWN = 20;

    /** How far it is, or what came out; for any process, leader or not. */
    public VerificationReport report() {
        record Head(
                @Nullable String state, java.sql.@Nullable Timestamp started, java.sql.@Nullable Timestamp finished) {}
        Head head = target.jdbc()
                // By name through JSON: a process that does not lead yet may read a row of before V22.
                .sql("""
                        SELECT to_jsonb(m) ->> 'verification' AS state,
                          (to_jsonb(m) ->> 'verification_started_at')::timestamptz AS started,
                          (to_jsonb(m) ->> 'verification_finished_at')::timestamptz AS finished
                        FROM ferry.migration m
                        """)
                .query((row, number) ->
                        new Head(row.getString("state"), row.getTimestamp("started"), row.getTimestamp("finished")))
                .optional()
                .orElse(new Head(null, null, null));
        String state = head.state();
        if (state == null) {
            return VerificationReport.NEVER;
        }
        VerificationReport read = target.jdbc()
                .sql("""
                        WITH ranges AS (
                          SELECT table_id, count(*) AS total, count(compared_at) AS done, sum(rows) AS rows
                          FROM ferry.verification_range GROUP BY table_id),
                        sizes AS (SELECT table_id, greatest(sum(bytes), 1) AS bytes FROM ferry.chunk GROUP BY table_id)
                        SELECT count(v.outcome) AS done, count(*) AS total, coalesce(sum(r.rows), 0) AS rows,
                          coalesce(sum(v.differences), 0) AS differences,
                          100.0 * sum(coalesce(s.bytes, 1) * CASE WHEN v.outcome IS NOT NULL THEN 1
                                                     ELSE coalesce(r.done::numeric / nullif(r.total, 0), 0) END)
                            / greatest(sum(coalesce(s.bytes, 1)), 1) AS percent
                        FROM ferry.verification_table v
                        LEFT JOIN ranges r USING (table_id) LEFT JOIN sizes s USING (table_id)
                        """)
                .query((row, number) -> new VerificationReport(
                        state,
                        "",
                        head.started() == null ? null : head.started().toInstant(),
                        head.finished() == null ? null : head.finished().toInstant(),
                        row.getInt("done"),
                        row.getInt("total"),
                        row.getLong("rows"),
                        Math.floor(row.getDouble("percent") * 10) / 10,
                        row.getLong("differences"),
                        tableReports(),
                        definitionReports()))
                .single();
        return read.saying(read.sentence());
    }

    private List<VerificationReport.TableReport> tableReports() {
        record Shown(int table, VerificationReport.KeyReport key) {}
        java.util.Map<Integer, List<VerificationReport.KeyReport>> keys = target
                .jdbc()
                .sql("""
                        SELECT v.table_id, d.kind, d.key, d.rows
                        FROM ferry.verification_table v CROSS JOIN LATERAL (
                          SELECT d.kind, d.key, d.rows FROM ferry.verification_difference d
                          JOIN ferry.verification_range r USING (range_id)
                          WHERE r.table_id = v.table_id ORDER BY d.key LIMIT ?) d
                        WHERE v.differences > 0 ORDER BY v.table_id, d.key
                        """)
                .param(KEYS_SHOWN)
                .query((row, number) -> {
                    RowDifference found = difference(row);
                    return new Shown(
                            row.getInt("table_id"),
                            new VerificationReport.KeyReport(row.getString("kind"), found.key(), found.rows()));
                })
                .list()
                .stream()
                .collect(Collectors.groupingBy(Shown::table, Collectors.mapping(Shown::key, Collectors.toList())));
        return target.jdbc()
                .sql("""
                        SELECT t.schema_name, t.table_name, v.table_id, v.differences, v.reason,
                          CASE WHEN v.differences > 0 THEN 'different' ELSE 'not_compared' END AS outcome
                        FROM ferry.verification_table v JOIN ferry.table_copy t USING (table_id)
                        WHERE v.differences > 0 OR v.outcome = 'not_compared'
                        ORDER BY v.differences DESC, t.schema_name, t.table_name
                        """)
                .query((row, number) -> new VerificationReport.TableReport(
                        row.getString("schema_name"),
                        row.getString("table_name"),
                        row.getString("outcome"),
                        row.getLong("differences"),
                        keys.getOrDefault(row.getInt("table_id"), List.of()),
                        row.getString("reason")))
                .list();
    }

    private List<DefinitionDifference> definitionReports() {
        return target.jdbc()
                .sql("SELECT kind, name, difference FROM ferry.verification_definition ORDER BY position")
                .query((row, number) -> new DefinitionDifference(
                        row.getString("kind"), row.getString("name"), row.getString("difference")))
                .list();
    }
}
