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
            conditions.add(compared(key, ">", lower));
        }
        if (upper != null) {
            conditions.add(compared(key, "<=", upper));
        }
        if (key.nullable()) {
            conditions.add("NOT " + anyNull);
        }
        return String.join(" AND ", conditions);
    }

    private static String name(Key.KeyColumn column) {
        return "t." + Identifiers.quote(column.name());
    }

    /**
     * By the order of the key's own index: types of extensions have their operators in a schema that no path names. A row
     * is compared in one go, which the index can do, where its columns' operators are in one schema.
     */
    private static String compared(Key key, String operator, List<String> values) {
        List<String> operators = key.columns().stream()
                .map(column -> operator(column, operator))
                .distinct()
                .toList();
        return operators.size() == 1
                ? row(key) + " " + operators.get(0) + " " + row(key, values)
                : compared(key, operator, values, 0);
    }

    private static String compared(Key key, String operator, List<String> values, int from) {
        Key.KeyColumn column = key.columns().get(from);
        String value = literal(column, values.get(from));
        if (from == key.columns().size() - 1) {
            return name(column) + " " + operator(column, operator) + " " + value;
        }
        return "(" + name(column) + " " + operator(column, operator.substring(0, 1)) + " " + value + " OR ("
                + name(column) + " " + column.operator() + " " + value + " AND "
                + compared(key, operator, values, from + 1) + "))";
    }

    /** Beside the equality of the same index. */
    private static String operator(Key.KeyColumn column, String operator) {
        return column.operator().equals("OPERATOR(pg_catalog.=)")
                ? operator
                : column.operator().replaceFirst("\\.=\\)$", "." + operator + ")");
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
