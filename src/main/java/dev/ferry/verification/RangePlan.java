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

    private final long rangeBytes;
    private final boolean sameOrder;

    RangePlan(Route route, long rangeBytes) {
        this.rangeBytes = rangeBytes;
        this.sameOrder =
                order(route.origin().open()).equals(order(route.destination().open()));
    }

    /** What decides how a database orders texts. */
    private static List<String> order(Session opened) {
        try (Session session = opened) {
            return session.list(
                    String.class,
                    "SELECT concat_ws(' ', encoding, datlocprovider, datcollate, datctype) FROM pg_catalog.pg_database"
                            + " WHERE datname = pg_catalog.current_database()");
        }
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
        List<KeyRange> ranges = new ArrayList<>(cut(lane, table, KeyRange.ALL, (int) parts, atMost));
        Key key = table.definition().key();
        if (ranges.size() > 1 && key != null && key.nullable()) {
            ranges.add(KeyRange.UNKEYED);
        }
        return ranges;
    }

    /** About so many parts of a range; the range itself if the sample knows no key inside of it. */
    List<KeyRange> cut(Lane lane, TrackedTable table, KeyRange range, int parts, Duration atMost) {
        if (parts < 2 || range.unkeyed()) {
            return List.of(range);
        }
        double rows = Math.max(1, table.definition().estimatedRows());
        double percent = Math.min(100, 100.0 * parts * SAMPLED_FOR_EACH / rows);
        ComparedTable compared = new ComparedTable(table);
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
        return range.cutAt(bounds);
    }
}
