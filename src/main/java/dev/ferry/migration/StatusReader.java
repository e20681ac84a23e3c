package dev.ferry.migration;

import dev.ferry.cutover.SwitchProgress;
import dev.ferry.database.End;
import dev.ferry.database.TableFilter;
import dev.ferry.migration.MigrationStatus.ByteWeighted;
import dev.ferry.migration.MigrationStatus.ChecklistStep;
import dev.ferry.migration.MigrationStatus.EventChecklist;
import dev.ferry.migration.MigrationStatus.ProgressSignals;
import dev.ferry.migration.MigrationStatus.ReplicationDelay;
import dev.ferry.migration.MigrationStatus.StallDetection;
import dev.ferry.migration.MigrationStatus.SwitchStatus;
import dev.ferry.migration.MigrationStatus.TablePhase;
import dev.ferry.migration.MigrationStatus.TableStatus;
import dev.ferry.migration.MigrationStatus.ThroughputEta;
import dev.ferry.sync.LiveSync;
import dev.ferry.verification.VerificationReport;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Puts together what people see, from the ledger on the target and from what the runner knows. */
final class StatusReader {
    private static final Duration SPEED_OVER = Duration.ofSeconds(60);
    private static final int NAMED = 10;
    private static final Duration STALLED_AFTER = Duration.ofMinutes(5);

    private final MigrationStore store;
    private final Leadership leadership;
    private final MigrationRunner runner;
    private final Reachability reachability;
    private final TableFilter filter;
    private final Clock clock;
    private final Deque<Sample> samples = new ArrayDeque<>();
    private final Deque<Long> backlog = new ArrayDeque<>();
    private VerificationReport verification = VerificationReport.NEVER;

    StatusReader(
            MigrationStore store,
            Leadership leadership,
            MigrationRunner runner,
            Reachability reachability,
            TableFilter filter,
            Clock clock) {
        this.store = store;
        this.leadership = leadership;
        this.runner = runner;
        this.reachability = reachability;
        this.filter = filter;
        this.clock = clock;
    }

    private record Sample(Instant at, long bytes) {}

    /** Before anything was written, or when the target cannot be reached. */
    MigrationStatus withoutMigration(@Nullable String error) {
        return new MigrationStatus(
                Phase.WAITING.label(),
                "idle",
                error == null
                        ? "Nothing has been started. Look at the checks, then press Start."
                        : "Where the migration stands is not known yet: the error says why.",
                error,
                null,
                null,
                null,
                null,
                clock.instant(),
                true,
                error == null ? Set.of(Action.START) : Set.of(),
                filter.patterns(),
                null,
                switchStatus(SwitchProgress.IDLE),
                new Readiness(
                        Readiness.Level.NOT_READY,
                        false,
                        "Nothing has been started.",
                        List.of(new Readiness.Blocker("initial_copy_not_finished", "The initial copy has not begun.")),
                        List.of(),
                        List.of()),
                new ProgressSignals(
                        new TablePhase("in-progress", null, 0, 0),
                        new ByteWeighted(0, 0, 0),
                        new ReplicationDelay(null, null, null, 0, "unknown", "not_started", null),
                        null,
                        checklist(null, false),
                        new StallDetection(false, 0, "", List.of())),
                List.of(),
                VerificationReport.NEVER);
    }

    /** The same migration, when the target could not be asked just now. */
    MigrationStatus unreachable(MigrationStatus last, String said) {
        String gone = reachability.trouble();
        String error = gone == null ? said : gone;
        return new MigrationStatus(
                last.phase(),
                last.state(),
                "The target cannot be reached; Ferry keeps trying and goes on by itself.",
                error,
                last.startedAt(),
                last.switchedAt(),
                last.completedAt(),
                last.writeBlockedMs(),
                clock.instant(),
                last.leader(),
                Set.of(),
                last.excludedTables(),
                last.targetChanges(),
                last.switchStatus(),
                new Readiness(
                        Readiness.Level.BLOCKED,
                        false,
                        "The target cannot be reached.",
                        List.of(new Readiness.Blocker("target_unreachable", error)),
                        List.of(),
                        List.of()),
                withoutAnswer(last.progressSignals(), error),
                last.tables(),
                last.verification());
    }

