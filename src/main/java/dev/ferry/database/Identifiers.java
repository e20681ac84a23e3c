package dev.ferry.database;

import java.util.Collection;
import java.util.stream.Collectors;

/** The only place where identifiers and literals become SQL text. */
public final class Identifiers {
    private Identifiers() {}

    /** Always quotes, so that no name is ever folded or taken for a keyword. */
    public static String quote(String identifier) {
        if (identifier.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("an identifier cannot hold a zero byte");
        }
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    public static String quoteAll(Collection<String> identifiers) {
        return identifiers.stream().map(Identifiers::quote).collect(Collectors.joining(", "));
    }

    /** A string literal, right under either setting of standard_conforming_strings. For statements that take no parameters. */
    public static String literal(String value) {
        String quoted = "'" + value.replace("'", "''") + "'";
        return value.indexOf('\\') < 0 ? quoted : " E" + quoted.replace("\\", "\\\\");
    }
}
