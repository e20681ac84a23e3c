package dev.ferry.web;

import dev.ferry.migration.Action;
import dev.ferry.migration.MigrationStatus;
import dev.ferry.migration.Phase;
import dev.ferry.verification.DefinitionDifference;
import dev.ferry.verification.VerificationReport;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The comparison of all rows, in the words of the page.
 *
 * @param shown whether there is anything to say or to press
 * @param tone good, bad, attention, working or nothing
 * @param progress while it runs or rests; null else
 * @param more what is not listed; null if all is
 */
record VerificationView(
        boolean shown,
        String label,
        String tone,
        String message,
        String when,
        DashboardView.@Nullable Progress progress,
        List<Row> tables,
        List<DefinitionDifference> definitions,
        @Nullable String more,
        List<DashboardView.Button> buttons) {

    private static final int SHOWN = 20;
    private static final int SHOWN_KEYS = 8;

    /** A table that is not equal, or was not compared. */
    record Row(String schema, String name, String outcome, String tone, String what) {}

    static VerificationView of(Phase phase, MigrationStatus status) {
        VerificationReport report = status.verification();
        boolean running = report.state().equals("running");
        boolean open = running || report.state().equals("paused");
        int more = Math.max(0, report.tables().size() - SHOWN)
                + Math.max(0, report.definitions().size() - SHOWN);
        return new VerificationView(
                phase == Phase.REPLICATING
                        || phase == Phase.SWITCHED
                        || !report.state().equals("never"),
                switch (report.state()) {
                    case "running" -> "Comparing";
                    case "paused" -> "Paused";
                    case "equal" -> "Equal";
                    case "different" -> "Differs";
                    case "incomplete" -> "Incomplete";
                    default -> "Not verified";
                },
                switch (report.state()) {
                    case "running" -> "working";
                    case "equal" -> "good";
                    case "different" -> "bad";
                    case "incomplete", "paused" -> "attention";
                    default -> "";
                },
                report.message(),
                report.finishedAt() == null ? "" : "Finished " + Figures.day(report.finishedAt()),
                open
                        ? new DashboardView.Progress(
                                Math.round(report.percent() * 10),
                                1000,
                                Figures.percent(report.percent()),
                                Figures.count(report.rowsCompared(), "row") + " compared")
                        : null,
                report.tables().stream().limit(SHOWN).map(VerificationView::row).toList(),
                report.definitions().stream().limit(SHOWN).toList(),
                more == 0 ? null : "and " + Figures.count(more) + " more; GET /status lists every one.",
                buttons(status, report));
    }

    private static Row row(VerificationReport.TableReport table) {
        List<String> parts = new ArrayList<>();
        if (table.differences() > 0) {
            parts.add(Figures.count(table.differences(), "row") + " differ" + (table.differences() == 1 ? "s" : ""));
            String keys = table.keys().stream()
                    .limit(SHOWN_KEYS)
                    .map(VerificationView::key)
                    .collect(Collectors.joining(", "));
            parts.add(keys + (table.keys().size() > SHOWN_KEYS ? " …" : ""));
        }
        if (table.reason() != null) {
            parts.add(table.reason());
        }
        boolean different = table.outcome().equals("different");
        return new Row(
                table.schema(),
                table.table(),
                different ? "Differs" : "Not compared",
                different ? "bad" : "attention",
                String.join(": ", parts));
    }

    private static String key(VerificationReport.KeyReport found) {
        List<@Nullable String> key = found.key();
        return key == null
                ? Figures.count(found.rows()) + " " + found.kind()
                : key.stream().map(value -> value == null ? "NULL" : value).collect(Collectors.joining(", ", "(", ")"))
                        + " " + found.kind();
    }

    private static List<DashboardView.Button> buttons(MigrationStatus status, VerificationReport report) {
        List<DashboardView.Button> buttons = new ArrayList<>();
        for (Action action :
                List.of(Action.REPAIR, Action.RESUME_VERIFICATION, Action.VERIFY, Action.PAUSE_VERIFICATION)) {
            boolean useless = action == Action.REPAIR && report.differences() == 0;
            if (status.legalActions().contains(action) && !useless) {
                PageAction page = PageAction.of(action);
                String label =
                        action == Action.VERIFY && !report.state().equals("never") ? "Verify again" : page.label();
                buttons.add(new DashboardView.Button(
                        page.path(), label, action == Action.REPAIR ? "primary" : "quiet", page.dangerous()));
            }
        }
        return buttons;
    }
}
