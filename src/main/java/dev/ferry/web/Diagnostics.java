package dev.ferry.web;

import dev.ferry.database.Database;
import dev.ferry.migration.MigrationStatus;
import dev.ferry.migration.Vitals;
import dev.ferry.preflight.PreflightReport;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.RuntimeMXBean;
import java.lang.management.ThreadInfo;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /diagnostics}: what a helper asks for first, put together from memory. Of the environment it holds names alone,
 * of the URLs no password; everything else is what the dashboard shows.
 *
 * @param commit null if the build did not know it
 * @param variables names of the environment variables that could bear on Ferry and are set
 */
record Diagnostics(
        Instant timestamp,
        String version,
        @Nullable String commit,
        Java java,
        Running process,
        Memory memory,
        Map<String, String> settings,
        List<String> variables,
        List<End> ends,
        Counts counts,
        Retries retries,
        StatusJson status,
        @Nullable PreflightJson preflight,
        List<ApiController.Logs.Line> events,
        List<ThreadState> threads) {

    private static final Set<String> VARIABLES = Set.of(
            "HEROKU_URL",
            "PLANETSCALE_URL",
            "PASSWORD",
            "EXCLUDE_TABLES",
            "DISABLE_NOTIFICATIONS",
            "PORT",
            "TZ",
            "DYNO");
    private static final List<String> FAMILIES =
            List.of("FERRY_", "LOGGING_", "MANAGEMENT_", "SERVER_", "SPRING_", "JAVA_", "JDK_", "PG", "NOTIFICATION_");

    record Java(String version, String vendor, String os) {}

    record Running(Instant startedAt, long uptimeSeconds, int processors) {}

    /** In bytes. {@code heapMaximum} is -1 where there is no bound. */
    record Memory(long heapUsed, long heapCommitted, long heapMaximum, long nonHeapUsed) {}

    record End(
            String end,
            @Nullable String url,
            @Nullable String serverVersion,
            boolean usable,
            @Nullable Instant answeredAt,
            @Nullable Instant troubleSince,
            @Nullable String trouble,
            Database.@Nullable Pool pool) {
        static End of(Vitals.EndVitals vitals) {
            return new End(
                    vitals.end().label(),
                    vitals.url(),
                    vitals.serverVersion(),
                    vitals.usable(),
                    vitals.answeredAt(),
                    vitals.troubleSince(),
                    vitals.trouble(),
                    vitals.pool());
        }
    }

    record Counts(long cycles, double cycleSeconds, long keysApplied) {}

    record Retries(long total, List<String> now) {}

    record ThreadState(String name, String state) {}

    static Diagnostics of(
            Instant now,
            String version,
            @Nullable String commit,
            Map<String, String> webSettings,
            MigrationStatus status,
            Vitals vitals) {
        Map<String, String> settings = new TreeMap<>(vitals.settings());
        settings.putAll(webSettings);
        RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
        @Nullable PreflightReport report = vitals.preflight();
        return new Diagnostics(
                now,
                version,
                commit,
                new Java(
                        Runtime.version().toString(),
                        runtime.getVmVendor(),
                        System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                                + System.getProperty("os.arch")),
                new Running(
                        Instant.ofEpochMilli(runtime.getStartTime()),
                        runtime.getUptime() / 1000,
                        Runtime.getRuntime().availableProcessors()),
                memoryNow(),
                settings,
                variablesIn(System.getenv().keySet()),
                vitals.ends().stream().map(End::of).toList(),
                new Counts(
                        vitals.counts().cycles(),
                        vitals.counts().cycleTime().toMillis() / 1000.0,
                        vitals.counts().keysApplied()),
                new Retries(vitals.counts().retries(), vitals.retrying()),
                StatusJson.forHelpers(status),
                report == null ? null : PreflightJson.of(report),
                vitals.events().stream().map(ApiController.Logs.Line::of).toList(),
                threadsNow());
    }

    private static Memory memoryNow() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        return new Memory(
                memory.getHeapMemoryUsage().getUsed(),
                memory.getHeapMemoryUsage().getCommitted(),
                memory.getHeapMemoryUsage().getMax(),
                memory.getNonHeapMemoryUsage().getUsed());
    }

    static List<String> variablesIn(Set<String> set) {
        return set.stream()
                .filter(name -> VARIABLES.contains(name) || FAMILIES.stream().anyMatch(name::startsWith))
                .sorted()
                .toList();
    }

    private static List<ThreadState> threadsNow() {
        ThreadInfo[] all = ManagementFactory.getThreadMXBean().dumpAllThreads(false, false, 0);
        return Arrays.stream(all)
                .map(thread -> new ThreadState(
                        thread.getThreadName(), thread.getThreadState().name()))
                .sorted(Comparator.comparing(ThreadState::name))
                .toList();
    }
}
