package dev.ferry.migration;

import dev.ferry.database.SqlState;
import dev.ferry.database.TableFilter;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Event;
import dev.ferry.notification.Notifier;
import dev.ferry.notification.WebhookNotifier;
import dev.ferry.notification.WebhookUrl;
import dev.ferry.preflight.Finding;
import dev.ferry.preflight.Preflight;
import dev.ferry.preflight.PreflightReport;
import dev.ferry.schema.PgClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The migration of this process's two databases: takes actions, hands them to the runner, keeps the status fresh. */
final class LiveMigration implements Migration, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveMigration.class);
    private static final Duration OUTCOME_WAIT = Duration.ofSeconds(20);
    private static final Duration REFRESH = Duration.ofMillis(700);
    private static final Duration PULSE = Duration.ofSeconds(2);
    private static final Duration MILESTONES = Duration.ofSeconds(1);
    private static final Duration END_WAIT = Duration.ofSeconds(6);

    private final Ends ends;
    private final FerryProperties properties;
    private final Clock clock;
    private final EventLog events;
    private final Signals signals = new Signals();
    private final Preflight preflight;
    private final TableFilter filter;
    private final PgClient pgClient;
    private final VitalsReader vitals;
    private final Notifier notifier;
    private final @Nullable String unusable;
    private final ScheduledExecutorService schedule = Executors.newScheduledThreadPool(5, task -> {
        Thread thread = new Thread(task, "ferry-schedule");
        thread.setDaemon(true);
        return thread;
    });

    private final List<Future<?>> tasks = new ArrayList<>();
    private @Nullable Machine machine;
    private volatile @Nullable Milestones milestones;
    private volatile @Nullable PreflightReport report;
    private volatile MigrationStatus status;

    /** What exists once the target's URL could be understood. */
    private record Machine(
            MigrationStore store,
            Leadership leadership,
            MigrationRunner runner,
            Reachability reachability,
            StatusReader reader,
            Thread thread) {}

    LiveMigration(FerryEnvironment environment, FerryProperties properties, PgClient pgClient, Clock clock) {
        this.ends = new Ends(environment, properties);
        this.properties = properties;
        this.clock = clock;
        this.pgClient = pgClient;
        this.events = new EventLog(clock);
        this.notifier = notifier(environment);
        this.filter = TableFilter.parse(environment.excludeTables());
        this.preflight = new Preflight(ends::source, ends::target, filter, pgClient::majorVersion, clock);
        this.vitals = new VitalsReader(ends, events, properties.shown(filter));
        this.unusable = unusable();
        this.status = idleReader().withoutMigration(unusable);
    }

    /** An address that cannot be used is no reason not to start: then there are no notifications, and the event log says so. */
    private Notifier notifier(FerryEnvironment environment) {
        String address = environment.webhookUrl();
        if (address == null || !environment.notifies()) {
            return Notifier.off();
        }
        try {
            return new WebhookNotifier(
                    WebhookUrl.parse(address), properties.notification().format(), events);
        } catch (FerryException e) {
            events.warn("Notifications are off. " + Failures.describe(e));
            return Notifier.off();
        }
    }

    /** A URL that cannot be understood stops everything but the dashboard, whose checks say what is wrong. */
    private @Nullable String unusable() {
        try {
            LOG.info("Source {}, target {}", ends.source().url(), ends.target().url());
        } catch (FerryException e) {
            return e.getMessage() + " " + e.remedy();
        }
        return null;
    }

    private StatusReader idleReader() {
        Leadership nobody = new Leadership(
                ends.applicationName(),
                ends::source,
                ends::target,
                properties.lease().expiry());
        return newMachineParts(nobody, Reachability.unknown()).reader();
    }

    private Machine newMachineParts(Leadership leadership, Reachability reachability) {
        MigrationStore store = new MigrationStore(ends::target);
        MigrationRunner runner =
                new MigrationRunner(ends, store, leadership, filter, properties, pgClient, events, clock, signals);
        return new Machine(
                store,
                leadership,
                runner,
                reachability,
                new StatusReader(store, leadership, runner, reachability, filter, clock),
                new Thread(runner, "ferry-runner"));
    }

    /** Begins to look for a migration to lead. Connects to nothing before this. */
    synchronized void start() {
        if (unusable != null) {
            events.error(unusable);
            return;
        }
        Machine parts = newMachineParts(
                new Leadership(
                        ends.applicationName(),
                        ends::source,
                        ends::target,
                        properties.lease().expiry()),
                Reachability.of(
                        ends.source(), ends.target(), properties.connect().silence(), clock));
        machine = parts;
        parts.thread().start();
        long beat = properties.lease().heartbeat().toMillis();
        tasks.add(schedule.scheduleWithFixedDelay(
                quietly(parts.leadership()::heartbeat), beat, beat, TimeUnit.MILLISECONDS));
        parts.reachability()
                .beats()
                .forEach(asking -> tasks.add(
                        schedule.scheduleWithFixedDelay(quietly(asking), 0, PULSE.toMillis(), TimeUnit.MILLISECONDS)));
        tasks.add(schedule.scheduleWithFixedDelay(
                quietly(() -> {
                    refresh(parts);
                    if (parts.leadership().leads()) {
                        events.save(ends.target());
                    }
                }),
                0,
                REFRESH.toMillis(),
                TimeUnit.MILLISECONDS));
        Milestones told =
                new Milestones(ends, parts.store(), parts.leadership(), properties.notification(), notifier, clock);
        milestones = told;
        tasks.add(schedule.scheduleWithFixedDelay(
                quietly(() -> told.look(status)), 0, MILESTONES.toMillis(), TimeUnit.MILLISECONDS));
    }

    private static Runnable quietly(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                // A scheduled task that throws is never run again.
                LOG.warn("{}", SqlState.describe(e));
            }
        };
    }

    private void refresh(Machine parts) {
        try {
            Optional<MigrationRow> row = parts.store().exists() ? parts.store().read() : Optional.empty();
            status =
                    row.map(parts.reader()::read).orElseGet(() -> parts.reader().withoutMigration(null));
        } catch (RuntimeException e) {
            String said = Failures.describe(e);
            MigrationStatus last = status;
            status = last.phase().equals(Phase.WAITING.label())
                    ? parts.reader().withoutMigration(said)
                    : parts.reader().unreachable(last, said);
        }
    }

    @Override
    public MigrationStatus status() {
        return status;
    }

    @Override
    public PreflightReport preflight(int maximumAgeSeconds) {
        PreflightReport last = report;
        if (last != null
                && Duration.between(last.at(), clock.instant()).compareTo(Duration.ofSeconds(maximumAgeSeconds)) < 0) {
            return last;
        }
        PreflightReport fresh = preflight.run();
        report = fresh;
        return fresh;
    }

    @Override
    public Vitals vitals() {
        Machine parts = machine;
        return parts == null
                ? vitals.read(null, Reachability.unknown(), report)
                : vitals.read(parts.runner(), parts.reachability(), report);
    }

    @Override
    public List<Event> events(int lines) {
        Machine parts = machine;
        if (parts != null && !parts.leadership().leads() && !status.phase().equals(Phase.WAITING.label())) {
            try {
                events.load(ends.target());
            } catch (RuntimeException e) {
                LOG.debug("Events not loaded: {}", SqlState.describe(e));
            }
        }
        return events.newest(lines);
    }

    @Override
    public CutoverSql cutoverSql() {
        Machine parts = machine;
        if (parts == null || parts.store().read().isEmpty()) {
            return new CutoverSql("", "", "");
        }
        MigrationRow row = parts.store().read().get();
        try {
            TableFilter kept = row.filter(filter);
            dev.ferry.cutover.WriteFence fence = new dev.ferry.cutover.WriteFence(
                    ends.source(), ends.target(), parts.leadership(), name -> !kept.excludes(name), events);
            String grants = fence.grantSql();
            boolean done = row.phase() == Phase.COMPLETED || row.phase() == Phase.ABORTED;
            return new CutoverSql(
                    done ? "" : fence.switchSql(), done ? "" : grants, row.phase() == Phase.COMPLETED ? grants : "");
        } catch (RuntimeException e) {
            String said = "-- " + Failures.describe(e);
            return new CutoverSql(said, said, said);
        }
    }

    @Override
    public Outcome perform(Action action, Options options) {
        Machine parts = machine;
        if (parts == null) {
            return refused(Outcome.Refused.Code.PREFLIGHT_BLOCKED, String.valueOf(unusable), Phase.WAITING, null);
        }
        try {
            Outcome outcome = perform(parts, action, options);
            refresh(parts);
            return outcome;
        } catch (IllegalPhaseChangeException e) {
            return refused(Outcome.Refused.Code.WRONG_PHASE, Failures.describe(e), phase(parts), null);
        } catch (FerryException e) {
            Outcome.Refused.Code code = Failures.reaction(e) == Failures.Reaction.RESIGN
                    ? Outcome.Refused.Code.NOT_LEADER
                    : Outcome.Refused.Code.WRONG_PHASE;
            return refused(code, Failures.describe(e), Phase.ofLabel(status.phase()), null);
        } catch (RuntimeException e) {
            // Nothing was done, or its outcome is what the database says: the status shows it.
            boolean neverStarted = action == Action.START && status.phase().equals(Phase.WAITING.label());
            return refused(
                    neverStarted ? Outcome.Refused.Code.PREFLIGHT_BLOCKED : Outcome.Refused.Code.WRONG_PHASE,
                    "Not done: " + Failures.describe(e),
                    Phase.ofLabel(status.phase()),
                    null);
        }
    }

    private Phase phase(Machine parts) {
        return parts.store().read().map(MigrationRow::phase).orElse(Phase.WAITING);
    }

    private static Outcome refused(
            Outcome.Refused.Code code, String message, Phase phase, @Nullable Readiness readiness) {
        return new Outcome.Refused(code, message, phase, readiness);
    }

    private Outcome perform(Machine parts, Action action, Options options) {
        Optional<MigrationRow> found = parts.store().exists() ? parts.store().read() : Optional.empty();
        if (found.isEmpty()) {
            return action == Action.START
                    ? begin(parts, options)
                    : refused(
                            Outcome.Refused.Code.WRONG_PHASE,
                            "Nothing has been started; " + label(action) + " is not possible in phase waiting.",
                            Phase.WAITING,
                            null);
        }
        MigrationRow row = found.get();
        Outcome already = alreadyDone(action, row);
        if (already != null) {
            return already;
        }
        if (!parts.leadership().leads()) {
            boolean over = row.phase() == Phase.COMPLETED || row.phase() == Phase.ABORTED;
            if (!over || !parts.leadership().acquire()) {
                return refused(
                        Outcome.Refused.Code.NOT_LEADER,
                        "Another Ferry process leads this migration; use its dashboard, or end it and wait.",
                        row.phase(),
                        null);
            }
        }
        if (action == Action.CLEANUP && row.phase() == Phase.CLEANING_UP && options.force()) {
            leaveSource(parts);
            return new Outcome.Accepted("Completing without the source, if it still cannot be reached.");
        }
        if (!StatusReader.isLegal(action, row)) {
            return refused(
                    Outcome.Refused.Code.WRONG_PHASE,
                    label(action) + " is not possible in phase " + row.phase().label()
                            + (row.request() == null ? "" : " while a " + row.request() + " is under way") + ".",
                    row.phase(),
                    null);
        }
        return act(parts, row, action, options);
    }

    private static String label(Action action) {
        String words = action.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        return Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }

    private static @Nullable Outcome alreadyDone(Action action, MigrationRow row) {
        boolean copyBegun = row.phase() == Phase.COPYING || row.phase() == Phase.REPLICATING;
        if (action == Action.START_COPY && copyBegun) {
            return new Outcome.Accepted("The copy has begun already.");
        }
        if (action == Action.CLEANUP && row.phase() == Phase.COMPLETED) {
            return new Outcome.Accepted("Completed already.");
        }
        if (row.request() == null && copyBegun) {
            if (action == Action.PAUSE && row.paused()) {
                return new Outcome.Accepted("Paused already.");
            }
            if (action == Action.RESUME && !row.paused()) {
                return new Outcome.Accepted("Not paused.");
            }
        }
        return null;
    }

    private Outcome act(Machine parts, MigrationRow row, Action action, Options options) {
        MigrationStore store = parts.store();
        Leadership leadership = parts.leadership();
        switch (action) {
            case START_COPY -> {
                store.move(leadership, Phase.READY_TO_COPY, Phase.COPYING);
                signals.wake();
                return new Outcome.Accepted("The copy begins.");
            }
            case PAUSE -> {
                store.pause(leadership, true);
                signals.paused(true);
                events.info("Paused.");
                return new Outcome.Accepted("Paused. Changes are logged on the source until you resume.");
            }
            case RESUME -> {
                store.pause(leadership, false);
                signals.paused(false);
                events.info("Resumed.");
                return new Outcome.Accepted("Resumed.");
            }
            case SWITCH -> {
                return requestSwitch(parts, row, options);
            }
            case REVERT -> {
                store.request(leadership, row, "revert");
                events.info("Revert was asked for.");
                if (row.phase() == Phase.ERROR && row.failedPhase() != null) {
                    store.move(leadership, Phase.ERROR, row.failedPhase());
                }
                signals.interrupt();
                return awaitOutcome(
                        parts,
                        now -> now.request() == null && now.phase() == Phase.REPLICATING,
                        "Reverted. The app may write to the source again.",
                        "revert");
            }
            case CLEANUP -> {
                store.move(leadership, row.phase(), Phase.CLEANING_UP);
                if (options.force()) {
                    leaveSource(parts);
                }
                signals.wake();
                return new Outcome.Accepted("Ferry is being removed from the source.");
            }
            case ABORT -> {
                store.request(leadership, row, options.force() ? "abort" + MigrationRow.WITHOUT_SOURCE : "abort");
                events.info("Abort was asked for.");
                signals.interrupt();
                return new Outcome.Accepted("Aborting: Ferry is being removed from the source.");
            }
            case RETRY -> {
                Phase failed = row.failedPhase();
                if (failed == null || failed == Phase.STARTING || failed == Phase.CONFIGURING) {
                    store.request(leadership, row, "retry");
                    signals.wake();
                    return new Outcome.Accepted(
                            "The set-up is being taken back at both ends; then Start is possible again.");
                }
                store.retry(leadership, row, failed);
                events.info("Trying again from " + failed.label() + ".");
                signals.wake();
                return new Outcome.Accepted("Trying again.");
            }
            case VERIFY -> {
                store.verification(leadership).begin();
                events.info("Verification: every row and every definition is compared.");
                signals.wake();
                return new Outcome.Accepted("Every row is being compared, beside the sync.");
            }
            case PAUSE_VERIFICATION -> {
                store.verification(leadership).pause(true);
                signals.wake();
                return new Outcome.Accepted("The verification is paused.");
            }
            case RESUME_VERIFICATION -> {
                store.verification(leadership).pause(false);
                signals.wake();
                return new Outcome.Accepted("The verification goes on.");
            }
            case REPAIR -> {
                store.request(leadership, row, "repair");
                signals.wake();
                return new Outcome.Accepted("The rows that differ are read from the source once more.");
            }
            case REMOVE_STATE -> {
                Milestones told = milestones;
                if (told != null) {
                    told.handOver();
                }
                store.removeSchema(leadership);
                leadership.resign();
                signals.wake();
                events.clear();
                events.info("Ferry's schema was removed from the target.");
                return new Outcome.Accepted("Nothing of Ferry is left on the target.");
            }
            case START -> {
                return refused(Outcome.Refused.Code.WRONG_PHASE, "A migration was started already.", row.phase(), null);
            }
        }
        throw new IllegalStateException("no such action: " + action);
    }

    private void leaveSource(Machine parts) {
        parts.store()
                .read()
                .filter(now -> now.phase() == Phase.CLEANING_UP)
                .ifPresent(
                        now -> parts.store().request(parts.leadership(), now, "cleanup" + MigrationRow.WITHOUT_SOURCE));
        signals.wake();
    }

    private Outcome begin(Machine parts, Options options) {
        PreflightReport checked = preflight(3);
        List<Finding> blockers = checked.blockers().stream()
                .filter(finding ->
                        !(finding.couldNotRun() && options.confirmedChecks().contains(finding.id())))
                .toList();
        if (!blockers.isEmpty()) {
            return refused(
                    Outcome.Refused.Code.PREFLIGHT_BLOCKED,
                    blockers.size() + (blockers.size() == 1 ? " check blocks" : " checks block") + " the start: "
                            + String.join(
                                    "; ", blockers.stream().map(Finding::title).toList()) + ".",
                    Phase.WAITING,
                    null);
        }
        synchronized (this) {
            MigrationStore.migrateSchema(ends.target());
            if (!parts.leadership().acquire()) {
                return refused(
                        Outcome.Refused.Code.NOT_LEADER,
                        "Another Ferry process is starting a migration to this target.",
                        Phase.WAITING,
                        null);
            }
            if (parts.store().read().isPresent()) {
                return refused(
                        Outcome.Refused.Code.WRONG_PHASE, "A migration was started already.", phase(parts), null);
            }
            parts.store()
                    .create(
                            parts.leadership(),
                            UUID.randomUUID(),
                            ends.source().url().toString(),
                            options.hold(),
                            String.join(", ", filter.patterns()));
        }
        events.info(
                "Started: from " + ends.source().url() + " to " + ends.target().url() + ".");
        signals.wake();
        return new Outcome.Accepted(options.hold() ? "Started; it stops before the first row is copied." : "Started.");
    }

    private Outcome requestSwitch(Machine parts, MigrationRow row, Options options) {
        parts.runner().lookAtDefinitions();
        refresh(parts);
        Readiness readiness = status.cutoverReadiness();
        Phase phase = Phase.ofLabel(status.phase());
        if (!readiness.hardBlockers().isEmpty()) {
            return refused(Outcome.Refused.Code.CUTOVER_BLOCKED, readiness.message(), phase, readiness);
        }
        if (!readiness.softBlockers().isEmpty() && !options.force()) {
            return refused(Outcome.Refused.Code.CUTOVER_OVERRIDE_REQUIRED, readiness.message(), phase, readiness);
        }
        parts.store().request(parts.leadership(), row, "switch");
        events.info(
                options.force() && !readiness.softBlockers().isEmpty()
                        ? "Switch was asked for, with soft blockers overridden: " + readiness.message()
                        : "Switch was asked for.");
        signals.wake();
        Outcome outcome = awaitOutcome(
                parts,
                now -> now.request() == null || now.phase() == Phase.SWITCHED,
                "Switched. Safe to point the app at PlanetScale.",
                "switch");
        boolean through =
                parts.store().read().filter(now -> now.switchedAt() != null).isPresent();
        if (outcome instanceof Outcome.Accepted && !through) {
            refresh(parts);
            return refused(
                    Outcome.Refused.Code.CUTOVER_BLOCKED,
                    "The switch did not go through, and the app writes to the source as before. "
                            + Optional.ofNullable(
                                            parts.runner().switchProgress().lastError())
                                    .orElse("See the event log."),
                    phase(parts),
                    status.cutoverReadiness());
        }
        return outcome;
    }

    private Outcome awaitOutcome(
            Machine parts, java.util.function.Predicate<MigrationRow> over, String done, String what) {
        Instant until = clock.instant().plus(OUTCOME_WAIT);
        while (clock.instant().isBefore(until)) {
            Optional<MigrationRow> row = parts.store().read();
            if (row.isEmpty() || over.test(row.get())) {
                return new Outcome.Accepted(done);
            }
            if (row.get().phase() == Phase.ERROR) {
                return refused(
                        Outcome.Refused.Code.WRONG_PHASE,
                        "The " + what + " was stopped by an error: " + row.get().error(),
                        Phase.ERROR,
                        null);
            }
            parts.runner().awaitChange(Duration.ofMillis(100));
        }
        return new Outcome.Pending("The " + what + " goes on; look at /status for its outcome.");
    }

    /** Ends in good order: no step begins, the ones at work end at their next safe point, the lease is given back. */
    @Override
    public void close() {
        signals.close();
        notifier.close(); // what it has not sent by now is sent by the next process
        Machine parts = machine;
        if (parts != null) {
            try {
                parts.thread().join(END_WAIT.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            tasks.forEach(task -> task.cancel(false));
            schedule.shutdown();
            parts.reachability().close();
            if (parts.thread().isAlive()) {
                // Stuck on a network that swallows everything: what it did is not committed and will be done again.
                ends.source().abortAll();
                ends.target().abortAll();
            }
            if (parts.leadership().leads()) {
                events.save(ends.target());
            }
            parts.leadership().release();
        }
        ends.close();
    }
}