    /** Nothing gets better while an end is gone: the lag grows by the clock. */
    private ProgressSignals withoutAnswer(ProgressSignals last, String error) {
        ReplicationDelay before = last.replicationDelay();
        Instant good = before.lastGoodSync();
        Double seconds = good == null
                ? null
                : Math.max(0, Duration.between(good, clock.instant()).toMillis() / 1000.0);
        return new ProgressSignals(
                last.tablePhase(),
                last.byteWeighted(),
                new ReplicationDelay(seconds, seconds, good, before.pendingChanges(), "unknown", "blocked", error),
                null,
                last.eventChecklist(),
                last.stallDetection());
    }

    /** What is wrong with an end; else what is being tried again; null if all goes well. */
    private @Nullable String trouble() {
        String gone = reachability.trouble();
        return gone != null ? gone : runner.trouble();
    }

    MigrationStatus read(MigrationRow row) {
        List<TableStatus> tables = tables();
        long copied = tables.stream().mapToLong(TableStatus::copiedBytes).sum();
        long total = tables.stream().mapToLong(TableStatus::totalBytes).sum();
        boolean copyDone = row.inSyncAt() != null || store.isDone("copied");
        sample(row, copied);
        LiveSync sync = runner.sync();
        ReplicationDelay delay = delay(row, sync);
        StallDetection stall = stall(row);
        boolean leads = leadership.leads();
        VerificationReport verification = verification(row);
        Readiness readiness = readiness(row, sync, delay, verification, leads, tables);
        return new MigrationStatus(
                row.phase().label(),
                state(row, leads),
                message(row, leads, copyDone),
                row.phase() == Phase.ERROR ? row.error() : leads ? trouble() : null,
                row.startedAt(),
                row.switchedAt(),
                row.completedAt(),
                row.writeBlockedMs(),
                clock.instant(),
                leads,
                leads ? legal(row) : Set.of(),
                row.filter(filter).patterns(),
                row.phase() == Phase.SWITCHED ? runner.targetChanges() : null,
                switchStatus(runner.switchProgress()),
                readiness,
                new ProgressSignals(
                        tablePhase(tables),
                        new ByteWeighted(copied, total, percent(copied, total, copyDone)),
                        delay,
                        eta(copied, total),
                        checklist(row, copyDone),
                        stall),
                tables,
                verification);
    }

    /** What came out does not change any more, and may be long: read once. */
    private VerificationReport verification(MigrationRow row) {
        if (row.verification() == null) {
            return VerificationReport.NEVER;
        }
        VerificationReport last = verification;
        boolean over =
                !row.verification().equals("running") && !row.verification().equals("paused");
        if (over
                && last.state().equals(row.verification())
                && Objects.equals(last.finishedAt(), row.verificationFinishedAt())) {
            return last;
        }
        VerificationReport read = store.verification(leadership).report();
        verification = read;
        String waiting = runner.verificationWaiting();
        return waiting == null ? read : read.saying(read.message() + " " + waiting);
    }

    private static double percent(long copied, long total, boolean done) {
        return total == 0 ? (done ? 100 : 0) : Math.round(copied * 1000.0 / total) / 10.0;
    }

    private List<TableStatus> tables() {
        LiveSync sync = runner.sync();
        Map<Integer, Long> pending = sync == null ? Map.of() : sync.lag().byTable();
        Set<Integer> postponed = sync == null ? Set.of() : sync.lag().postponed();
        return store.jdbc()
                .sql("""
                        SELECT t.table_id, t.schema_name, t.table_name, t.suspended, t.state,
                          coalesce(sum(k.bytes) FILTER (WHERE k.done_at IS NOT NULL), 0) AS copied,
                          coalesce(sum(k.bytes), 0) AS total, coalesce(sum(k.rows), 0) AS rows,
                          count(k.done_at) AS done, count(k.table_id) AS chunks, t.key_columns = '{}' AS keyless,
                          t.reloaded_at, t.reload_ms
                        FROM ferry.table_copy t LEFT JOIN ferry.chunk k ON k.table_id = t.table_id
                        GROUP BY t.table_id
                        ORDER BY t.table_id
                        """)
                .query((row, number) -> {
                    String suspended = row.getString("suspended");
                    boolean keyless = row.getBoolean("keyless");
                    Timestamp reloaded = row.getTimestamp("reloaded_at");
                    Instant reloadedAt = reloaded == null ? null : reloaded.toInstant();
                    Double took = reloaded == null ? null : row.getLong("reload_ms") / 1000.0;
                    return new TableStatus(
                            row.getString("schema_name"),
                            row.getString("table_name"),
                            suspended != null
                                    ? "suspended"
                                    : tableState(row.getString("state"), row.getInt("done"), row.getInt("chunks")),
                            row.getLong("copied"),
                            row.getLong("total"),
                            row.getLong("rows"),
                            row.getInt("done"),
                            row.getInt("chunks"),
                            keyless,
                            pending.getOrDefault(row.getInt("table_id"), 0L),
                            suspended != null
                                    ? "Suspended: " + suspended
                                    : note(keyless, postponed.contains(row.getInt("table_id")), reloadedAt, took),
                            reloadedAt,
                            took);
                })
                .list();
    }

