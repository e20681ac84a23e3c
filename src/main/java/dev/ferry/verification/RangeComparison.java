package dev.ferry.verification;

import dev.ferry.verification.RowDifference.Kind;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.RowMapper;

/**
 * Compares one range of a table at a lane's moment: sums first, and only where they differ parts of it, and of those the
 * rows, whose keys it tells. No row's values leave the servers.
 */
final class RangeComparison {
    /** So many rows of the parts that differ are looked at one by one at once, which costs a read of the range each time. */
    static final int ROWS_LOOKED_AT = 100_000;

    private static final int LOOKS = 20;

    private static final int KEYS_AT_ONCE = 500;

    private final Lane lane;
    private final ComparedTable table;
    private final Duration atMost;

    private final Predicate<RowDifference> counts;

    /** @param counts whether what differs is a difference; else it is left out */
    RangeComparison(Lane lane, ComparedTable table, Duration atMost, Predicate<RowDifference> counts) {
        this.lane = lane;
        this.table = table;
        this.atMost = atMost;
        this.counts = counts;
    }

    /**
     * What came out.
     *
     * @param rows at the origin
     * @param more there is more that may differ than was looked at
     */
    record Result(long rows, List<RowDifference> differences, boolean more) {}

    private record Sum(long rows, BigDecimal hashes) {}

    private record Part(int bucket, Sum sum) {}

    /** A row's hash, how many rows have it, and its key; the key is null in a table without one. */
    private record Row(long hash, long times, @Nullable List<@Nullable String> key) {}

    Result compare(KeyRange range) {
        Lane.Both<Sum> sums = ask(table.totals(range), (row, number) -> sum(row, 1));
        Sum here = sums.origin().get(0);
        if (here.equals(sums.destination().get(0))) {
            return new Result(here.rows(), List.of(), false);
        }
        int buckets = ComparedTable.buckets(
                Math.max(here.rows(), sums.destination().get(0).rows()));
        List<List<Integer>> portions = differingParts(range, buckets);
        if (portions.isEmpty()) {
            throw new IllegalStateException("sums differ and none of their parts does");
        }
        List<RowDifference> found = new ArrayList<>();
        int looks = 0;
        while (looks < Math.min(LOOKS, portions.size()) && found.size() < VerificationLedger.KEYS_KEPT) {
            Lane.Both<Row> rows = ask(table.rows(range, portions.get(looks), buckets), this::row);
            (table.keyColumns() == 0 ? byHash(rows) : byKey(rows.origin(), rows.destination(), !range.isAll()))
                    .stream().filter(counts).forEach(found::add);
            looks++;
        }
        return new Result(here.rows(), found, looks < portions.size());
    }

    /** The buckets that differ, in portions that hold about as many rows as are looked at at once. */
    private List<List<Integer>> differingParts(KeyRange range, int buckets) {
        Lane.Both<Part> both =
                ask(table.buckets(range, buckets), (row, number) -> new Part(row.getInt(1), sum(row, 2)));
        Map<Integer, Sum> here = byBucket(both.origin());
        Map<Integer, Sum> there = byBucket(both.destination());
        Set<Integer> all = new HashSet<>(here.keySet());
        all.addAll(there.keySet());
        Sum none = new Sum(0, BigDecimal.ZERO);
        List<List<Integer>> portions = new ArrayList<>();
        long rows = ROWS_LOOKED_AT;
        for (int bucket : all.stream().sorted().toList()) {
            Sum mine = here.getOrDefault(bucket, none);
            Sum other = there.getOrDefault(bucket, none);
            if (mine.equals(other)) {
                continue;
            }
            long added = Math.max(mine.rows(), other.rows());
            rows += added;
            if (rows > ROWS_LOOKED_AT) {
                portions.add(new ArrayList<>());
                rows = added;
            }
            portions.get(portions.size() - 1).add(bucket);
        }
        return portions;
    }

    private static Map<Integer, Sum> byBucket(List<Part> parts) {
        Map<Integer, Sum> sums = new HashMap<>();
        parts.forEach(part -> sums.put(part.bucket(), part.sum()));
        return sums;
    }

