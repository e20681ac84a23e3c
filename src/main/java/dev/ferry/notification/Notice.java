package dev.ferry.notification;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One message. Never a secret, never a row's values.
 *
 * @param phase the migration's, when it happened
 * @param figures by the names under which they are sent, in snake_case
 */
public record Notice(
        Milestone milestone, String phase, UUID runId, Instant at, Map<String, Object> figures, Place place) {
    private static final int LONGEST = 3000;

    public Notice {
        figures = Map.copyOf(figures);
    }

    /** For people, in a sentence or two. */
    public String text() {
        String where = place.branch() == null ? place.target() : "PlanetScale branch " + place.branch();
        String text = "Ferry, " + where + ": " + sentence();
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    }

    private String sentence() {
        return switch (milestone) {
            case STARTED -> "Started: from " + place.source() + " to " + place.target() + ".";
            case SCHEMA_COPIED -> "The schema is copied. Every change on the source is logged from here on.";
            case COPY_DONE ->
                "All rows are copied: %s rows of %s tables. What changed meanwhile follows."
                        .formatted(count("rows"), count("tables"));
            case IN_SYNC -> "In sync: the target follows the source. Switch when you are ready.";
            case SWITCHED ->
                "Switched: safe to point the app at PlanetScale. Writes were refused for " + count("write_blocked_ms")
                        + " ms.";
            case REVERTED -> "Reverted: the app may write to the source again.";
            case COMPLETED -> "Completed, " + time(number("seconds")) + " after the start.";
            case ABORTED -> "Aborted.";
            case ERROR -> "Stopped by an error. " + figures.getOrDefault("error", "");
            case STALLED -> "The copy makes no progress. " + figures.getOrDefault("reason", "");
            case STALL_OVER -> "The copy makes progress again.";
            case LAG_HIGH ->
                "The target is " + time(number("lag_seconds")) + " behind the source (limit "
                        + time(number("limit_seconds")) + ")." + reason();
            case LAG_RECOVERED -> "The target has caught up: " + time(number("lag_seconds")) + " behind the source.";
            case LOG_LARGE ->
                "The log of changes takes " + size("log_bytes") + " on the source (limit " + size("limit_bytes")
                        + "). See that the source has room." + reason();
            case LOG_RECOVERED -> "The log of changes takes only " + size("log_bytes") + " on the source again.";
        };
    }

    private String reason() {
        @Nullable Object reason = figures.get("reason");
        return reason == null ? "" : " " + reason;
    }

    private double number(String name) {
        return figures.get(name) instanceof Number number ? number.doubleValue() : 0;
    }

    private String count(String name) {
        return String.format(Locale.ROOT, "%,d", Math.round(number(name)));
    }

    private String size(String name) {
        double value = number(name);
        if (value < 1024) {
            return Math.round(value) + " bytes";
        }
        String unit = "";
        for (String larger : new String[] {"kB", "MB", "GB", "TB"}) {
            if (value < 1024) {
                break;
            }
            value /= 1024;
            unit = larger;
        }
        return String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, unit);
    }

    private static String time(double seconds) {
        Duration time = Duration.ofSeconds(Math.round(seconds));
        if (time.toHours() > 0) {
            return time.toHours() + " h " + time.toMinutesPart() + " min";
        }
        return time.toMinutes() > 0
                ? time.toMinutes() + " min " + time.toSecondsPart() + " s"
                : time.toSeconds() + " s";
    }
}
