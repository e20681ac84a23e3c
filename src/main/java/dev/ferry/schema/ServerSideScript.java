package dev.ferry.schema;

/**
 * One or more statements as a single one, which the server takes apart and the driver leaves alone: pgjdbc 42.7.14 does not
 * find the statements around an SQL-standard function body, and writes the operator {@code ??} as {@code ?}.
 */
public final class ServerSideScript {
    private ServerSideScript() {}

    /** For any text without parameters that may run inside a transaction. */
    public static String of(String sql) {
        String inner = tag(sql, "sql");
        String outer = tag(sql, "run");
        return "DO LANGUAGE plpgsql " + outer + " BEGIN EXECUTE " + inner + sql + inner + "; END " + outer;
    }

    /** A dollar quote that the text does not hold. */
    private static String tag(String sql, String name) {
        String tag = "$ferry_" + name + "$";
        for (int i = 1; sql.contains(tag); i++) {
            tag = "$ferry_" + name + i + "$";
        }
        return tag;
    }
}
