package dev.ferry.migration;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The variables that users set, raw: Spring would resolve placeholders inside of them, and a password may hold
 * <code>${</code>.
 */
public record FerryEnvironment(
        @Nullable String herokuUrl,
        @Nullable String planetScaleUrl,
        @Nullable String excludeTables) {

    private static final List<String> REQUIRED = List.of("HEROKU_URL", "PLANETSCALE_URL", "PASSWORD");

    public static FerryEnvironment of(Map<String, String> variables) {
        return new FerryEnvironment(
                variables.get("HEROKU_URL"), variables.get("PLANETSCALE_URL"), variables.get("EXCLUDE_TABLES"));
    }

    /** Names of required variables that are missing or empty. */
    public static List<String> missing(Map<String, String> variables) {
        return REQUIRED.stream()
                .filter(name -> variables.getOrDefault(name, "").isBlank())
                .toList();
    }

    /** Shows nothing: every component may hold a secret. */
    @Override
    public String toString() {
        return "FerryEnvironment";
    }
}
