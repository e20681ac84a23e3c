package dev.ferry.sync;

import dev.ferry.database.Database;
import dev.ferry.database.TableName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is written down about the tables of the migration, on the target. */
public final class TrackedTables {
    private final Database target;

    public TrackedTables(Database target) {
        this.target = target;
    }

    /**
     * A table's entry.
     *
     * @param definition fingerprint of what was captured
     * @param stamps versions of its columns' catalog rows: a rewrite of all values leaves nothing else
     * @param keyColumns what its rows are told apart by, for the whole migration
     * @param triggers fingerprint of its capture triggers, null before they are on
     * @param suspended why it is not synced now, null if it is
     * @param lastReload null before the first
     */
    public record Entry(
            int id,
            long sourceOid,
            TableName name,
            String definition,
            String stamps,
            List<String> keyColumns,
            @org.jspecify.annotations.Nullable String triggers,
            String state,
            @org.jspecify.annotations.Nullable String suspended,
            @org.jspecify.annotations.Nullable Reload lastReload) {}

    /** All entries by number. */
    public Map<Integer, Entry> entries() {
        Map<Integer, Entry> entries = new TreeMap<>();
        List<Entry> rows = target.jdbc()
                .sql("""
                        SELECT table_id, source_oid, schema_name, table_name, definition, stamps, key_columns, triggers, state, suspended,
                          reloaded_at, reload_ms
                        FROM ferry.table_copy
                        """)
                .query((row, number) -> new Entry(
                        row.getInt("table_id"),
                        row.getLong("source_oid"),
                        new TableName(row.getString("schema_name"), row.getString("table_name")),
                        row.getString("definition"),
                        row.getString("stamps"),
                        List.of((String[]) row.getArray("key_columns").getArray()),
                        row.getString("triggers"),
                        row.getString("state"),
                        row.getString("suspended"),
                        reload(row)))
                .list();
        rows.forEach(entry -> entries.put(entry.id(), entry));
        return entries;
    }

    private static @org.jspecify.annotations.Nullable Reload reload(ResultSet row) throws SQLException {
        Timestamp at = row.getTimestamp("reloaded_at");
        return at == null ? null : new Reload(at.toInstant(), Duration.ofMillis(row.getLong("reload_ms")));
    }

    /** Takes over new stamps of a table that is otherwise the same: a GRANT or REVOKE of ours changed them. */
    public void restamp(int id, String stamps) {
        target.jdbc()
                .sql("UPDATE ferry.table_copy SET stamps = ? WHERE table_id = ?")
                .params(stamps, id)
                .update();
    }

    /** Goes on with a table whose suspension had a reason that begins so. */
    void resume(int id, String reasonBegins) {
        target.jdbc()
                .sql("UPDATE ferry.table_copy SET suspended = NULL WHERE table_id = ? AND starts_with(suspended, ?)")
                .params(id, reasonBegins)
                .update();
    }

    /** Stops syncing a table; its log is kept. */
    public void suspend(int id, String reason) {
        target.jdbc()
                .sql("UPDATE ferry.table_copy SET suspended = ? WHERE table_id = ? AND suspended IS NULL")
                .params(reason, id)
                .update();
    }
}
