package dev.ferry.verification;

import dev.ferry.database.Identifiers;
import dev.ferry.database.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A part of a table: the rows whose key is above {@code lower} and not above {@code upper}, by the order of the end that is
 * asked. Ranges that follow each other cover every row at either end, even where the ends put keys in different orders: on
 * the way from "not above the first bound" to "above the last one" each row is between two neighbours at least once.
 *
 * @param lower texts of the key's columns; null if there is no bound
 * @param upper the same, itself part of the range
 * @param unkeyed instead of all that: the rows with a NULL in the key, which compare to nothing
 */
record KeyRange(@Nullable List<String> lower, @Nullable List<String> upper, boolean unkeyed) {
    static final KeyRange ALL = new KeyRange(null, null, false);

    static final KeyRange UNKEYED = new KeyRange(null, null, true);

    boolean isAll() {
        return lower == null && upper == null && !unkeyed;
    }

    /** The ranges that bounds cut this one into. */
    List<KeyRange> cutAt(List<List<String>> bounds) {
        List<KeyRange> ranges = new ArrayList<>();
        List<String> from = lower;
        for (List<String> bound : bounds) {
            ranges.add(new KeyRange(from, bound, false));
            from = bound;
        }
        ranges.add(new KeyRange(from, upper, false));
        return List.copyOf(ranges);
    }

    /** For a WHERE clause over the table under the alias t. */
    String condition(@Nullable Key key) {
        if (isAll() || key == null) {
            return "true";
        }
        String anyNull = key.columns().stream()
                .map(column -> name(column) + " IS NULL")
                .collect(Collectors.joining(" OR ", "(", ")"));
        if (unkeyed) {
            return anyNull;
        }
        List<String> conditions = new ArrayList<>();
        if (lower != null) {
            conditions.add(row(key) + " > " + row(key, lower));
        }
        if (upper != null) {
            conditions.add(row(key) + " <= " + row(key, upper));
        }
        if (key.nullable()) {
            conditions.add("NOT " + anyNull);
        }
        return String.join(" AND ", conditions);
    }

    private static String name(Key.KeyColumn column) {
        return "t." + Identifiers.quote(column.name());
    }

    private static String row(Key key) {
        return key.columns().stream().map(KeyRange::name).collect(Collectors.joining(", ", "ROW(", ")"));
    }

    private static String row(Key key, List<String> values) {
        return IntStream.range(0, values.size())
                .mapToObj(i -> literal(key.columns().get(i), values.get(i)))
                .collect(Collectors.joining(", ", "ROW(", ")"));
    }

    /** A value of the key as its index sees it. */
    static String literal(Key.KeyColumn column, String text) {
        String value = Identifiers.literal(text) + "::" + column.type();
        return column.collation().isEmpty() ? value : "(" + value + " " + column.collation() + ")";
    }
}
