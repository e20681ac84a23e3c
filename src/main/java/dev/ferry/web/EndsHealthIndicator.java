package dev.ferry.web;

import dev.ferry.migration.Migration;
import dev.ferry.migration.Vitals;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Whether both databases can be worked with, as far as the migration knows: asks neither. Names no host and no reason that a
 * server gave; the dashboard does, behind its log-in.
 */
@Component
class EndsHealthIndicator implements HealthIndicator {
    private final Migration migration;

    EndsHealthIndicator(Migration migration) {
        this.migration = migration;
    }

    @Override
    public Health health() {
        Vitals vitals = migration.vitals();
        boolean up = vitals.ends().stream().allMatch(Vitals.EndVitals::usable);
        Health.Builder health = up ? Health.up() : Health.down();
        vitals.ends().forEach(end -> health.withDetail(end.end().label(), told(end)));
        return health.build();
    }

    private static String told(Vitals.EndVitals end) {
        if (end.usable()) {
            return "answers";
        }
        @Nullable Instant since = end.troubleSince();
        if (since != null) {
            return "cannot be worked with since " + since.truncatedTo(ChronoUnit.SECONDS) + "; the dashboard says why";
        }
        return end.url() == null
                ? end.end().variable() + " cannot be understood; the dashboard says why"
                : "has not answered yet";
    }
}
