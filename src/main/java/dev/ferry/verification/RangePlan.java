package dev.ferry.verification;

import dev.ferry.database.Key;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Cuts large tables into ranges of their keys, by a sample of their blocks. */
final class RangePlan {
    private static final int SAMPLED_FOR_EACH = 200;
    private static final int MOST_PARTS = 10_000;

    /** A guess, where statistics know nothing of a table. */
    private static final int BYTES_OF_A_ROW = 200;

    private final long rangeBytes;
    private final boolean sameOrder;
    private final boolean sameBytes;

    RangePlan(Route route, long rangeBytes) {
        this.rangeBytes = rangeBytes;
        Texts here = texts(route.origin().open());
        Texts there = texts(route.destination().open());
        this.sameOrder = here.equals(there);
        // SQL_ASCII holds what it is sent, and the rows were sent to the target byte by byte.
        this.sameBytes = here.encoding().equals(there.encoding())
                || here.encoding().equals("SQL_ASCII")
                || there.encoding().equals("SQL_ASCII");
    }

    /** What decides how a database stores and orders texts. */
    private record Texts(String encoding, String order) {}

    private static Texts texts(Session opened) {
        try (Session session = opened) {
            return session.jdbc()
                    .sql("""
                            SELECT pg_encoding_to_char(encoding) AS encoding,
                              concat_ws(' ', datlocprovider, datcollate, datctype) AS "order"
                            FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
                            """)
                    .query((row, number) -> new Texts(row.getString("encoding"), row.getString("order")))
                    .single();
        }
    }

    /** The table as it is compared. */
    ComparedTable compared(TrackedTable table) {
        return new ComparedTable(table, sameBytes);
    }

    boolean isSmall(TrackedTable table) {
        return table.definition().totalBytes() <= rangeBytes;
    }

    /** Texts that the two ends order differently make no ranges: each end would see other rows in one. */
    boolean canBeCut(Session origin, TrackedTable table) {
        Key key = table.definition().key();
        return key != null && (sameOrder || !ordersByCollation(origin, key));
    }

    private static boolean ordersByCollation(Session origin, Key key) {
        return key.columns().stream()
                .filter(column -> column.collation().isEmpty())
                .anyMatch(column -> origin.list(
                                Boolean.class,
                                "SELECT typcollation <> 0 FROM pg_catalog.pg_type WHERE oid = pg_catalog.to_regtype(?)",
                                column.type())
                        .equals(List.of(true)));
    }

    /** The ranges of a table by its size. */
    List<KeyRange> of(Lane lane, TrackedTable table, Duration atMost) {
        long parts = Math.min(MOST_PARTS, table.definition().totalBytes() / rangeBytes + 1);
        return cut(lane, table, KeyRange.ALL, (int) parts, atMost);
    }

    /** About so many parts of a range; the range itself if the sample knows no key inside of it. */
    List<KeyRange> cut(Lane lane, TrackedTable table, KeyRange range, int parts, Duration atMost) {
        if (parts < 2 || range.unkeyed()) {
            return List.of(range);
        }
        double rows = table.definition().estimatedRows() > 0
                ? table.definition().estimatedRows()
                : Math.max(1, table.definition().totalBytes() / BYTES_OF_A_ROW);
        double percent = Math.min(100, 100.0 * parts * SAMPLED_FOR_EACH / rows);
        ComparedTable compared = compared(table);
        List<List<String>> bounds = lane.askOrigin(
                table,
                compared.bounds(range, percent, parts),
                (row, number) -> {
                    List<String> bound = new ArrayList<>();
                    for (int i : IntStream.rangeClosed(1, compared.keyColumns()).toArray()) {
                        bound.add(row.getString(i));
                    }
                    return List.copyOf(bound);
                },
                atMost);
        List<KeyRange> ranges = new ArrayList<>(range.cutAt(bounds));
        Key key = table.definition().key();
        if (range.isAll() && ranges.size() > 1 && key != null && key.nullable()) {
            ranges.add(KeyRange.UNKEYED); // no bound is above or below them
        }
        return List.copyOf(ranges);
    }
}
