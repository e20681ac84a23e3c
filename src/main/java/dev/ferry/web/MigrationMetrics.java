package dev.ferry.web;

import dev.ferry.database.Database;
import dev.ferry.migration.Migration;
import dev.ferry.migration.MigrationStatus;
import dev.ferry.migration.Phase;
import dev.ferry.migration.Vitals;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The migration in numbers (docs/operations.md, "Metrics"). Gauges are those of the status, at most about a second old;
 * what is not known is NaN. Counters are of this process and begin at 0 with it.
 */
@Component
class MigrationMetrics implements MeterBinder {
    private final Migration migration;

    MigrationMetrics(Migration migration) {
        this.migration = migration;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (Phase phase : Phase.values()) {
            Gauge.builder(
                            "ferry.phase",
                            migration,
                            now -> is(now.status().phase().equals(phase.label())))
                    .description("1 for the phase that the migration is in, 0 for the others")
                    .tag("phase", phase.label())
                    .register(registry);
        }
        ofStatus(registry, "ferry.leader", "1 if this process leads the migration", status -> is(status.leader()));
        copy(registry);
        ofStatus(
                registry,
                "ferry.lag.seconds",
                "Age of the snapshot of the source that the target equals",
                status -> known(status.progressSignals().replicationDelay().seconds()));
        ofStatus(
                registry,
                "ferry.pending.changes",
                "Logged keys that wait for the sync",
                status -> status.progressSignals().replicationDelay().pendingChanges());
        ofStatus(
                registry,
                "ferry.write.blocked.ms",
                "How long the last switch refused writes",
                status -> known(status.writeBlockedMs()));
        counters(registry);
        for (int i = 0; i < migration.vitals().ends().size(); i++) {
            end(registry, i);
        }
    }

    private void copy(MeterRegistry registry) {
        ofStatus(
                registry,
                "ferry.copy.bytes.done",
                "Table bytes of the chunks copied",
                status -> status.progressSignals().byteWeighted().copiedBytes());
        ofStatus(
                registry,
                "ferry.copy.bytes.planned",
                "Table bytes of all chunks",
                status -> status.progressSignals().byteWeighted().totalBytes());
        ofTables(
                registry,
                "ferry.copy.rows",
                "Rows copied",
                tables -> tables.stream()
                        .mapToDouble(MigrationStatus.TableStatus::rows)
                        .sum());
        ofTables(
                registry,
                "ferry.copy.chunks.done",
                "Chunks copied",
                tables -> tables.stream()
                        .mapToDouble(MigrationStatus.TableStatus::chunksDone)
                        .sum());
        ofTables(
                registry,
                "ferry.copy.chunks.planned",
                "All chunks",
                tables -> tables.stream()
                        .mapToDouble(MigrationStatus.TableStatus::chunksTotal)
                        .sum());
        ofTables(registry, "ferry.tables", "Tables of the migration", List::size);
        ofTables(
                registry,
                "ferry.tables.suspended",
                "Tables that are not synced until a person acts",
                tables -> tables.stream()
                        .filter(table -> table.state().equals("suspended"))
                        .count());
    }

    private void counters(MeterRegistry registry) {
        FunctionTimer.builder(
                        "ferry.cycle.duration",
                        migration,
                        now -> now.vitals().counts().cycles(),
                        now -> now.vitals().counts().cycleTime().toNanos(),
                        TimeUnit.NANOSECONDS)
                .description("Sync cycles, from the snapshot to the commit")
                .register(registry);
        counter(registry, "ferry.cycles", "Sync cycles that came to their end", Vitals.Counts::cycles);
        counter(registry, "ferry.keys.applied", "Logged keys applied to the target", Vitals.Counts::keysApplied);
        counter(registry, "ferry.retries", "Work that was tried again after a failure", Vitals.Counts::retries);
    }

    private void end(MeterRegistry registry, int index) {
        String label = migration.vitals().ends().get(index).end().label();
        Gauge.builder(
                        "ferry.end.up",
                        migration,
                        now -> is(now.vitals().ends().get(index).usable()))
                .description("1 if this database answers and may be written to")
                .tag("end", label)
                .register(registry);
        pool(registry, index, label, "active", Database.Pool::active);
        pool(registry, index, label, "idle", Database.Pool::idle);
        pool(registry, index, label, "waiting", Database.Pool::waiting);
    }

    private void pool(
            MeterRegistry registry, int index, String label, String state, ToDoubleFunction<Database.Pool> value) {
        Gauge.builder("ferry.pool.connections", migration, now -> {
                    Database.@Nullable Pool pool =
                            now.vitals().ends().get(index).pool();
                    return pool == null ? 0 : value.applyAsDouble(pool);
                })
                .description("Connections to this database, and threads that wait for one")
                .tag("end", label)
                .tag("state", state)
                .register(registry);
    }

    private void ofStatus(
            MeterRegistry registry, String name, String description, ToDoubleFunction<MigrationStatus> value) {
        Gauge.builder(name, migration, now -> value.applyAsDouble(now.status()))
                .description(description)
                .register(registry);
    }

    private void ofTables(
            MeterRegistry registry,
            String name,
            String description,
            ToDoubleFunction<List<MigrationStatus.TableStatus>> value) {
        ofStatus(registry, name, description, status -> value.applyAsDouble(status.tables()));
    }

    private void counter(
            MeterRegistry registry, String name, String description, ToDoubleFunction<Vitals.Counts> value) {
        FunctionCounter.builder(
                        name, migration, now -> value.applyAsDouble(now.vitals().counts()))
                .description(description)
                .register(registry);
    }

    private static double is(boolean fact) {
        return fact ? 1 : 0;
    }

    private static double known(@Nullable Number value) {
        return value == null ? Double.NaN : value.doubleValue();
    }
}
