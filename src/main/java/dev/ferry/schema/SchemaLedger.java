package dev.ferry.schema;

import dev.ferry.database.Database;
import dev.ferry.database.Session;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The dump and its entries in {@code ferry} on the target: what is done, what is not. A mark commits together with what it
 * speaks of, so it is never wrong.
 */
final class SchemaLedger {
    private static final int ROWS_A_STATEMENT = 500;

    /**
     * An entry without its SQL, which may be long.
     *
     * @param madeByUs false for what was there already or was left out
     */
    record Line(
            int position,
            int dumpId,
            String type,
            @Nullable String schema,
            String tag,
            Stage stage,
            @Nullable String relation,
            Set<Integer> dependsOn,
            boolean done,
            boolean madeByUs) {
        String title() {
            return SchemaEntry.title(type, schema, tag);
        }
    }

    /** What runs. */
    record Statement(String sql, boolean done) {}

    private static final String LINE = """
            SELECT position, dump_id, type, schema_name, tag, stage, relation, depends_on,
                   done_at IS NOT NULL AS done, made_by_us
            FROM ferry.schema_entry
            """;

    private final Database target;

    SchemaLedger(Database target) {
        this.target = target;
    }

    boolean stored() {
        return target.jdbc()
                .sql("SELECT EXISTS (SELECT FROM ferry.schema_dump)")
                .query(Boolean.class)
                .single();
    }

    boolean begun() {
        return target.jdbc()
                .sql("SELECT EXISTS (SELECT FROM ferry.schema_entry WHERE done_at IS NOT NULL)")
                .query(Boolean.class)
                .single();
    }

    /** Replaces what is there, inside the session's transaction. */
    void store(Session session, DumpedSchema schema) {
        clear(session);
        session.jdbc()
                .sql("""
                        INSERT INTO ferry.schema_dump (dump, taken_at, pg_dump_version)
                        VALUES (:dump, :takenAt, :version)
                        """)
                .param("dump", schema.archive())
                .param("takenAt", Timestamp.from(schema.takenAt()))
                .param("version", Integer.toString(schema.pgDumpVersion()))
                .update();
        List<SchemaEntry> entries = schema.entries();
        for (int from = 0; from < entries.size(); from += ROWS_A_STATEMENT) {
            insert(session, entries.subList(from, Math.min(entries.size(), from + ROWS_A_STATEMENT)));
        }
    }

    private static void insert(Session session, List<SchemaEntry> entries) {
        session.jdbc()
                .sql("""
                        INSERT INTO ferry.schema_entry (
                          position, dump_id, type, schema_name, tag, stage, relation, depends_on, populated, sql, drop_sql)
                        SELECT position, dump_id, type, schema_name, tag, stage, relation, depends_on::integer[],
                               populated, sql, drop_sql
                        FROM unnest(:position::integer[], :dumpId::integer[], :type::text[], :schema::text[], :tag::text[],
                                    :stage::text[], :relation::text[], :dependsOn::text[], :populated::boolean[],
                                    :sql::text[], :dropSql::text[])
                          AS entry (position, dump_id, type, schema_name, tag, stage, relation, depends_on,
                                    populated, sql, drop_sql)
                        """)
                .param("position", column(entries, entry -> Integer.toString(entry.position())))
                .param("dumpId", column(entries, entry -> Integer.toString(entry.dumpId())))
                .param("type", column(entries, SchemaEntry::type))
                .param("schema", column(entries, SchemaEntry::schema))
                .param("tag", column(entries, SchemaEntry::tag))
                .param("stage", column(entries, entry -> entry.stage().name()))
                .param("relation", column(entries, SchemaEntry::relation))
                .param(
                        "dependsOn",
                        column(
                                entries,
                                entry -> entry.dependsOn().stream()
                                        .map(String::valueOf)
                                        .collect(Collectors.joining(",", "{", "}"))))
                .param("populated", column(entries, entry -> Boolean.toString(entry.populated())))
                .param("sql", column(entries, SchemaEntry::sql))
                .param("dropSql", column(entries, SchemaEntry::dropSql))
                .update();
    }

