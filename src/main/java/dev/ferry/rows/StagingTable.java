package dev.ferry.rows;

import dev.ferry.database.Column;
import dev.ferry.database.Identifiers;
import dev.ferry.database.Key;
import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A temporary table for rows on their way: the key, whether the row is there, its columns; or for keys alone. A connection makes one for each
 * declaration that it meets and keeps it, for all tables and all runs: the name is made of the declaration, so what is
 * found under it has the right columns, and tables of one shape share one stage.
 *
 * <p>Empty whenever no transfer is at work, because it is emptied in the transaction that filled it; a rollback does the
 * same. Not by {@code ON COMMIT DELETE ROWS}: the server then truncates all such tables of a session at each commit, 400 of
 * them for one row (half a second a cycle). And not made and dropped in each cycle: that bloats the target's catalogs.
 */
final class StagingTable {
    /** Above this it is truncated, which writes catalog rows; below, deleted rows leave room for later ones. */
    private static final long KEPT_BYTES = 1 << 20;

    private static final int DIGITS = 24;

    /** The server's limit (MaxHeapAttributeNumber). */
    private static final int MOST_COLUMNS = 1600;

    private final Session session;
    private final String name;

    private StagingTable(Session session, String name) {
        this.session = session;
        this.name = name;
    }

    /** Whether one table can have all these columns; one of {@value #MOST_COLUMNS} has no room for any of ours. */
    static boolean holds(TrackedTable table, Key key) {
        return key.columns().size() + 1 + table.definition().copiedColumns().size() <= MOST_COLUMNS;
    }

    /** Columns are called by position: no column of the app can have the name of one of ours. */
    static StagingTable in(Session session, TrackedTable table, Key key) {
        List<Column> columns = table.definition().copiedColumns();
        return declared(
                session,
                key.declarations() + ", present boolean"
                        + IntStream.rangeClosed(1, columns.size())
                                .mapToObj(i ->
                                        ", c" + i + " " + columns.get(i - 1).stagingType())
                                .collect(Collectors.joining()),
                key.columns().size() + 1 + columns.size());
    }

    /** For keys alone. */
    static StagingTable ofKeys(Session session, Key key) {
        return declared(session, key.declarations(), key.columns().size());
    }

    private static StagingTable declared(Session session, String declarations, int columns) {
        StagingTable stage = new StagingTable(session, "ferry_stage_" + digest(declarations));
        // Whoever drops a type of the app's with CASCADE takes columns out of a stage: then it is made anew.
        session.execute(
                """
                DO $ferry_block$ BEGIN
                IF (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute
                    WHERE attrelid = pg_catalog.to_regclass(%1$s) AND attnum > 0 AND NOT attisdropped) <> %2$d THEN
                  DROP TABLE IF EXISTS %3$s;
                  CREATE TEMPORARY TABLE %4$s (%5$s);
                END IF;
                END $ferry_block$""".formatted(Identifiers.literal(stage.sql()), columns, stage.sql(), stage.name, declarations));
        return stage;
    }

    private static String digest(String declarations) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(declarations.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).substring(0, DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    String sql() {
        return "pg_temp." + name;
    }

    void analyze() {
        session.execute("ANALYZE " + sql());
    }

    void empty() {
        session.execute("""
                DO $ferry_block$ BEGIN
                IF pg_catalog.pg_table_size(%s) > %d THEN TRUNCATE %3$s; ELSE DELETE FROM %3$s; END IF;
                END $ferry_block$""".formatted(Identifiers.literal(sql()), KEPT_BYTES, sql()));
    }
}
