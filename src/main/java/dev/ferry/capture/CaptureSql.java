package dev.ferry.capture;

import dev.ferry.database.Identifiers;
import dev.ferry.database.Key;
import dev.ferry.database.TrackedTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The statements that capture one table. */
final class CaptureSql {
    private static final String KEYS = template("capture_keys.sql");
    private static final String MARKER = template("capture_marker.sql");

    private CaptureSql() {}

    /** Statements for a plpgsql block. The app's table is locked by the last ones alone, for as short as possible. */
    static String install(TrackedTable table, boolean enabled) {
        String quote = "$ferry_body$";
        String truncateFunction = table.captureFunction() + "_marker";
        StringBuilder sql = new StringBuilder();
        Key key = table.definition().key();
        sql.append(
                fill(MARKER, Map.of("function", truncateFunction, "id", Integer.toString(table.id()), "quote", quote)));
        if (key != null) {
            sql.append("CREATE TABLE ").append(table.deltaTable()).append(" (").append(key.logDeclarations());
            sql.append(");\nALTER TABLE ").append(table.deltaTable()).append(" REPLICA IDENTITY FULL;\n");
            sql.append(fill(KEYS, keyParts(table, key, quote)));
        }
        sql.append(trigger(
                "ferry_capture",
                "INSERT OR UPDATE OR DELETE",
                // Without a key one marker a statement does; a member is written through statements that name another
                // table.
                key == null && !table.definition().member() ? "STATEMENT" : "ROW",
                table,
                key == null ? truncateFunction : table.captureFunction(),
                enabled));
        sql.append(trigger("ferry_truncate", "TRUNCATE", "STATEMENT", table, truncateFunction, enabled));
        sql.append("INSERT INTO ferry.captured_table (table_id, table_oid, schema_name, table_name) VALUES (")
                .append(table.id())
                .append(", ")
                .append(table.definition().oid())
                .append(", ")
                .append(Identifiers.literal(table.name().schema()))
                .append(", ")
                .append(Identifiers.literal(table.name().name()))
                .append(");\n");
        return sql.toString();
    }

    private static String trigger(
            String name, String events, String each, TrackedTable table, String function, boolean enabled) {
        return """
                CREATE TRIGGER %s AFTER %s ON %s FOR EACH %s EXECUTE FUNCTION %s();
                ALTER TABLE %s %s TRIGGER %s;
                """.formatted(
                        name,
                        events,
                        table.name().sql(),
                        each,
                        function,
                        "ONLY " + table.name().sql(),
                        enabled ? "ENABLE ALWAYS" : "DISABLE",
                        name);
    }

    private static Map<String, String> keyParts(TrackedTable table, Key key, String quote) {
        String nulls = key.nullable()
                ? "ferry.unreadable := (TG_OP <> 'INSERT' AND (%s)) OR (TG_OP <> 'DELETE' AND (%s));"
                        .formatted(
                                each(key, " OR ", i -> "ferry.old_k" + i + " IS NULL"),
                                each(key, " OR ", i -> "ferry.new_k" + i + " IS NULL"))
                : "";
        return Map.of(
                "function", table.captureFunction(),
                "id", Integer.toString(table.id()),
                "quote", quote,
                "delta", table.deltaTable(),
                "variables", each(key, "\n  ", i -> declare(key, "old_k", i) + " " + declare(key, "new_k", i)),
                "readOld", each(key, " ", i -> read(key, "old_k", "OLD", i)),
                "readNew", each(key, " ", i -> read(key, "new_k", "NEW", i)),
                "checkNulls", nulls,
                "old", each(key, ", ", i -> "ferry.old_k" + i),
                "new", each(key, ", ", i -> "ferry.new_k" + i));
    }

    private static String declare(Key key, String variable, int position) {
        return variable + position + " " + key.columns().get(position - 1).logType() + ";";
    }

    private static String read(Key key, String variable, String row, int position) {
        Key.KeyColumn column = key.columns().get(position - 1);
        return "ferry." + variable + position + " := " + row + "." + Identifiers.quote(column.name())
                + (column.logType().equals(column.type()) ? "" : "::text") + ";";
    }

    private static String each(Key key, String separator, Function<Integer, String> part) {
        return IntStream.rangeClosed(1, key.columns().size())
                .mapToObj(part::apply)
                .collect(Collectors.joining(separator));
    }

    private static String fill(String template, Map<String, String> parts) {
        // One pass, so that a column's name that looks like a placeholder stays what it is.
        StringBuilder filled = new StringBuilder();
        int from = 0;
        for (int start = template.indexOf("${"); start >= 0; start = template.indexOf("${", from)) {
            int end = template.indexOf('}', start);
            @Nullable String part = parts.get(template.substring(start + 2, end));
            if (part == null) {
                throw new IllegalStateException("no value for " + template.substring(start, end + 1));
            }
            filled.append(template, from, start).append(part);
            from = end + 1;
        }
        return filled.append(template.substring(from)).append('\n').toString();
    }

    private static String template(String name) {
        try (InputStream stream = CaptureSql.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("missing resource " + name);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
