package dev.ferry.web;

import dev.ferry.preflight.Finding;
import dev.ferry.preflight.PreflightReport;
import java.time.Instant;
import java.util.List;

/** {@code GET /preflight-checks}. */
record PreflightJson(
        List<String> tablesWithoutPkOrUnique,
        List<PreflightReport.TableWithGeneratedColumns> tablesWithGeneratedColumns,
        boolean allTablesValid,
        List<Check> checks,
        Instant timestamp) {

    record Check(String id, String level, String title, String detail, String remedy, boolean couldNotRun) {}

    static PreflightJson of(PreflightReport report) {
        boolean allRan = report.findings().stream().noneMatch(Finding::couldNotRun);
        return new PreflightJson(
                report.tablesWithoutKey(),
                report.tablesWithGeneratedColumns(),
                allRan && report.allTablesValid(),
                report.findings().stream()
                        .map(finding -> new Check(
                                finding.id(),
                                Answer.lower(finding.level()),
                                finding.title(),
                                finding.detail(),
                                finding.remedy(),
                                finding.couldNotRun()))
                        .toList(),
                report.at());
    }
}
