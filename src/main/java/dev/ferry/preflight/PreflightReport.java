package dev.ferry.preflight;

import java.time.Instant;
import java.util.List;

/** All findings of one run, with the two table lists that existing runbooks ask for. */
public record PreflightReport(
        Instant at,
        List<Finding> findings,
        List<String> tablesWithoutKey,
        List<TableWithGeneratedColumns> tablesWithGeneratedColumns) {

    /** A table (in schema {@code public} unqualified) and its stored generated columns. */
    public record TableWithGeneratedColumns(String table, List<String> columns) {}

    public List<Finding> blockers() {
        return findings.stream()
                .filter(finding -> finding.level() == Finding.Level.BLOCKER)
                .toList();
    }

    public boolean allTablesValid() {
        return blockers().isEmpty();
    }
}
