package dev.ferry.database;

import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tables that EXCLUDE_TABLES leaves out: their definitions are taken over, their rows are not copied, captured or
 * verified, and their rights are not touched. Patterns are {@code schema.table}, separated by commas; {@code *} stands for
 * any characters; a pattern without a dot means schema {@code public}.
 */
public final class TableFilter {
    private final List<Pattern> patterns;

    private TableFilter(List<Pattern> patterns) {
        this.patterns = patterns;
    }

    /**
     * Reads the variable's value.
     *
     * @throws FerryException with code CONFIGURATION for a pattern without a schema or a table
     */
    public static TableFilter parse(@Nullable String value) {
        List<Pattern> patterns = new ArrayList<>();
        for (String part : value == null ? new String[0] : value.split(",")) {
            String pattern = part.strip();
            if (pattern.isEmpty()) {
                continue;
            }
            if (pattern.startsWith(".") || pattern.endsWith(".")) {
                throw new FerryException(
                        FailureCode.CONFIGURATION,
                        "EXCLUDE_TABLES holds the pattern " + pattern + ", which is not schema.table.",
                        "Write patterns like public.audit_log or archive.*, separated by commas, and restart Ferry.");
            }
            String qualified = pattern.indexOf('.') < 0 ? "public." + pattern : pattern;
            StringBuilder regex = new StringBuilder();
            for (String literal : qualified.split("\\*", -1)) {
                regex.append(regex.isEmpty() ? "" : ".*").append(Pattern.quote(literal));
            }
            patterns.add(Pattern.compile(regex.toString(), Pattern.DOTALL));
        }
        return new TableFilter(List.copyOf(patterns));
    }

    public boolean excludes(TableName table) {
        String name = table.toString();
        return patterns.stream().anyMatch(pattern -> pattern.matcher(name).matches());
    }
}