    /** The same text as often at both ends; without a key there is nothing else to tell. */
    private static List<RowDifference> byHash(Lane.Both<Row> rows) {
        Map<Long, Long> surplus = new TreeMap<>();
        rows.origin().forEach(row -> surplus.merge(row.hash(), row.times(), Long::sum));
        rows.destination().forEach(row -> surplus.merge(row.hash(), -row.times(), Long::sum));
        long missing = surplus.values().stream()
                .filter(times -> times > 0)
                .mapToLong(times -> times)
                .sum();
        long extra = -surplus.values().stream()
                .filter(times -> times < 0)
                .mapToLong(times -> times)
                .sum();
        List<RowDifference> found = new ArrayList<>();
        if (missing > 0) {
            found.add(new RowDifference(Kind.MISSING, null, missing));
        }
        if (extra > 0) {
            found.add(new RowDifference(Kind.EXTRA, null, extra));
        }
        return found;
    }

    /**
     * Compares rows key by key. The index may be gone at the destination, so a key may be there more than once.
     *
     * @param ordered the range has bounds, which an end may put a key on the other side of: whoever seems to be missing is
     *     looked for at large
     */
    private List<RowDifference> byKey(List<Row> origin, List<Row> destination, boolean ordered) {
        Map<List<@Nullable String>, List<Long>> here = byKey(origin);
        Map<List<@Nullable String>, List<Long>> there = byKey(destination);
        if (ordered) {
            lookForAtLarge(here, there);
        }
        List<RowDifference> found = new ArrayList<>();
        here.forEach((key, hashes) -> {
            List<Long> others = there.getOrDefault(key, List.of());
            if (others.isEmpty()) {
                found.add(new RowDifference(Kind.MISSING, key, 1));
            } else if (!others.equals(hashes)) {
                found.add(new RowDifference(
                        others.size() > hashes.size() && others.containsAll(hashes) ? Kind.EXTRA : Kind.DIFFERENT,
                        key,
                        1));
            }
        });
        there.forEach((key, hashes) -> {
            if (!here.containsKey(key)) {
                found.add(new RowDifference(Kind.EXTRA, key, 1));
            }
        });
        return found;
    }

    private static Map<List<@Nullable String>, List<Long>> byKey(List<Row> rows) {
        Map<List<@Nullable String>, List<Long>> hashes = new HashMap<>();
        for (Row row : rows) {
            List<@Nullable String> key = java.util.Objects.requireNonNull(row.key());
            hashes.computeIfAbsent(key, any -> new ArrayList<>()).add(row.hash());
        }
        hashes.values().forEach(list -> list.sort(null));
        return hashes;
    }

    private void lookForAtLarge(
            Map<List<@Nullable String>, List<Long>> here, Map<List<@Nullable String>, List<Long>> there) {
        List<List<String>> lonely = new ArrayList<>();
        for (List<@Nullable String> key : here.keySet()) {
            if (!there.containsKey(key) && !key.contains(null)) {
                lonely.add(plain(key));
            }
        }
        for (List<@Nullable String> key : there.keySet()) {
            if (!here.containsKey(key) && !key.contains(null)) {
                lonely.add(plain(key));
            }
        }
        for (int from = 0; from < lonely.size(); from += KEYS_AT_ONCE) {
            List<List<String>> some = lonely.subList(from, Math.min(from + KEYS_AT_ONCE, lonely.size()));
            Lane.Both<Row> rows = ask(table.rowsOf(some), this::row);
            here.putAll(byKey(rows.origin()));
            there.putAll(byKey(rows.destination()));
        }
    }

    private static List<String> plain(List<@Nullable String> key) {
        return key.stream().map(String::valueOf).toList();
    }

    private <T> Lane.Both<T> ask(String sql, RowMapper<T> mapper) {
        return lane.ask(table.table(), sql, mapper, atMost);
    }

    private static Sum sum(ResultSet row, int from) throws SQLException {
        return new Sum(row.getLong(from), row.getBigDecimal(from + 1));
    }

    private Row row(ResultSet row, int number) throws SQLException {
        if (table.keyColumns() == 0) {
            return new Row(row.getLong(1), row.getLong(2), null);
        }
        List<@Nullable String> key = new ArrayList<>();
        for (int i = 0; i < table.keyColumns(); i++) {
            key.add(row.getString(3 + i));
        }
        return new Row(row.getLong(1), row.getLong(2), key);
    }
}
