package dev.ferry.database;

import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The columns that tell a row from the others, from the primary key or a unique index.
 *
 * @param nullable rows with a NULL in the key are outside of it: changing one marks the table for reload
 */
public record Key(List<KeyColumn> columns, boolean nullable) {

    /**
     * A column of the key, with what its index compares by (RULES A4).
     *
     * @param logType what the log stores: the base type, or text for types of the app's own, so that the log never stands
     *     in the way of a DROP TYPE
     * @param type the base type, which a logged text is cast back to
     * @param collation quoted and qualified with {@code COLLATE}, or empty
     * @param operator {@code OPERATOR(schema.=)}
     */
    public record KeyColumn(String name, String logType, String type, String collation, String operator) {

        /** A logged value as its index sees it. */
        String restored(String expression) {
            String value = logType.equals(type) ? expression : expression + "::" + type;
            return collation.isEmpty() ? value : "(" + value + " " + collation + ")";
        }

        /** The declaration of a copy of this key, as its index sees it. */
        String declaration() {
            return type + (collation.isEmpty() ? "" : " " + collation);
        }
    }

    /** The same key with its columns as ordered by name; null if these are not its columns. */
    @Nullable Key inOrderOf(List<String> names) {
        List<KeyColumn> ordered = names.stream()
                .flatMap(name -> columns.stream().filter(column -> column.name().equals(name)))
                .toList();
        return ordered.size() == names.size() && names.size() == columns.size() ? new Key(ordered, nullable) : null;
    }

    private String join(String separator, BiFunction<KeyColumn, Integer, String> each) {
        return IntStream.rangeClosed(1, columns.size())
                .mapToObj(i -> each.apply(columns.get(i - 1), i))
                .collect(Collectors.joining(separator));
    }

    /** {@code k1, k2}: key columns are called by position wherever Ferry makes them. */
    public String names(String prefix) {
        return join(", ", (column, i) -> prefix + "k" + i);
    }

    /** Columns of a log. */
    public String logDeclarations() {
        return join(", ", (column, i) -> "k" + i + " " + column.logType());
    }

    /** Columns of a copy that is joined to the table itself. */
    public String declarations() {
        return join(", ", (column, i) -> "k" + i + " " + column.declaration());
    }

    /** Select list that gives logged keys their index's type and collation back, named k1, k2 and so on. */
    public String restored(String alias) {
        return join(", ", (column, i) -> column.restored(alias + ".k" + i) + " AS k" + i);
    }

    /** {@code table.key = copy.k1 AND ...}, with the operators of the key's own index. */
    public String matches(String table, String copy) {
        return join(
                " AND ",
                (column, i) -> table + "." + Identifiers.quote(column.name()) + " " + column.operator() + " " + copy
                        + ".k" + i);
    }
}