    private @Nullable String note(
            boolean keyless, boolean postponed, @Nullable Instant reloadedAt, @Nullable Double took) {
        if (!keyless && reloadedAt == null) {
            return null;
        }
        String what =
                keyless ? "No key: reloaded whole when it changes" : "Reloaded whole when a key with a NULL changes";
        if (reloadedAt == null || took == null) {
            return what;
        }
        return String.format(
                Locale.ROOT,
                "%s; last %d s ago, in %.1f s%s",
                what,
                Math.max(0, Duration.between(reloadedAt, clock.instant()).toSeconds()),
                took,
                postponed ? "; it changed since, and is as it was then" : "");
    }

    private String tableState(String state, int done, int chunks) {
        LiveSync sync = runner.sync();
        if (sync != null && sync.lag().equalAt() != null) {
            return "synced";
        }
        return switch (state) {
            case "pending" -> "pending";
            case "copying" -> done == chunks ? "copied" : done == 0 ? "pending" : "copying";
            default -> "copied";
        };
    }

    private static TablePhase tablePhase(List<TableStatus> tables) {
        int done = (int) tables.stream()
                .filter(table ->
                        !table.state().equals("pending") && !table.state().equals("copying"))
                .count();
        String current = tables.stream()
                .filter(table -> table.state().equals("copying"))
                .findFirst()
                .map(table -> table.schema() + "." + table.table())
                .orElse(null);
        return new TablePhase(
                !tables.isEmpty() && done == tables.size() ? "finished" : "in-progress", current, done, tables.size());
    }

    private void sample(MigrationRow row, long copied) {
        Instant now = clock.instant();
        if (row.phase() != Phase.COPYING || row.paused()) {
            samples.clear();
            return;
        }
        if (samples.isEmpty() || samples.getLast().bytes() != copied || samples.size() == 1) {
            samples.addLast(new Sample(now, copied));
        }
        while (samples.size() > 2
                && Duration.between(samples.getFirst().at(), now).compareTo(SPEED_OVER) > 0) {
            samples.removeFirst();
        }
    }

    private @Nullable ThroughputEta eta(long copied, long total) {
        if (samples.size() < 2) {
            return null;
        }
        double minutes =
                Duration.between(samples.getFirst().at(), clock.instant()).toMillis() / 60_000.0;
        long bytes = copied - samples.getFirst().bytes();
        if (bytes <= 0 || minutes <= 0) {
            return null;
        }
        double perMinute = bytes / minutes;
        double left = (total - copied) / perMinute;
        return new ThroughputEta(
                Math.round(perMinute), round(perMinute / (1024 * 1024)), round(left * 0.8), round(left * 1.5));
    }

    private static double round(double value) {
        return Math.round(value * 10) / 10.0;
    }

    private StallDetection stall(MigrationRow row) {
        if (samples.isEmpty() || row.phase() != Phase.COPYING || store.isDone("copied")) {
            return new StallDetection(false, 0, "", List.of());
        }
        Duration silent = Duration.between(samples.getLast().at(), clock.instant());
        boolean stalled = silent.compareTo(STALLED_AFTER) > 0;
        return new StallDetection(
                stalled,
                round(silent.toMillis() / 60_000.0),
                stalled ? "No chunk was finished for " + silent.toMinutes() + " minutes." : "",
                stalled
                        ? List.of(
                                "Look at the event log: it names who holds a lock or which end does not answer.",
                                "Check both databases' load and storage.")
                        : List.of());
    }

