package dev.ferry.preflight;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.database.TableFilter;
import dev.ferry.preflight.PreflightReport.TableWithGeneratedColumns;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks at both ends and writes to neither. Every statement is bounded, and so is the whole: a check that has not run by
 * then is one that could not run. The two ends are looked at side by side, then compared.
 */
public final class Preflight {
    private final Supplier<Database> source;
    private final Supplier<Database> target;
    private final TableFilter filter;
    private final Supplier<Optional<Integer>> pgDumpMajorVersion;
    private final Clock clock;
    private final Bounds bounds;

    /**
     * How long things may take.
     *
     * @param approach for reaching an end, and for a single statement
     * @param total for everything
     * @param longTransaction what the report calls an old open transaction
     */
    record Bounds(Duration approach, Duration total, Duration longTransaction) {
        static final Bounds USUAL = new Bounds(Duration.ofSeconds(10), Duration.ofSeconds(28), Duration.ofMinutes(1));
    }

    /**
     * Touches nothing yet.
     *
     * @param source throws a FerryException with code CONFIGURATION when its variable cannot be used; that is a finding
     * @param target likewise
     * @param pgDumpMajorVersion empty when there is no pg_dump
     */
    public Preflight(
            Supplier<Database> source,
            Supplier<Database> target,
            TableFilter filter,
            Supplier<Optional<Integer>> pgDumpMajorVersion,
            Clock clock) {
        this(source, target, filter, pgDumpMajorVersion, clock, Bounds.USUAL);
    }

    Preflight(
            Supplier<Database> source,
            Supplier<Database> target,
            TableFilter filter,
            Supplier<Optional<Integer>> pgDumpMajorVersion,
            Clock clock,
            Bounds bounds) {
        this.source = source;
        this.target = target;
        this.filter = filter;
        this.pgDumpMajorVersion = pgDumpMajorVersion;
        this.clock = clock;
        this.bounds = bounds;
    }

    /** Runs all checks; within half a minute, whatever the ends do. What fails is a finding. */
    public PreflightReport run() {
        ExecutorService sideBySide = Executors.newFixedThreadPool(2, Preflight::background);
        ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(Preflight::background);
        Approach toSource = new Approach(End.SOURCE, source, bounds.approach());
        Approach toTarget = new Approach(End.TARGET, target, bounds.approach());
        Deadline deadline = new Deadline();
        long start = System.nanoTime();
        try {
            CompletableFuture<Void> sourceTried = CompletableFuture.runAsync(toSource::go, sideBySide);
            CompletableFuture<Void> targetTried = CompletableFuture.runAsync(toTarget::go, sideBySide);
            // A little longer than each step of it may take, so that its own, better reason is heard.
            waitFor(
                    CompletableFuture.allOf(sourceTried, targetTried),
                    bounds.approach().plusSeconds(5));
            toSource.abandon();
            toTarget.abandon();
            OpenEnd openSource = toSource.open();
            OpenEnd openTarget = toTarget.open();
            ScheduledFuture<?> cutOff = watch.schedule(
                    () -> deadline.pass(openSource, openTarget),
                    bounds.total().toNanos() - (System.nanoTime() - start),
                    TimeUnit.NANOSECONDS);
            PreflightReport report = report(sideBySide, toSource, toTarget, deadline);
            cutOff.cancel(false);
            return report;
        } finally {
            watch.shutdownNow();
            sideBySide.shutdownNow();
            close(toSource.open());
            close(toTarget.open());
        }
    }

    private PreflightReport report(
            ExecutorService sideBySide, Approach toSource, Approach toTarget, Deadline deadline) {
        Ends ends = new Ends(toSource.open(), toTarget.open(), filter, bounds.longTransaction());
        List<Finding> findings = new ArrayList<>();
        findings.add(toSource.finding());
        findings.add(toTarget.finding());
        findings.addAll(directness(toSource));
        findings.addAll(directness(toTarget));
        List<Check> checks = checks();
        CompletableFuture<List<Finding>> ofSource = CompletableFuture.supplyAsync(
                () -> run(checks, Check.Needs.SOURCE, ends.reachesSource(), ends, deadline), sideBySide);
        List<Finding> ofTarget = run(checks, Check.Needs.TARGET, ends.reachesTarget(), ends, deadline);
        findings.addAll(ofSource.join());
        findings.addAll(ofTarget);
        findings.addAll(run(checks, Check.Needs.BOTH, ends.reachesSource() && ends.reachesTarget(), ends, deadline));
        return new PreflightReport(
                clock.instant(), List.copyOf(findings), withoutKey(ends), withGeneratedColumns(ends));
    }

    private List<Check> checks() {
        List<Check> checks = new ArrayList<>();
        checks.addAll(ServerChecks.all(pgDumpMajorVersion));
        checks.addAll(RightsChecks.all());
        checks.addAll(Leftovers.all());
        checks.addAll(TableChecks.all());
        checks.addAll(ActivityChecks.all());
        checks.addAll(ExtensionChecks.all());
        checks.addAll(LocaleChecks.all());
        checks.addAll(RoleChecks.all());
        checks.addAll(LeftOutChecks.all());
        return checks;
    }

    private static List<Finding> run(
            List<Check> checks, Check.Needs needs, boolean reached, Ends ends, Deadline deadline) {
        return checks.stream()
                .filter(check -> reached && check.needs() == needs)
                .map(check -> deadline.passed() ? check.couldNotRun(Deadline.REASON) : check.run(ends))
                .toList();
    }

    /** The URL alone may give a pooler away, so an end need not be reached for it. */
    private static List<Finding> directness(Approach approach) {
        DatabaseUrl url = approach.url();
        return url == null ? List.of() : List.of(ServerChecks.directness(url, approach.open()));
    }

    private static List<String> withoutKey(Ends ends) {
        return ends.tablesIfRead().stream()
                .filter(table -> table.included() && table.holdsRows() && table.key() == SourceTable.Key.NONE)
                .map(SourceTable::shortName)
                .toList();
    }

    private static List<TableWithGeneratedColumns> withGeneratedColumns(Ends ends) {
        return ends.tablesIfRead().stream()
                .filter(table -> table.included()
                        && table.holdsRows()
                        && !table.generatedColumns().isEmpty())
                .map(table -> new TableWithGeneratedColumns(table.shortName(), table.generatedColumns()))
                .toList();
    }

    private static void waitFor(CompletableFuture<Void> tried, Duration patience) {
        try {
            tried.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // Whoever is not there yet is abandoned, and its finding says so.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }

    private static void close(@Nullable OpenEnd end) {
        if (end != null) {
            end.close();
        }
    }

    private static Thread background(Runnable work) {
        Thread thread = new Thread(work, "preflight");
        thread.setDaemon(true);
        return thread;
    }

    /** The end of all checks: what is under way then is cut off. */
    private static final class Deadline {
        static final String REASON = "The checks before this one took all the time that a preflight may take.";

        private volatile boolean passed;

        boolean passed() {
            return passed;
        }

        void pass(@Nullable OpenEnd source, @Nullable OpenEnd target) {
            passed = true;
            if (source != null) {
                source.session().abort();
            }
            if (target != null) {
                target.session().abort();
            }
        }
    }
}
