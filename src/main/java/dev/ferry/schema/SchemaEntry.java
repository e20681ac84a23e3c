package dev.ferry.schema;

import dev.ferry.database.TableName;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One object of the dump, or one statement on an object.
 *
 * @param position its place in an order that respects all dependencies
 * @param schema null for what is in none; like the tag for people alone: line ends in names are spaces here
 * @param relation the table, view or sequence that it makes or alters, quoted and qualified
 * @param dependsOn dump ids
 * @param populated a materialized view that held data on the source
 * @param dropSql null for what goes with something else, or cannot be dropped
 */
record SchemaEntry(
        int position,
        int dumpId,
        String type,
        @Nullable String schema,
        String tag,
        Stage stage,
        @Nullable String relation,
        Set<Integer> dependsOn,
        boolean populated,
        String sql,
        @Nullable String dropSql) {
    static final String IDENTIFIER = "(?:\"(?:[^\"]|\"\")+\"|[a-z_][a-z0-9_$]*)";
    static final String QUALIFIED = IDENTIFIER + "(?:\\." + IDENTIFIER + ")?";

    private static final Pattern RELATION = Pattern.compile(
            "(?:"
                    + "CREATE (?:UNLOGGED |FOREIGN |MATERIALIZED |OR REPLACE |RECURSIVE )*(?:TABLE|VIEW|SEQUENCE)"
                    + "|CREATE (?:UNIQUE )?INDEX " + IDENTIFIER + " ON(?: ONLY)?"
                    + "|ALTER (?:FOREIGN )?TABLE(?: ONLY)?"
                    + "|ALTER SEQUENCE"
                    + ") (" + QUALIFIED + ").*",
            Pattern.DOTALL);
    /** Keywords are in upper case, names that hold upper case are quoted. */
    private static final Pattern FIRST_NAME = Pattern.compile("(?:[A-Z]+ )+\\(?(" + QUALIFIED + ").*", Pattern.DOTALL);

    private static final Pattern TABLE_NAME = Pattern.compile("(" + IDENTIFIER + ")\\.(" + IDENTIFIER + ")");

    /** Type and name, for people. */
    String title() {
        return title(type, schema, tag);
    }

    static String title(String type, @Nullable String schema, String tag) {
        return type + " " + (schema == null ? "" : schema + ".") + tag;
    }

    static @Nullable String relationOf(String sql) {
        Matcher matcher = RELATION.matcher(sql);
        return matcher.matches() ? matcher.group(1) : null;
    }

    /** The first name in a statement, as written: what it creates or alters. */
    static @Nullable String firstNameOf(String sql) {
        Matcher matcher = FIRST_NAME.matcher(sql);
        return matcher.matches() ? matcher.group(1) : null;
    }

    /** Of a qualified name, as written. */
    static TableName tableName(String qualified) {
        Matcher matcher = TABLE_NAME.matcher(qualified);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a qualified name: " + qualified);
        }
        return new TableName(unquoted(matcher.group(1)), unquoted(matcher.group(2)));
    }

    /** The name that a quoted or plain identifier stands for. */
    static String unquoted(String identifier) {
        return identifier.startsWith("\"")
                ? identifier.substring(1, identifier.length() - 1).replace("\"\"", "\"")
                : identifier;
    }
}