    private ReplicationDelay delay(MigrationRow row, @Nullable LiveSync sync) {
        if (sync == null || (row.phase() != Phase.REPLICATING && row.phase() != Phase.SWITCHED)) {
            return new ReplicationDelay(null, null, null, 0, "unknown", "not_started", null);
        }
        LiveSync.Lag lag = sync.lag();
        Instant now = clock.instant();
        Double seconds = lag.equalAt() == null
                ? null
                : Math.max(0, Duration.between(lag.equalAt(), now).toMillis() / 1000.0);
        if (row.phase() == Phase.SWITCHED) {
            return new ReplicationDelay(0.0, 0.0, lag.equalAt(), 0, "steady", "healthy", null);
        }
        backlog.addLast(lag.pending());
        while (backlog.size() > 10) {
            backlog.removeFirst();
        }
        String trend = trend();
        String blocked = !sync.suspended().isEmpty()
                ? "suspended: " + String.join(", ", sync.suspended().keySet())
                : trouble();
        String health = row.paused()
                ? "paused"
                : blocked != null
                        ? "blocked"
                        : seconds == null || !lag.complete() ? "catching_up" : seconds > 5 ? "lagging" : "healthy";
        return new ReplicationDelay(seconds, seconds, lag.equalAt(), lag.pending(), trend, health, blocked);
    }

    private String trend() {
        if (backlog.size() < 3) {
            return "unknown";
        }
        long change = backlog.getLast() - backlog.getFirst();
        long margin = Math.max(100, backlog.getFirst() / 10);
        return change > margin ? "growing" : change < -margin ? "shrinking" : "steady";
    }

    private static SwitchStatus switchStatus(SwitchProgress progress) {
        return new SwitchStatus(
                progress.attempt(),
                progress.state().name().toLowerCase(Locale.ROOT),
                progress.waitingFor(),
                progress.lastError());
    }

    private String state(MigrationRow row, boolean leads) {
        if (!leads && row.phase() != Phase.COMPLETED && row.phase() != Phase.ABORTED) {
            return "waiting_for_leader";
        }
        if (row.requests("switch") && row.phase() != Phase.ERROR) {
            return "switching";
        }
        if (row.requests("revert") && row.phase() != Phase.ERROR) {
            return "reverting";
        }
        if (row.requests("retry")) {
            return "retrying";
        }
        if (row.requestsAbort()) {
            return "aborting";
        }
        return switch (row.phase()) {
            case COPYING, REPLICATING -> !row.paused() ? "running" : runner.resting() ? "paused" : "pausing";
            case STARTING, CONFIGURING, CLEANING_UP -> "running";
            case WAITING, READY_TO_COPY, SWITCHED, COMPLETED, ERROR, ABORTED -> "idle";
        };
    }

    private String message(MigrationRow row, boolean leads, boolean copyDone) {
        if (!leads && row.phase() != Phase.COMPLETED && row.phase() != Phase.ABORTED) {
            return "Another Ferry process leads this migration; this one shows it and takes over if that one ends.";
        }
        if (row.phase() == Phase.ERROR && unfinishedCutover(row)) {
            return "Stopped by an error in the middle of a " + row.request()
                    + "; the source may be closed for writes. Mend what it says, then press Retry, or Revert switch.";
        }
        if (row.requests("switch")) {
            return "Switching: waiting for open transactions, then carrying over the last changes.";
        }
        if (row.requests("revert")) {
            return "Reverting: the source is being opened for the app again.";
        }
        if (row.requestsAbort()) {
            return "Aborting: Ferry is being removed from the source.";
        }
        return switch (row.phase()) {
            case WAITING -> "Nothing has been started.";
            case STARTING -> "Reading the source's schema.";
            case CONFIGURING -> "Creating the schema on the target and turning on capture on the source.";
            case READY_TO_COPY -> "Everything is set up. Press Start copy when you are ready.";
            case COPYING ->
                row.paused()
                        ? "The copy is paused. Changes are logged on the source meanwhile. Press Resume to go on."
                        : copyDone
                                ? "Rows are copied. Building indexes and applying what changed meanwhile."
                                : "Copying rows. The app goes on as usual.";
            case REPLICATING ->
                row.paused()
                        ? "Sync is paused. Changes are logged on the source meanwhile. Press Resume to go on."
                        : "The target follows the source. Press Switch traffic when you are ready.";
            case SWITCHED ->
                runner.validationProgress() != null
                        ? "Safe to point the app at PlanetScale. Validating foreign keys there beside it: "
                                + runner.validationProgress() + "."
                        : "Safe to point the app at PlanetScale. Press Complete when you are sure, or Revert switch.";
            case CLEANING_UP -> "Removing Ferry from the source.";
            case COMPLETED -> "Done. Nothing of Ferry is left on the source, which stays closed for writes.";
            case ERROR -> "Stopped by an error. Mend what it says, then press Retry.";
            case ABORTED -> "Aborted. Nothing of Ferry is left on the source.";
        };
    }