    private static Object column(List<SchemaEntry> entries, Function<SchemaEntry, @Nullable String> value) {
        return entries.stream().map(value).toArray(String[]::new);
    }

    void clear(Session session) {
        session.execute(
                "DELETE FROM ferry.trigger_state; DELETE FROM ferry.schema_entry; DELETE FROM ferry.schema_dump");
    }

    /** All entries, in order. */
    List<Line> lines() {
        return target.jdbc()
                .sql(LINE + " ORDER BY position")
                .query((row, number) -> line(row))
                .list();
    }

    /** The entries of a stage, in order. */
    List<Line> lines(Stage stage) {
        return target.jdbc()
                .sql(LINE + " WHERE stage = :stage ORDER BY position")
                .param("stage", stage.name())
                .query((row, number) -> line(row))
                .list();
    }

    private static Line line(ResultSet row) throws SQLException {
        Array dependsOn = row.getArray("depends_on");
        return new Line(
                row.getInt("position"),
                row.getInt("dump_id"),
                row.getString("type"),
                row.getString("schema_name"),
                row.getString("tag"),
                Stage.valueOf(row.getString("stage")),
                row.getString("relation"),
                Set.copyOf(Arrays.asList((Integer[]) dependsOn.getArray())),
                row.getBoolean("done"),
                row.getBoolean("made_by_us"));
    }

    SchemaRestore.Progress progress(Stage stage, List<String> current) {
        return target.jdbc()
                .sql("SELECT count(done_at), count(*) FROM ferry.schema_entry WHERE stage = :stage")
                .param("stage", stage.name())
                .query((row, number) -> new SchemaRestore.Progress(row.getInt(1), row.getInt(2), current))
                .single();
    }

    /** The SQL of a stage's entries, by position. */
    Map<Integer, String> sql(Stage stage) {
        return target
                .jdbc()
                .sql("SELECT position, sql FROM ferry.schema_entry WHERE stage = :stage")
                .param("stage", stage.name())
                .query((row, number) -> Map.entry(row.getInt("position"), row.getString("sql")))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /**
     * Locks an entry's row for the transaction: whoever else runs it, an older connection of ours that the server has not
     * given up yet included, is through with it afterwards.
     */
    Statement lock(Session session, int position) {
        return session.jdbc()
                .sql(
                        "SELECT sql, done_at IS NOT NULL AS done FROM ferry.schema_entry WHERE position = :position FOR UPDATE")
                .param("position", position)
                .query(Statement.class)
                .single();
    }

    @Nullable String dropSql(Session session, int position) {
        return session.jdbc()
                .sql("SELECT drop_sql FROM ferry.schema_entry WHERE position = :position FOR UPDATE")
                .param("position", position)
                .query((row, number) -> row.getString(1))
                .list()
                .get(0);
    }

    /** @param leftOut why it was not made, null if it was made or was there */
    void markDone(Session session, int position, boolean madeByUs, @Nullable String leftOut) {
        session.jdbc()
                .sql("""
                        UPDATE ferry.schema_entry
                        SET done_at = now(), made_by_us = :madeByUs, error = :error
                        WHERE position = :position
                        """)
                .param("position", position)
                .param("madeByUs", madeByUs)
                .param("error", leftOut)
                .update();
    }

    void markUndone(Session session, int position) {
        session.jdbc().sql("""
                        UPDATE ferry.schema_entry
                        SET done_at = NULL, made_by_us = false, error = NULL
                        WHERE position = :position
                        """).param("position", position).update();
    }

    void noteError(Session session, int position, String error) {
        session.jdbc()
                .sql("UPDATE ferry.schema_entry SET error = :error WHERE position = :position AND done_at IS NULL")
                .param("position", position)
                .param("error", error)
                .update();
    }

    /** Materialized views that held data on the source, as SQL names, each after those it reads. */
    List<String> populatedViews() {
        return target.jdbc().sql("""
                        SELECT relation
                        FROM ferry.schema_entry
                        WHERE populated
                          AND made_by_us
                        ORDER BY position
                        """).query(String.class).list();
    }
}
