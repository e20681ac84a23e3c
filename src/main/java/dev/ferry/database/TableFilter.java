package dev.ferry.database;

import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The tables that EXCLUDE_TABLES leaves out: their definitions are taken over, their rows are not copied, captured or
 * verified, and their rights are not touched. Patterns are {@code schema.table}, separated by commas; {@code *} stands for
 * any characters; a pattern without a dot means schema {@code public}.
 */
public final class TableFilter {
    private final List<Exclusion> exclusions;

    private TableFilter(List<Exclusion> exclusions) {
        this.exclusions = exclusions;
    }

    /** One pattern as written, and the ways to read it: a name may hold dots itself, so each dot may be the one that divides. */
    private record Exclusion(String text, List<Reading> readings) {
        boolean matches(TableName table) {
            return readings.stream().anyMatch(reading -> reading.matches(table));
        }
    }

    private record Reading(Pattern schema, Pattern name) {
        boolean matches(TableName table) {
            return schema.matcher(table.schema()).matches()
                    && name.matcher(table.name()).matches();
        }
    }

    /**
     * Reads the variable's value.
     *
     * @throws FerryException with code CONFIGURATION for a pattern without a schema or a table
     */
    public static TableFilter parse(@Nullable String value) {
        List<Exclusion> exclusions = new ArrayList<>();
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
            exclusions.add(new Exclusion(pattern, readings(pattern.indexOf('.') < 0 ? "public." + pattern : pattern)));
        }
        return new TableFilter(List.copyOf(exclusions));
    }

    private static List<Reading> readings(String pattern) {
        List<Reading> readings = new ArrayList<>();
        for (int dot = pattern.indexOf('.'); dot >= 0; dot = pattern.indexOf('.', dot + 1)) {
            readings.add(new Reading(glob(pattern.substring(0, dot)), glob(pattern.substring(dot + 1))));
        }
        return List.copyOf(readings);
    }

    private static Pattern glob(String text) {
        return Pattern.compile(
                Arrays.stream(text.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")),
                Pattern.DOTALL);
    }

    /** The patterns, as written. */
    public List<String> patterns() {
        return exclusions.stream().map(Exclusion::text).toList();
    }

    public boolean excludes(TableName table) {
        return exclusions.stream().anyMatch(exclusion -> exclusion.matches(table));
    }

    /** The patterns, as written, that fit none of these tables: misspelt ones, most likely. */
    public List<String> patternsWithoutMatch(Collection<TableName> tables) {
        return exclusions.stream()
                .filter(exclusion -> tables.stream().noneMatch(exclusion::matches))
                .map(Exclusion::text)
                .toList();
    }
}