    static Set<Action> legal(MigrationRow row) {
        EnumSet<Action> legal = EnumSet.noneOf(Action.class);
        for (Action action : Action.values()) {
            if (isLegal(action, row)) {
                legal.add(action);
            }
        }
        return legal;
    }

    private static boolean unfinishedCutover(MigrationRow row) {
        return row.requests("switch") || row.requests("revert");
    }

    static boolean isLegal(Action action, MigrationRow row) {
        if (row.phase() == Phase.ERROR && unfinishedCutover(row)) {
            return switch (action) {
                case RETRY, REVERT -> true;
                case CLEANUP -> row.failedPhase() == Phase.SWITCHED;
                case ABORT -> row.failedPhase() != Phase.SWITCHED;
                case START,
                        START_COPY,
                        PAUSE,
                        RESUME,
                        SWITCH,
                        REMOVE_STATE,
                        VERIFY,
                        PAUSE_VERIFICATION,
                        RESUME_VERIFICATION,
                        REPAIR -> false;
            };
        }
        if (row.requests("switch")) {
            return action == Action.REVERT || action == Action.ABORT;
        }
        if (row.requests("revert")) {
            // It may never end where the source is gone for good.
            return row.phase() == Phase.SWITCHED ? action == Action.CLEANUP : action == Action.ABORT;
        }
        if (row.requests("repair")) {
            return action == Action.ABORT;
        }
        if (row.requestsAbort() || row.requests("retry")) {
            return action == Action.ABORT; // once more, without a source that is gone
        }
        if (row.request() != null) {
            return false;
        }
        Phase failed = row.phase() == Phase.ERROR ? row.failedPhase() : null;
        boolean switchedOnce = failed == Phase.SWITCHED || failed == Phase.CLEANING_UP;
        boolean byPhase = action.legalIn().contains(row.phase());
        return switch (action) {
            case PAUSE -> byPhase && !row.paused();
            case RESUME -> byPhase && row.paused();
            case ABORT -> byPhase && !switchedOnce;
            // A step that failed after the switch must not take away the ways out of it.
            case REVERT, CLEANUP -> byPhase || failed == Phase.SWITCHED;
            case VERIFY -> byPhase && !"running".equals(row.verification());
            case PAUSE_VERIFICATION -> byPhase && "running".equals(row.verification());
            case RESUME_VERIFICATION -> byPhase && "paused".equals(row.verification());
            case REPAIR -> byPhase && "different".equals(row.verification());
            case START, START_COPY, SWITCH, RETRY, REMOVE_STATE -> byPhase;
        };
    }

    /** Rows that differ must not be shipped; what else was found is for people to weigh. */
    private static void judge(
            VerificationReport verification,
            List<Readiness.Blocker> hard,
            List<Readiness.Blocker> soft,
            List<String> notes) {
        if (verification.differences() > 0) {
            hard.add(new Readiness.Blocker(
                    "verification_found_differences", verification.message() + " Repair reads them once more."));
        }
        if (!verification.definitions().isEmpty()) {
            soft.add(new Readiness.Blocker(
                    "verification_found_other_definitions",
                    verification.definitions().stream()
                                    .limit(NAMED)
                                    .map(found -> found.kind() + " " + found.name() + " (" + found.what() + ")")
                                    .collect(Collectors.joining("; ", "Not defined the same on the target: ", ""))
                            + (verification.definitions().size() > NAMED
                                    ? "; and " + (verification.definitions().size() - NAMED) + " more"
                                    : "")
                            + ". Put them right there by hand, then verify again."));
        }
        String at = verification.finishedAt() == null
                ? ""
                : " (" + verification.finishedAt().truncatedTo(ChronoUnit.SECONDS) + ")";
        notes.add(verification.message() + at);
    }

