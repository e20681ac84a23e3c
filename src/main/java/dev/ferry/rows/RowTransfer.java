package dev.ferry.rows;

import dev.ferry.database.Column;
import dev.ferry.database.Key;
import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Moves rows of one table at a time between a transaction at the origin and one at the destination. Columns go by name;
 * keys are compared by the operators and collations of their own index, and a row's values, its key too, come from the
 * table and never from the log (RULES A4).
 */
public final class RowTransfer {
    private final Session origin;
    private final Session destination;

    public RowTransfer(Session origin, Session destination) {
        this.origin = origin;
        this.destination = destination;
    }

    /** Copies the rows in a range of heap blocks. */
    public long copyBlocks(TrackedTable table, long firstBlock, long endBlock) {
        return CopyPipe.run(
                origin,
                "COPY (SELECT %s FROM ONLY %s WHERE ctid >= '(%d,0)' AND ctid < '(%d,0)') TO STDOUT"
                        .formatted(
                                table.definition().columnList(""), table.name().sql(), firstBlock, endBlock),
                destination,
                copyIn(table));
    }

    /**
     * Makes the table at the destination, or the tree that it is moved with, what it is at the origin, all of it. By DELETE: after a TRUNCATE, readers with an
     * older snapshot would see no rows (RULES E5).
     */
    public long reload(TrackedTable table) {
        destination.execute("DELETE FROM " + table.definition().rowsSql());
        return CopyPipe.run(
                origin,
                "COPY (SELECT %s FROM %s) TO STDOUT"
                        .formatted(
                                table.definition().columnList(""),
                                table.definition().rowsSql()),
                destination,
                copyIn(table));
    }

    /** Deletes from the destination every row whose key the log knows; leaves the log as it is. */
    public long deleteLoggedKeys(TrackedTable table, Key key) {
        StagingTable stage = StagingTable.ofKeys(destination, key);
        stageLoggedKeys(table, key, stage);
        stage.analyze();
        long deleted = deleteStaged(table, key, stage);
        stage.empty();
        return deleted;
    }

    private long stageLoggedKeys(TrackedTable table, Key key, StagingTable stage) {
        return CopyPipe.run(
                origin,
                "COPY (SELECT DISTINCT %s FROM %s d) TO STDOUT".formatted(key.restored("d"), table.deltaTable()),
                destination,
                "COPY %s FROM STDIN".formatted(stage.sql()));
    }

    /**
     * Takes keys out of the log and makes the destination's rows with these keys what the origin's are.
     *
     * @param keys about how many there are, for the planner, which does not know
     * @param limit rows of log to take at most; {@code Long.MAX_VALUE} takes all of them, as does a table with too many
     *     columns for a stage
     * @return keys applied
     */
    public long applyLoggedKeys(TrackedTable table, Key key, long keys, long limit) {
        if (!StagingTable.holds(table, key)) {
            return applyKeysThenRows(table, key, keys);
        }
        StagingTable stage = StagingTable.in(destination, table, key);
        steerPlanner(origin, table, Math.min(keys, limit));
        String bound = limit == Long.MAX_VALUE
                ? ""
                : " WHERE ctid = ANY (ARRAY(SELECT ctid FROM %s LIMIT %d))".formatted(table.deltaTable(), limit);
        long staged = CopyPipe.run(
                origin,
                """
                COPY (
                  WITH d AS (DELETE FROM %1$s%2$s RETURNING %3$s),
                  k AS (SELECT DISTINCT %4$s FROM d)
                  SELECT %5$s, t.ctid IS NOT NULL%6$s
                  FROM k LEFT JOIN ONLY %7$s AS t ON %8$s
                ) TO STDOUT""".formatted(
                                table.deltaTable(),
                                bound,
                                key.names(""),
                                key.restored("d"),
                                key.names("k."),
                                selectList(table),
                                table.name().sql(),
                                key.matches("t", "k")),
                destination,
                "COPY %s FROM STDIN".formatted(stage.sql()));
        if (staged > ANALYZE_FROM) {
            stage.analyze();
        }
        steerPlanner(destination, table, staged);
        deleteStaged(table, key, stage);
        List<Column> columns = table.definition().copiedColumns();
        destination.execute("INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT %s FROM %s WHERE present"
                .formatted(
                        into(table),
                        IntStream.rangeClosed(1, columns.size())
                                .mapToObj(i -> "c" + i)
                                .collect(Collectors.joining(", ")),
                        stage.sql()));
        stage.empty();
        return staged;
    }

    /** The rows go from table to table; only their keys are staged. Both reads see the one snapshot, so the same log. */
    private long applyKeysThenRows(TrackedTable table, Key key, long keys) {
        StagingTable stage = StagingTable.ofKeys(destination, key);
        long staged = stageLoggedKeys(table, key, stage);
        if (staged > ANALYZE_FROM) {
            stage.analyze();
        }
        steerPlanner(destination, table, staged);
        deleteStaged(table, key, stage);
        stage.empty();
        steerPlanner(origin, table, keys);
        CopyPipe.run(
                origin,
                """
                COPY (
                  WITH d AS (DELETE FROM %1$s RETURNING %2$s),
                  k AS (SELECT DISTINCT %3$s FROM d)
                  SELECT %4$s FROM k JOIN ONLY %5$s AS t ON %6$s
                ) TO STDOUT""".formatted(
                                table.deltaTable(),
                                key.names(""),
                                key.restored("d"),
                                table.definition().columnList("t."),
                                table.name().sql(),
                                key.matches("t", "k")),
                destination,
                copyIn(table));
        return staged;
    }

    private static final long ANALYZE_FROM = 10_000;
    private static final int LOOKUPS_PAY = 20;

    /**
     * A few keys in a large table are looked up by index, whatever the planner believes of a log without statistics; for
     * many it may choose.
     */
    private static void steerPlanner(Session session, TrackedTable table, long keys) {
        boolean lookUp = keys * LOOKUPS_PAY < Math.max(table.definition().estimatedRows(), 10_000);
        session.execute(
                "SET LOCAL enable_hashjoin = %1$s; SET LOCAL enable_mergejoin = %1$s".formatted(lookUp ? "off" : "on"));
    }

    private static String selectList(TrackedTable table) {
        String columns = table.definition().columnList("t.");
        return columns.isEmpty() ? "" : ", " + columns;
    }

    private static String copyIn(TrackedTable table) {
        return "COPY %s FROM STDIN".formatted(into(table));
    }

    /** With its columns by name, unless none travels: there are no empty lists of columns. */
    private static String into(TrackedTable table) {
        String columns = table.definition().columnList("");
        return table.definition().insertSql() + (columns.isEmpty() ? "" : " (" + columns + ")");
    }

    private long deleteStaged(TrackedTable table, Key key, StagingTable stage) {
        return destination
                .jdbc()
                .sql("DELETE FROM ONLY %s AS t USING %s AS k WHERE %s"
                        .formatted(table.name().sql(), stage.sql(), key.matches("t", "k")))
                .update();
    }
}
