package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * Compares every row of every user table of two databases, by means that share nothing with the product: superusers on
 * both ends, one snapshot on each, the multiset of the rows' texts with columns by name. Equal means equal to the byte:
 * {@code -0} is not {@code 0}, {@code 1.0} is not {@code 1.00}, NULL is not the empty string, and a row that is there
 * twice on one side must be there twice on the other.
 */
public final class RowComparison {
    private static final int SHOWN = 10;
    private static final int SHOWN_CHARACTERS = 300;

    private RowComparison() {}

    /**
     * Fails with the tables that differ and up to ten rows of each.
     *
     * @param excludedTables {@code schema.table}, quoted where SQL would need it; not compared on either side
     */
    public static void assertEqual(TestDatabase source, TestDatabase target, String... excludedTables) {
        List<String> differences = differences(source, target, excludedTables);
        if (!differences.isEmpty()) {
            fail(
                    "%s and %s differ:%n%s",
                    source.name(), target.name(), String.join(System.lineSeparator(), differences));
        }
    }

    /** One text a table that differs; none if all rows are equal. */
    public static List<String> differences(TestDatabase source, TestDatabase target, String... excludedTables) {
        try (Connection left = UserCatalog.snapshot(source);
                Connection right = UserCatalog.snapshot(target)) {
            SortedMap<String, List<String>> expected = UserCatalog.tables(left);
            SortedMap<String, List<String>> actual = UserCatalog.tables(right);
            Set<String> excluded = Set.of(excludedTables);
            expected.keySet().removeAll(excluded);
            actual.keySet().removeAll(excluded);
            assertThat(expected)
                    .as("tables of %s: a comparison of nothing proves nothing", source.name())
                    .isNotEmpty();
            assertThat(actual).as("tables and columns of the target").isEqualTo(expected);

            List<String> differences = new ArrayList<>();
            for (Map.Entry<String, List<String>> table : expected.entrySet()) {
                Difference difference = compare(left, right, rowText(table.getKey(), table.getValue()));
                if (difference.count > 0) {
                    differences.add(describe(left, right, table.getKey(), table.getValue(), difference));
                }
            }
            return differences;
        } catch (SQLException e) {
            throw new IllegalStateException("comparing " + source.name() + " with " + target.name(), e);
        }
    }

    private static String rowText(String table, List<String> columns) {
        return "SELECT ROW(" + String.join(", ", columns) + ")::text AS r FROM ONLY " + table;
    }

    private static final class Difference {
        private final List<String> missing = new ArrayList<>();
        private final List<String> surplus = new ArrayList<>();
        private long count;
        private long expectedRows;
        private long actualRows;

        private void add(List<String> side, String digest) {
            count++;
            if (side.size() < SHOWN) {
                side.add(digest);
            }
        }
    }

    /** Merges the two sorted streams of digests; neither is held in memory. */
    private static Difference compare(Connection left, Connection right, String rowText) throws SQLException {
        String sql = "COPY (SELECT pg_catalog.md5(pg_catalog.convert_to(r, 'UTF8'))::uuid AS m FROM (" + rowText
                + ") x ORDER BY m) TO STDOUT";
        CopyOut expected = left.unwrap(PGConnection.class).getCopyAPI().copyOut(sql);
        CopyOut actual = right.unwrap(PGConnection.class).getCopyAPI().copyOut(sql);
        Difference difference = new Difference();
        String wanted = next(expected);
        String found = next(actual);
        while (wanted != null || found != null) {
            int order = wanted == null ? 1 : found == null ? -1 : wanted.compareTo(found);
            if (order < 0) {
                difference.add(difference.missing, String.valueOf(wanted));
            } else if (order > 0) {
                difference.add(difference.surplus, String.valueOf(found));
            }
            if (order <= 0) {
                difference.expectedRows++;
                wanted = next(expected);
            }
            if (order >= 0) {
                difference.actualRows++;
                found = next(actual);
            }
        }
        return difference;
    }

    private static @Nullable String next(CopyOut rows) throws SQLException {
        byte @Nullable [] line = rows.readFromCopy();
        return line == null ? null : new String(line, StandardCharsets.US_ASCII).stripTrailing();
    }

    private static String describe(
            Connection left, Connection right, String table, List<String> columns, Difference difference)
            throws SQLException {
        StringBuilder text = new StringBuilder()
                .append("%s(%s): %d rows expected, %d found, %d differences"
                        .formatted(
                                table,
                                String.join(", ", columns),
                                difference.expectedRows,
                                difference.actualRows,
                                difference.count));
        for (String row : rows(left, table, columns, difference.missing)) {
            text.append(System.lineSeparator()).append("  only on the source: ").append(row);
        }
        for (String row : rows(right, table, columns, difference.surplus)) {
            text.append(System.lineSeparator()).append("  only on the target: ").append(row);
        }
        return text.toString();
    }

    /** A row that the other side has fewer times is shown as often as it is counted. */
    private static List<String> rows(Connection side, String table, List<String> columns, List<String> digests)
            throws SQLException {
        List<String> rows = new ArrayList<>();
        for (String digest : digests) {
            rows.addAll(UserCatalog.strings(
                    side,
                    "SELECT pg_catalog.left(r, " + SHOWN_CHARACTERS + ") FROM (" + rowText(table, columns)
                            + ") x WHERE pg_catalog.md5(pg_catalog.convert_to(r, 'UTF8'))::uuid = ?::uuid LIMIT 1",
                    digest));
        }
        return rows;
    }
}
