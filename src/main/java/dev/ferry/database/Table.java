package dev.ferry.database;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A table with rows of its own: ordinary, or a partition or inheritance member taken by itself.
 *
 * @param oid at the end that the catalog was read from
 * @param key null if nothing tells its rows apart
 * @param member a partition or inheritance child or parent: statements may reach it through another name
 * @param heapBlocks blocks of 8 kB in the main fork
 * @param totalBytes heap and TOAST
 * @param estimatedRows the planner's idea; negative if it has none
 * @param through the root of a tree of partitions that hashes an enum: in which leaf a row is depends on the server's type
 *     oids, so such trees are compared and moved as a whole (RULES E4); null for every other table
 */
public record Table(
        long oid,
        TableName name,
        List<Column> columns,
        @Nullable Key key,
        boolean member,
        long filenode,
        long heapBlocks,
        long totalBytes,
        double estimatedRows,
        @Nullable TableName through) {

    /** One whose rows are where they are at both ends. */
    public Table(
            long oid,
            TableName name,
            List<Column> columns,
            @Nullable Key key,
            boolean member,
            long filenode,
            long heapBlocks,
            long totalBytes,
            double estimatedRows) {
        this(oid, name, columns, key, member, filenode, heapBlocks, totalBytes, estimatedRows, null);
    }

    /** What a FROM clause calls the rows that are the same at both ends: the table's own, or those of its whole tree. */
    public String rowsSql() {
        return through == null ? "ONLY " + name.sql() : through.sql();
    }

    /** What rows are inserted into. */
    public String insertSql() {
        return through == null ? name.sql() : through.sql();
    }

    /** The columns whose values travel. */
    public List<Column> copiedColumns() {
        return columns.stream().filter(column -> !column.generated()).toList();
    }

    /** Names of the key's columns; empty without a key. */
    public List<String> keyColumns() {
        return key == null
                ? List.of()
                : key.columns().stream().map(Key.KeyColumn::name).toList();
    }

    /** {@code "a", "b"}, or the same with an alias in front of each. */
    public String columnList(String prefix) {
        return copiedColumns().stream()
                .map(column -> prefix + Identifiers.quote(column.name()))
                .collect(Collectors.joining(", "));
    }
}
