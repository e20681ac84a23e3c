package dev.ferry.migration;

import dev.ferry.migration.MigrationStatus.TableStatus;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the tables that are reloaded whole add to the time in which writes are blocked, as far as was measured. */
record ReloadsAtSwitch(List<TableStatus> tables) {
    private static final double LONG_SECONDS = 10;
    private static final int NAMED = 10;

    static ReloadsAtSwitch of(List<TableStatus> all) {
        return new ReloadsAtSwitch(all.stream().filter(TableStatus::isReloaded).toList());
    }

    private double seconds() {
        return tables.stream()
                .mapToDouble(table -> table.reloadSeconds() == null ? 0 : table.reloadSeconds())
                .sum();
    }

    Optional<Readiness.Blocker> blocker() {
        return seconds() > LONG_SECONDS
                ? Optional.of(new Readiness.Blocker("keyless_reload_over_10s", describe()))
                : Optional.empty();
    }

    Optional<String> note() {
        return tables.isEmpty() || seconds() > LONG_SECONDS ? Optional.empty() : Optional.of(describe());
    }

    private String describe() {
        return String.format(
                Locale.ROOT,
                "Reloaded whole while writes are blocked, if changed by then: %s%s. By their last reloads that adds %.1f s.",
                tables.stream()
                        .limit(NAMED)
                        .map(table -> table.schema() + "." + table.table()
                                + (table.reloadSeconds() == null
                                        ? " (not measured yet)"
                                        : String.format(Locale.ROOT, " (%.1f s)", table.reloadSeconds())))
                        .collect(Collectors.joining(", ")),
                tables.size() > NAMED ? " and " + (tables.size() - NAMED) + " more" : "",
                seconds());
    }
}
