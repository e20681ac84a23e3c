package dev.ferry.web;

import dev.ferry.database.End;
import dev.ferry.journal.Event;
import dev.ferry.migration.Action;
import dev.ferry.migration.Migration;
import dev.ferry.migration.MigrationStatus;
import dev.ferry.migration.Phase;
import dev.ferry.migration.Readiness;
import dev.ferry.migration.Vitals;
import dev.ferry.preflight.Finding;
import dev.ferry.preflight.PreflightReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the templates show, as text: the migration's status in the words and the order of the page. */
record DashboardView(
        String documentTitle,
        String announcement,
        @Nullable String otherLeader,
        List<Step> steps,
        Headline headline,
        @Nullable Progress total,
        List<Figure> figures,
        List<Button> buttons,
        boolean canStart,
        boolean clearToStart,
        ChecksView checks,
        boolean showsChart,
        List<Figure> syncFigures,
        @Nullable SwitchView switching,
        @Nullable ReadinessView readiness,
        VerificationView verification,
        TablesView tables,
        SqlView sql,
        List<EventLine> events,
        boolean switched,
        boolean completed,
        boolean aborted,
        String discarded) {

    private static final int SHOWN_TABLES = 40;
    private static final int SHOWN_EXCLUDED = 40;
    private static final int SHOWN_SQL = 20_000;

    /** One of the six. Status: done, current, failed or todo. */
    record Step(int number, String name, String status) {}

    /** @param tone working, good, attention, bad or calm */
    record Headline(
            String title,
            String message,
            String next,
            @Nullable String error,
            String tone,
            @Nullable String stalled,
            List<String> stalledSteps) {}

    record Progress(long value, long maximum, String percent, String figures) {}

    record Figure(String label, String value, String note, String tone) {}

    /** A button that acts at once, or (with {@code confirm}) leads to a confirmation. */
    record Button(String name, String label, String style, boolean confirm) {}

    record ChecksView(
            boolean shown,
            boolean running,
            boolean known,
            String summary,
            String at,
            List<Check> blockers,
            List<Check> couldNotRun,
            List<Check> warnings,
            List<Check> notes,
            List<Check> fine) {}

    record Check(String id, String level, String title, String detail, List<Passage> remedy) {}

    record SwitchView(
            String state,
            int attempt,
            List<String> waitingFor,
            @Nullable String lastError) {}

    record ReadinessView(
            String level,
            String label,
            String message,
            List<Readiness.Blocker> hard,
            List<Readiness.Blocker> soft,
            List<String> notes) {}

    record TablesView(
            boolean shown,
            boolean copied,
            String summary,
            List<TableRow> rows,
            @Nullable String rest,
            List<String> excluded,
            @Nullable String moreExcluded) {}

    record TableRow(
            String schema,
            String name,
            String state,
            String stateLabel,
            long value,
            long maximum,
            String percent,
            String size,
            String rows,
            String waiting,
            @Nullable String note) {}

    record SqlView(boolean shown, boolean known, String switchSql, String revertSql, String grants, boolean cut) {}

    record EventLine(String at, String clock, String level, String message) {}

    static boolean showsChecks(MigrationStatus status) {
        return status.phase().equals(Phase.WAITING.label());
    }

    static boolean showsSql(MigrationStatus status) {
        return switch (Phase.ofLabel(status.phase())) {
            case COPYING, REPLICATING, SWITCHED, CLEANING_UP, COMPLETED -> true;
            case WAITING, STARTING, CONFIGURING, READY_TO_COPY, ERROR, ABORTED -> false;
        };
    }

    /** Since when and why the source cannot be worked with; null while it can, or nobody knows. */
    static @Nullable String sourceTrouble(Vitals vitals) {
        return vitals.ends().stream()
                .filter(end -> end.end() == End.SOURCE && end.trouble() != null && end.troubleSince() != null)
                .map(end -> "since " + end.troubleSince() + ": " + end.trouble())
                .findFirst()
                .orElse(null);
    }

    /** Complete was asked for and is not over, because the source does not answer. */
    static boolean completeWaitsForSource(MigrationStatus status, @Nullable String sourceTrouble) {
        return sourceTrouble != null && status.leader() && status.phase().equals(Phase.CLEANING_UP.label());
    }

    static DashboardView of(
            MigrationStatus status,
            @Nullable String sourceTrouble,
            @Nullable PreflightReport report,
            boolean checking,
            Migration.@Nullable CutoverSql sql,
            List<Event> events) {
        Phase phase = Phase.ofLabel(status.phase());
        ChecksView checks = checks(showsChecks(status), report, checking);
        Headline headline = headline(phase, status, sourceTrouble, checks);
        return new DashboardView(
                documentTitle(phase, status, headline),
                headline.title() + (headline.error() == null ? "" : ". Error: " + headline.error()),
                status.leader()
                        ? null
                        : "Another Ferry process leads this migration. This one shows its state and takes over if it falls silent.",
                steps(phase, status),
                headline,
                total(phase, status),
                figures(phase, status),
                buttons(status, sourceTrouble),
                status.legalActions().contains(Action.START),
                checks.known()
                        && checks.blockers().isEmpty()
                        && checks.couldNotRun().isEmpty(),
                checks,
                showsChart(phase),
                showsChart(phase) ? syncFigures(status) : List.of(),
                switching(phase, status),
                readiness(phase, status.cutoverReadiness()),
                VerificationView.of(phase, status),
                tables(phase, status),
                sql(showsSql(status), sql),
                lines(events),
                phase == Phase.SWITCHED,
                phase == Phase.COMPLETED,
                phase == Phase.ABORTED,
                discarded(status));
    }

    private static boolean showsChart(Phase phase) {
        return phase == Phase.REPLICATING;
    }

    private static boolean isSwitching(MigrationStatus status) {
        return status.state().equals("switching") || status.state().equals("reverting");
    }

    private static String discarded(MigrationStatus status) {
        Long changes = status.targetChanges();
        if (changes == null) {
            return "The rows written on PlanetScale since the switch";
        }
        return changes == 0
                ? "No row was written on PlanetScale since the switch; rows written from now on"
                : Figures.count(changes, "row") + " written on PlanetScale since the switch";
    }

    private static String documentTitle(Phase phase, MigrationStatus status, Headline headline) {
        if (phase == Phase.COPYING) {
            return Figures.percent(status.progressSignals().byteWeighted().percent()) + " copied · Ferry";
        }
        return headline.title() + " · Ferry";
    }

    // Steps

    private static List<Step> steps(Phase phase, MigrationStatus status) {
        String[] names = {"Check", "Schema", "Copy", "In sync", "Switch", "Complete"};
        int current = currentStep(phase, status);
        List<Step> steps = new ArrayList<>();
        for (int number = 1; number <= names.length; number++) {
            String state = number < current ? "done" : number > current ? "todo" : "current";
            if (number == current && phase == Phase.ERROR) {
                state = "failed";
            }
            steps.add(new Step(number, names[number - 1], state));
        }
        return steps;
    }

    private static int currentStep(Phase phase, MigrationStatus status) {
        return switch (phase) {
            case WAITING, ABORTED -> 1;
            case STARTING, CONFIGURING, READY_TO_COPY -> 2;
            case COPYING -> 3;
            case REPLICATING -> isSwitching(status) ? 5 : 4;
            case SWITCHED -> 5;
            case CLEANING_UP -> 6;
            case COMPLETED -> 7;
            case ERROR -> failedStep(status);
        };
    }

    /** The phase says only that it failed; how far it had come is seen from what there is. */
    private static int failedStep(MigrationStatus status) {
        MigrationStatus.ProgressSignals signals = status.progressSignals();
        if (status.switchedAt() != null) {
            return 5;
        }
        if (signals.replicationDelay().lastGoodSync() != null) {
            return 4;
        }
        return signals.byteWeighted().totalBytes() > 0 ? 3 : 2;
    }

    // Headline

    private static Headline headline(
            Phase phase, MigrationStatus status, @Nullable String sourceTrouble, ChecksView checks) {
        boolean paused = status.state().equals("paused");
        MigrationStatus.StallDetection stall = status.progressSignals().stallDetection();
        MigrationStatus.ReplicationDelay delay = status.progressSignals().replicationDelay();
        String health = delay.healthState();
        String title = switch (phase) {
            case WAITING -> waitingTitle(checks);
            case STARTING -> "Starting";
            case CONFIGURING -> "Preparing both databases";
            case READY_TO_COPY -> "Ready to copy";
            case COPYING -> paused ? "Copy paused" : "Copying";
            case REPLICATING -> replicatingTitle(status, paused, health);
            case SWITCHED -> status.state().equals("reverting") ? "Going back to Heroku" : "Safe to use PlanetScale";
            case CLEANING_UP -> "Cleaning up";
            case COMPLETED -> "Migration complete";
            case ERROR -> "Stopped by an error";
            case ABORTED -> "Migration aborted";
        };
        String tone = switch (phase) {
            case WAITING ->
                !checks.blockers().isEmpty() || !checks.couldNotRun().isEmpty() ? "attention" : "calm";
            case STARTING, CONFIGURING, CLEANING_UP -> "working";
            case COPYING -> paused ? "attention" : "working";
            case READY_TO_COPY -> "calm";
            case REPLICATING ->
                isSwitching(status)
                        ? "working"
                        : health.equals("healthy") ? "good" : health.equals("catching_up") ? "working" : "attention";
            case SWITCHED, COMPLETED -> "good";
            case ERROR -> "bad";
            case ABORTED -> "calm";
        };
        return new Headline(
                title,
                status.message(),
                sourceTrouble == null
                        ? next(phase, status, paused, checks)
                        : nextWithoutSource(phase, status, paused, checks),
                status.error(),
                tone,
                stall.stalled() ? stall.message() : null,
                stall.stalled() ? stall.nextSteps() : List.of());
    }

    private static String waitingTitle(ChecksView checks) {
        int against = checks.blockers().size() + checks.couldNotRun().size();
        if (!checks.known()) {
            return "Checking both databases";
        }
        return against == 0
                ? "Ready to start"
                : Figures.count(against, "thing") + (against == 1 ? " stands" : " stand") + " in the way";
    }

    private static String replicatingTitle(MigrationStatus status, boolean paused, String health) {
        if (status.state().equals("switching")) {
            return "Switching";
        }
        if (status.state().equals("reverting")) {
            return "Going back to Heroku";
        }
        if (paused) {
            return "Sync paused";
        }
        return switch (health) {
            case "healthy" -> "In sync";
            case "catching_up" -> "Catching up";
            case "lagging" -> "Falling behind";
            case "blocked" -> "Sync is blocked";
            default -> "Syncing";
        };
    }

    private static String next(Phase phase, MigrationStatus status, boolean paused, ChecksView checks) {
        return switch (phase) {
            case WAITING -> nextWhenWaiting(checks);
            case STARTING, CONFIGURING -> "Nothing to do: the copy begins by itself unless you chose to hold.";
            case READY_TO_COPY -> "Press Start copy when the time is right. Changes are captured already.";
            case COPYING ->
                paused
                        ? "Press Resume to go on where it stopped. Changes are captured meanwhile."
                        : "Nothing to do: sync begins by itself after the copy.";
            case REPLICATING -> nextWhenReplicating(status, paused);
            case SWITCHED ->
                "Point the app at PlanetScale, look at it, then press Complete. Until then you can go back.";
            case CLEANING_UP -> "Nothing to do: Ferry removes what it made on the source.";
            case COMPLETED -> "Remove Ferry’s schema from the target, then Ferry itself.";
            case ERROR -> "Do what the error says, then press Retry. Nothing copied so far is lost.";
            case ABORTED -> "To begin again, empty the target or give a new PLANETSCALE_URL, and restart Ferry.";
        };
    }

    private static String nextWithoutSource(Phase phase, MigrationStatus status, boolean paused, ChecksView checks) {
        if (phase == Phase.CLEANING_UP) {
            return "Bring Heroku’s database back. If it is gone for good, press Complete without Heroku.";
        }
        return status.state().equals("aborting")
                ? "Bring Heroku’s database back. If it is gone for good, press Abort and say so."
                : next(phase, status, paused, checks);
    }

    private static String nextWhenWaiting(ChecksView checks) {
        if (!checks.known()) {
            return "Wait for the checks; they take a few seconds.";
        }
        return checks.blockers().isEmpty() && checks.couldNotRun().isEmpty()
                ? "Press Start. Your app keeps running; nothing is switched before you say so."
                : "Solve what is listed below and check again.";
    }

    private static String nextWhenReplicating(MigrationStatus status, boolean paused) {
        if (isSwitching(status)) {
            return "Wait for the word that it is safe. Do not change DATABASE_URL before.";
        }
        if (paused) {
            return "Press Resume to go on. Changes are captured meanwhile.";
        }
        return switch (status.cutoverReadiness().level()) {
            case READY -> "When you are ready, put the app into maintenance mode and press Switch traffic.";
            case WARNING -> "You can switch; read the warnings first.";
            case BLOCKED -> "Solve what blocks the switch, as listed under Readiness.";
            case NOT_READY -> "Wait until the target has caught up.";
        };
    }

    // Progress

    private static @Nullable Progress total(Phase phase, MigrationStatus status) {
        MigrationStatus.ByteWeighted bytes = status.progressSignals().byteWeighted();
        boolean copying =
                phase == Phase.COPYING || (phase == Phase.ERROR && bytes.totalBytes() > 0 && bytes.percent() < 100);
        if (!copying) {
            return null;
        }
        MigrationStatus.TablePhase tables = status.progressSignals().tablePhase();
        return new Progress(
                bytes.copiedBytes(),
                Math.max(1, bytes.totalBytes()),
                Figures.percent(bytes.percent()),
                Figures.bytes(bytes.copiedBytes()) + " of " + Figures.bytes(bytes.totalBytes()) + ", "
                        + Figures.count(tables.tablesCompleted()) + " of "
                        + Figures.count(tables.totalTables(), "table") + " done");
    }

    private static List<Figure> figures(Phase phase, MigrationStatus status) {
        List<Figure> figures = new ArrayList<>();
        if (phase == Phase.COPYING) {
            MigrationStatus.ThroughputEta throughput = status.progressSignals().throughputEta();
            long rows = status.tables().stream()
                    .mapToLong(MigrationStatus.TableStatus::rows)
                    .sum();
            // Once all rows are there, indexes are built, and how long that takes nobody knows.
            if (status.progressSignals().byteWeighted().percent() < 100) {
                figures.add(new Figure(
                        "Speed",
                        throughput == null ? "–" : Figures.bytes(throughput.bytesPerMin()) + "/min",
                        throughput == null ? "not known yet" : "",
                        ""));
                figures.add(new Figure(
                        "Time left",
                        throughput == null
                                ? "–"
                                : Figures.minutes(throughput.etaMinMinutes(), throughput.etaMaxMinutes()),
                        throughput == null ? "not known yet" : "for the rows",
                        ""));
            }
            figures.add(new Figure("Rows copied", Figures.count(rows), "", ""));
        }
        if ((phase == Phase.SWITCHED || phase == Phase.COMPLETED) && status.writeBlockedMs() != null) {
            figures.add(new Figure(
                    "Writes were blocked for",
                    Figures.milliseconds(status.writeBlockedMs()),
                    "from the lock to “safe”",
                    ""));
        }
        if (phase == Phase.SWITCHED && status.targetChanges() != null) {
            figures.add(new Figure(
                    "Written on PlanetScale", Figures.count(status.targetChanges(), "row"), "since it is safe", ""));
        }
        if (status.switchedAt() != null) {
            figures.add(new Figure("Switched", Figures.day(status.switchedAt()), "", ""));
        }
        if (status.completedAt() != null) {
            figures.add(new Figure("Completed", Figures.day(status.completedAt()), "", ""));
        }
        return figures;
    }

    private static List<Figure> syncFigures(MigrationStatus status) {
        MigrationStatus.ReplicationDelay delay = status.progressSignals().replicationDelay();
        String tone = switch (delay.healthState()) {
            case "healthy" -> "good";
            case "lagging", "blocked", "paused" -> "attention";
            default -> "";
        };
        Double seconds = delay.seconds();
        Double lastGood = delay.secondsSinceLastGood();
        String blocked = delay.blockerReason();
        return List.of(
                new Figure(
                        "Lag", seconds == null ? "–" : Figures.seconds(seconds), "age of what PlanetScale shows", tone),
                new Figure("Changes waiting", Figures.count(delay.pendingChanges()), trend(delay.backlogTrend()), ""),
                new Figure(
                        "Last good sync",
                        lastGood == null ? "–" : Figures.duration(lastGood) + " ago",
                        blocked == null ? "" : blocked,
                        blocked == null ? "" : "attention"));
    }

    private static String trend(String backlogTrend) {
        return switch (backlogTrend) {
            case "growing", "shrinking", "steady" -> backlogTrend;
            default -> "";
        };
    }

    // Buttons

    private static List<Button> buttons(MigrationStatus status, @Nullable String sourceTrouble) {
        Set<Action> legal = status.legalActions();
        List<Button> buttons = new ArrayList<>();
        for (Action action : List.of(
                Action.START_COPY,
                Action.RETRY,
                Action.RESUME,
                Action.SWITCH,
                Action.CLEANUP,
                Action.PAUSE,
                Action.REVERT,
                Action.REMOVE_STATE,
                Action.ABORT)) {
            if (legal.contains(action)) {
                buttons.add(button(action, buttons.isEmpty()));
            }
        }
        if (completeWaitsForSource(status, sourceTrouble)) {
            buttons.add(new Button(PageAction.COMPLETE.path(), "Complete without Heroku", "quiet danger", true));
        }
        return buttons;
    }

    private static Button button(Action action, boolean first) {
        PageAction page = PageAction.of(action);
        String style = switch (action) {
            case ABORT, REVERT -> "quiet danger";
            case START,
                    START_COPY,
                    RETRY,
                    SWITCH,
                    CLEANUP,
                    RESUME,
                    PAUSE,
                    REMOVE_STATE,
                    VERIFY,
                    PAUSE_VERIFICATION,
                    RESUME_VERIFICATION,
                    REPAIR -> first && action != Action.PAUSE && action != Action.REMOVE_STATE ? "primary" : "quiet";
        };
        return new Button(page.path(), page.label(), style, page.dangerous());
    }

    // Checks

    private static ChecksView checks(boolean shown, @Nullable PreflightReport report, boolean running) {
        if (!shown || report == null) {
            return new ChecksView(shown, running, false, "", "", List.of(), List.of(), List.of(), List.of(), List.of());
        }
        List<Check> blockers = new ArrayList<>();
        List<Check> couldNotRun = new ArrayList<>();
        List<Check> warnings = new ArrayList<>();
        List<Check> notes = new ArrayList<>();
        List<Check> fine = new ArrayList<>();
        for (Finding finding : report.findings()) {
            Check check = new Check(
                    finding.id(),
                    Answer.lower(finding.level()),
                    finding.title(),
                    finding.detail(),
                    Passage.split(finding.remedy()));
            if (finding.couldNotRun()) {
                couldNotRun.add(check);
                continue;
            }
            switch (finding.level()) {
                case BLOCKER -> blockers.add(check);
                case WARNING -> warnings.add(check);
                case NOTE -> notes.add(check);
                case OK -> fine.add(check);
            }
        }
        List<String> summary = new ArrayList<>();
        addCount(summary, blockers.size(), "blocker");
        addCount(summary, couldNotRun.size(), "check");
        if (!couldNotRun.isEmpty()) {
            summary.set(summary.size() - 1, summary.get(summary.size() - 1) + " that could not run");
        }
        addCount(summary, warnings.size(), "warning");
        addCount(summary, notes.size(), "note");
        summary.add(Figures.count(fine.size()) + " fine");
        return new ChecksView(
                true,
                running,
                true,
                String.join(", ", summary),
                Figures.clock(report.at()),
                blockers,
                couldNotRun,
                warnings,
                notes,
                fine);
    }

    private static void addCount(List<String> summary, int count, String noun) {
        if (count > 0) {
            summary.add(Figures.count(count, noun));
        }
    }

    // Switch and readiness

    private static @Nullable SwitchView switching(Phase phase, MigrationStatus status) {
        MigrationStatus.SwitchStatus attempt = status.switchStatus();
        boolean told = phase == Phase.REPLICATING
                && !attempt.state().equals("idle")
                && !attempt.state().equals("done");
        if (!told) {
            return null;
        }
        String state = switch (attempt.state()) {
            case "locking" -> "Shutting out writers on Heroku";
            case "draining" -> "Writes are blocked; bringing over the last changes";
            case "gave_up" -> "The last switch gave up; the app writes to Heroku as before";
            default -> attempt.state();
        };
        return new SwitchView(state, attempt.attempt(), attempt.waitingFor(), attempt.lastError());
    }

    private static @Nullable ReadinessView readiness(Phase phase, Readiness readiness) {
        if (phase != Phase.COPYING && phase != Phase.REPLICATING) {
            return null;
        }
        String label = switch (readiness.level()) {
            case NOT_READY -> "Not ready";
            case BLOCKED -> "Blocked";
            case WARNING -> "Ready, with warnings";
            case READY -> "Ready";
        };
        return new ReadinessView(
                Answer.lower(readiness.level()),
                label,
                repeats(readiness) ? "" : readiness.message(),
                readiness.hardBlockers(),
                readiness.softBlockers(),
                readiness.notes());
    }

    /** Its message is that of a blocker, which the list below it says anyway. */
    private static boolean repeats(Readiness readiness) {
        return Stream.concat(readiness.hardBlockers().stream(), readiness.softBlockers().stream())
                .anyMatch(blocker -> readiness.message().endsWith(blocker.message()));
    }

    // Tables

    private static TablesView tables(Phase phase, MigrationStatus status) {
        List<MigrationStatus.TableStatus> all = status.tables();
        boolean copied = phase != Phase.COPYING && phase != Phase.CONFIGURING && phase != Phase.READY_TO_COPY;
        List<TableRow> rows = all.stream()
                .sorted(Comparator.comparingInt((MigrationStatus.TableStatus table) -> urgency(table))
                        .thenComparing(Comparator.comparingLong(MigrationStatus.TableStatus::pendingChanges)
                                .reversed())
                        .thenComparing(Comparator.comparingLong(MigrationStatus.TableStatus::totalBytes)
                                .reversed())
                        .thenComparing(MigrationStatus.TableStatus::schema)
                        .thenComparing(MigrationStatus.TableStatus::table))
                .limit(SHOWN_TABLES)
                .map(DashboardView::row)
                .toList();
        long bytes =
                all.stream().mapToLong(MigrationStatus.TableStatus::totalBytes).sum();
        boolean planned = all.stream().noneMatch(DashboardView::isUnplanned);
        long keyless = all.stream().filter(MigrationStatus.TableStatus::keyless).count();
        String summary = all.isEmpty()
                ? ""
                : Figures.count(all.size(), "table")
                        + (planned ? ", " + Figures.bytes(bytes) : "")
                        + (keyless == 0 ? "" : ", " + Figures.count(keyless) + " without a key");
        int more = all.size() - rows.size();
        List<String> excluded = status.excludedTables();
        int moreExcluded = Math.max(0, excluded.size() - SHOWN_EXCLUDED);
        return new TablesView(
                !all.isEmpty() || !excluded.isEmpty(),
                copied,
                summary,
                rows,
                more == 0 ? null : rest(all, more),
                excluded.subList(0, excluded.size() - moreExcluded),
                moreExcluded == 0 ? null : "and " + Figures.count(moreExcluded) + " more");
    }

    private static String rest(List<MigrationStatus.TableStatus> all, int more) {
        long open = all.stream()
                .filter(table ->
                        table.state().equals("pending") || table.state().equals("copying"))
                .count();
        return "and " + Figures.count(more, "more table") + "; of all " + Figures.count(all.size()) + ", "
                + Figures.count(all.size() - open) + " are copied and " + Figures.count(open)
                + " are not yet. GET /status lists every one.";
    }

    /** What needs eyes comes first, then what moves, then what waits, then what is done. */
    private static int urgency(MigrationStatus.TableStatus table) {
        return switch (table.state()) {
            case "suspended" -> 0;
            case "copying" -> 1;
            case "reloading" -> 2;
            case "copied" -> 3;
            case "pending" -> 4;
            case "indexed" -> 5;
            default -> 6;
        };
    }

    /** How large it is nobody has asked yet. An empty table has no chunks either, but is not pending then. */
    private static boolean isUnplanned(MigrationStatus.TableStatus table) {
        return table.state().equals("pending") && table.chunksTotal() == 0;
    }

    private static TableRow row(MigrationStatus.TableStatus table) {
        boolean done = switch (table.state()) {
            case "pending", "copying" -> false;
            default -> true;
        };
        long maximum = Math.max(1, table.totalBytes());
        long value = table.totalBytes() == 0 ? (done ? 1 : 0) : Math.min(maximum, table.copiedBytes());
        String size = isUnplanned(table)
                ? "–"
                : done || table.copiedBytes() == 0
                        ? Figures.bytes(table.totalBytes())
                        : Figures.bytes(table.copiedBytes()) + " of " + Figures.bytes(table.totalBytes());
        String note = table.note();
        return new TableRow(
                table.schema(),
                table.table(),
                table.state().toLowerCase(Locale.ROOT),
                table.state().substring(0, 1).toUpperCase(Locale.ROOT)
                        + table.state().substring(1),
                value,
                maximum,
                Figures.percent(100.0 * value / maximum),
                size,
                Figures.count(table.rows()),
                table.pendingChanges() == 0 ? "–" : Figures.count(table.pendingChanges()),
                note == null && table.keyless() ? "no key: reloaded whole when it changes" : note);
    }

    // SQL and events

    private static SqlView sql(boolean shown, Migration.@Nullable CutoverSql sql) {
        if (!shown || sql == null) {
            return new SqlView(shown, false, "", "", "", false);
        }
        boolean cut = sql.switchSql().length() > SHOWN_SQL
                || sql.revertSql().length() > SHOWN_SQL
                || sql.grantsAfterComplete().length() > SHOWN_SQL;
        return new SqlView(true, true, cut(sql.switchSql()), cut(sql.revertSql()), cut(sql.grantsAfterComplete()), cut);
    }

    private static String cut(String sql) {
        if (sql.length() <= SHOWN_SQL) {
            return sql;
        }
        int line = sql.lastIndexOf('\n', SHOWN_SQL);
        return sql.substring(0, line < 0 ? SHOWN_SQL : line) + "\n-- and more: the file has all of it";
    }

    private static List<EventLine> lines(List<Event> events) {
        List<EventLine> lines = new ArrayList<>();
        for (int i = events.size() - 1; i >= 0; i--) {
            Event event = events.get(i);
            lines.add(new EventLine(
                    event.at().toString(), Figures.clock(event.at()), Answer.lower(event.level()), event.message()));
        }
        return lines;
    }
}
