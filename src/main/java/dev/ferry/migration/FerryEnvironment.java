package dev.ferry.migration;

import dev.ferry.database.TableFilter;
import dev.ferry.failure.FerryException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The variables that users set, raw: Spring would resolve placeholders inside of them, and a password may hold
 * <code>${</code>.
 */
public record FerryEnvironment(
        @Nullable String herokuUrl,
        @Nullable String planetScaleUrl,
        @Nullable String excludeTables,
        @Nullable String webhookUrl,
        @Nullable String disableNotifications) {

    private static final List<String> REQUIRED = List.of("HEROKU_URL", "PLANETSCALE_URL", "PASSWORD");

    private static final Set<String> NO = Set.of("", "false", "0", "no", "off");

    /** Without notifications. */
    public FerryEnvironment(
            @Nullable String herokuUrl, @Nullable String planetScaleUrl, @Nullable String excludeTables) {
        this(herokuUrl, planetScaleUrl, excludeTables, null, null);
    }

    public static FerryEnvironment of(Map<String, String> variables) {
        return new FerryEnvironment(
                variables.get("HEROKU_URL"),
                variables.get("PLANETSCALE_URL"),
                variables.get("EXCLUDE_TABLES"),
                variables.get("NOTIFICATION_WEBHOOK_URL"),
                variables.get("DISABLE_NOTIFICATIONS"));
    }

    /** Names of required variables that are missing or empty. */
    public static List<String> missing(Map<String, String> variables) {
        return REQUIRED.stream()
                .filter(name -> variables.getOrDefault(name, "").isBlank())
                .toList();
    }

    /** Why Ferry cannot start with these, for people; empty if it can. A URL that cannot be understood is no reason. */
    public static Optional<String> against(Map<String, String> variables) {
        List<String> missing = missing(variables);
        if (!missing.isEmpty()) {
            return Optional.of("Ferry needs " + String.join(", ", missing)
                    + (missing.size() == 1 ? ", which is" : ", which are")
                    + " missing or empty. Set HEROKU_URL, PLANETSCALE_URL and PASSWORD, then start it again.");
        }
        try {
            TableFilter.parse(of(variables).excludeTables());
            return Optional.empty();
        } catch (FerryException e) {
            return Optional.of(e.getMessage() + " " + e.remedy());
        }
    }

    /** There is somebody to tell, and nobody said not to. In doubt somebody did: a message cannot be taken back. */
    public boolean notifies() {
        return webhookUrl != null
                && !webhookUrl.isBlank()
                && (disableNotifications == null
                        || NO.contains(disableNotifications.strip().toLowerCase(Locale.ROOT)));
    }

    /** Shows nothing: every component may hold a secret. */
    @Override
    public String toString() {
        return "FerryEnvironment";
    }
}