    private Readiness readiness(
            MigrationRow row,
            @Nullable LiveSync sync,
            ReplicationDelay delay,
            VerificationReport verification,
            boolean leads,
            List<TableStatus> tables) {
        List<Readiness.Blocker> hard = new ArrayList<>();
        List<Readiness.Blocker> soft = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        String otherExclusions = row.otherExclusions(filter);
        if (otherExclusions != null) {
            notes.add(otherExclusions);
        }
        if (row.phase() != Phase.REPLICATING) {
            hard.add(new Readiness.Blocker(
                    "initial_copy_not_finished",
                    row.phase() == Phase.SWITCHED ? "Already switched." : "The initial copy is not finished."));
            return new Readiness(Readiness.Level.NOT_READY, false, hard.get(0).message(), hard, soft, notes);
        }
        if (!leads) {
            hard.add(new Readiness.Blocker("not_leader", "Another process leads this migration."));
        }
        if (row.paused()) {
            hard.add(new Readiness.Blocker("paused", "Sync is paused."));
        }
        if (row.revertUnsettled()) {
            hard.add(new Readiness.Blocker(
                    "revert_not_settled", "What was written on the target before the revert is not undone yet."));
        }
        if (!runner.targetDifferences().isEmpty()) {
            hard.add(new Readiness.Blocker(
                    "schema_drift",
                    "Changed on the target before the revert: " + String.join("; ", runner.targetDifferences())
                            + ". Drop what is new, and put the rest back as it was."));
        }
        if (sync != null) {
            if (!sync.suspended().isEmpty()) {
                hard.add(new Readiness.Blocker(
                        "schema_drift",
                        "Suspended: "
                                + String.join(
                                        "; ",
                                        sync.suspended().entrySet().stream()
                                                .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
                                                .toList())));
            }
            if (!sync.newTables().isEmpty()) {
                hard.add(new Readiness.Blocker(
                        "schema_drift", "Not part of the migration: " + String.join(", ", sync.newTables())));
            }
        }
        for (End end : End.values()) {
            String gone = reachability.trouble(end);
            if (gone != null) {
                hard.add(new Readiness.Blocker(end.label() + "_unreachable", gone));
            }
        }
        String retried = runner.trouble();
        if (retried != null) {
            soft.add(new Readiness.Blocker("replication_not_healthy", retried));
        } else if (sync == null || delay.seconds() == null || delay.seconds() > 5) {
            soft.add(new Readiness.Blocker(
                    "replication_not_healthy",
                    delay.seconds() == null
                            ? "No complete cycle since this process began to lead."
                            : String.format(Locale.ROOT, "The target is %.1f s behind.", delay.seconds())));
        }
        List<String> missing = runner.definitionsMissing();
        if (!missing.isEmpty()) {
            soft.add(
                    new Readiness.Blocker(
                            "definitions_changed",
                            "Changed on the source since its schema was read, and not the same on the target: "
                                    + String.join(", ", missing.subList(0, Math.min(NAMED, missing.size())))
                                    + (missing.size() > NAMED ? " and " + (missing.size() - NAMED) + " more" : "")
                                    + ". Make the same change on the target by hand (a trigger or a foreign key only after the switch)."));
        }
        ReloadsAtSwitch reloads = ReloadsAtSwitch.of(tables);
        reloads.blocker().ifPresent(soft::add);
        reloads.note().ifPresent(notes::add);
        judge(verification, hard, soft, notes);
        Readiness.Level level = !hard.isEmpty()
                ? Readiness.Level.BLOCKED
                : soft.isEmpty() ? Readiness.Level.READY : Readiness.Level.WARNING;
        String message = switch (level) {
            case BLOCKED -> "Not now: " + hard.get(0).message();
            case WARNING -> "Possible, but: " + soft.get(0).message();
            case READY -> "Ready to switch.";
            case NOT_READY -> "Not ready.";
        };
        return new Readiness(level, level == Readiness.Level.WARNING, message, hard, soft, notes);
    }

    private EventChecklist checklist(@Nullable MigrationRow row, boolean copyDone) {
        Phase phase = row == null
                ? Phase.WAITING
                : row.phase() == Phase.ERROR && row.failedPhase() != null ? row.failedPhase() : row.phase();
        boolean inSync = row != null && row.inSyncAt() != null;
        boolean switched = row != null && (row.switchedAt() != null || phase == Phase.COMPLETED);
        List<ChecklistStep> steps = List.of(
                new ChecklistStep("Checks passed", row != null),
                new ChecklistStep("Schema read", row != null && phase.compareTo(Phase.STARTING) > 0),
                new ChecklistStep("Capture on", row != null && phase.compareTo(Phase.CONFIGURING) > 0),
                new ChecklistStep("Rows copied", copyDone),
                new ChecklistStep("In sync", inSync),
                new ChecklistStep("Switched", switched),
                new ChecklistStep("Completed", phase == Phase.COMPLETED));
        return new EventChecklist(
                steps, (int) steps.stream().filter(ChecklistStep::done).count(), steps.size());
    }
}
