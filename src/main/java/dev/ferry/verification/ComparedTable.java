package dev.ferry.verification;

import dev.ferry.database.Column;
import dev.ferry.database.Identifiers;
import dev.ferry.database.Key;
import dev.ferry.database.TrackedTable;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The statements that one range of a table is compared by; the same text at both ends. A row is its columns' texts, by name
 * and under the pinned formats, generated columns too; it is told by a 64-bit hash of that text, computed where the row is.
 * The hash is the server's own for text under the collation "C": of its bytes alone, the same in every version since 11; where
 * the databases' encodings differ, of the bytes in UTF-8.
 */
final class ComparedTable {
    private static final int FEWEST_BUCKETS = 1024;
    private static final int MOST_BUCKETS = 1 << 16;
    private static final int ROWS_OF_A_BUCKET = 1000;

    private final TrackedTable table;
    private final @Nullable Key key;
    private final boolean sameBytes;

    /** @param sameBytes the two ends store a text in the same bytes */
    ComparedTable(TrackedTable table, boolean sameBytes) {
        this.table = table;
        this.key = table.definition().key();
        this.sameBytes = sameBytes;
    }

    private String hash(String columns) {
        String text = "ROW(" + columns + ")::pg_catalog.text";
        String same = sameBytes ? text : "pg_catalog.encode(pg_catalog.convert_to(" + text + ", 'UTF8'), 'hex')";
        return "pg_catalog.hashtextextended((" + same + ") COLLATE pg_catalog.\"C\", 0)";
    }

    private String rowHash() {
        return hash(
                table.definition().columns().stream().map(ComparedTable::name).collect(Collectors.joining(", ")));
    }

    private static String name(Column column) {
        return "t." + Identifiers.quote(column.name());
    }

    private static String name(Key.KeyColumn column) {
        return "t." + Identifiers.quote(column.name());
    }

    private String from(KeyRange range) {
        return "FROM " + table.definition().rowsSql() + " AS t WHERE " + range.condition(key);
    }

    /** One row: how many rows, and the sum of their hashes. */
    String totals(KeyRange range) {
        return "SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(" + rowHash() + "), 0) " + from(range);
    }

    /** Rows of the same key are in the same bucket at both ends; without a key, rows of the same text. */
    private String bucket(int buckets) {
        String told = key == null
                ? rowHash()
                : hash(key.columns().stream().map(ComparedTable::name).collect(Collectors.joining(", ")));
        return "(" + told + " & " + (buckets - 1) + ")";
    }

    /**
     * A mismatch is looked for in so many parts before rows are fetched: a power of two.
     *
     * @param rows of the range; even the rows of one bucket of a table that cannot be cut have to fit into memory
     */
    static int buckets(long rows) {
        long wanted = Long.highestOneBit(Math.max(1, rows / ROWS_OF_A_BUCKET));
        return (int) Math.max(FEWEST_BUCKETS, Math.min(MOST_BUCKETS, wanted));
    }

    /** A row for each bucket that is not empty: its number, how many rows, and the sum of their hashes. */
    String buckets(KeyRange range, int buckets) {
        return "SELECT " + bucket(buckets) + " AS bucket, pg_catalog.count(*), pg_catalog.sum(" + rowHash() + ") "
                + from(range) + " GROUP BY 1";
    }

    /** The rows of some buckets of so many: hash, how often, and with a key its columns' texts. */
    String rows(KeyRange range, Collection<Integer> some, int buckets) {
        return "SELECT " + rowHash() + " AS hash, "
                + (key == null ? "pg_catalog.count(*)" : "1::pg_catalog.int8")
                + keyTexts() + " " + from(range) + " AND " + bucket(buckets) + " IN ("
                + some.stream().map(String::valueOf).collect(Collectors.joining(", ")) + ")"
                + (key == null ? " GROUP BY 1" : "");
    }

    private String keyTexts() {
        return key == null
                ? ""
                : key.columns().stream()
                        .map(column -> ", " + name(column) + "::pg_catalog.text")
                        .collect(Collectors.joining());
    }

    /** The rows of some keys, in whatever range they are; as {@link #rows}. */
    String rowsOf(List<List<String>> keys) {
        Key named = java.util.Objects.requireNonNull(key);
        return "SELECT " + rowHash() + " AS hash, 1::pg_catalog.int8" + keyTexts() + " FROM (VALUES "
                + keys.stream()
                        .map(values -> IntStream.range(0, values.size())
                                .mapToObj(i -> KeyRange.literal(named.columns().get(i), values.get(i)))
                                .collect(Collectors.joining(", ", "(", ")")))
                        .collect(Collectors.joining(", "))
                + ") AS k (" + named.names("") + ") JOIN " + table.definition().rowsSql() + " AS t ON "
                + named.matches("t", "k");
    }

    /** Keys that cut a range into about so many parts of like size, from a sample of its blocks. */
    String bounds(KeyRange range, double percentOfBlocks, int parts) {
        Key named = java.util.Objects.requireNonNull(key);
        String columns = named.columns().stream().map(ComparedTable::name).collect(Collectors.joining(", "));
        return """
                WITH s AS (
                  SELECT %1$s, pg_catalog.ntile(%2$d) OVER (ORDER BY %3$s) AS part,
                         pg_catalog.row_number() OVER (ORDER BY %3$s) AS position
                  FROM ONLY %4$s AS t TABLESAMPLE SYSTEM (%5$s) WHERE %6$s%7$s)
                SELECT %8$s FROM s WHERE position IN (SELECT pg_catalog.max(position) FROM s GROUP BY part)
                  AND part < %2$d ORDER BY position
                """.formatted(
                        IntStream.rangeClosed(1, named.columns().size())
                                .mapToObj(i -> name(named.columns().get(i - 1)) + "::pg_catalog.text AS k" + i)
                                .collect(Collectors.joining(", ")),
                        parts,
                        columns,
                        table.name().sql(),
                        String.format(java.util.Locale.ROOT, "%.6f", percentOfBlocks),
                        range.condition(key),
                        named.nullable() ? " AND NOT " + KeyRange.UNKEYED.condition(key) : "",
                        named.names(""));
    }

    int keyColumns() {
        return key == null ? 0 : key.columns().size();
    }

    TrackedTable table() {
        return table;
    }
}
