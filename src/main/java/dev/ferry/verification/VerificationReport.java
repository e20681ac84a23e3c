package dev.ferry.verification;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far the comparison is, or what came out. Component names, in snake_case, are the API's field names.
 *
 * @param state never, running, paused, equal, different or incomplete
 * @param message a sentence for people
 * @param tablesCompared tables that are done, whatever came out
 * @param rowsCompared rows of the source
 * @param percent by bytes of tables
 * @param differences rows that are missing, extra or different on the target
 * @param tables only those that differ or could not be compared
 * @param definitions what is not defined the same at both ends
 */
public record VerificationReport(
        String state,
        String message,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        int tablesCompared,
        int tablesTotal,
        long rowsCompared,
        double percent,
        long differences,
        List<TableReport> tables,
        List<DefinitionDifference> definitions) {

    public static final VerificationReport NEVER = new VerificationReport(
            "never", "The data was not verified row by row.", null, null, 0, 0, 0, 0, 0, List.of(), List.of());

    /**
     * One table that is not equal.
     *
     * @param outcome different or not_compared
     * @param keys the first of the keys that differ
     * @param reason why it could not be compared, or what else there is to say
     */
    public record TableReport(
            String schema,
            String table,
            String outcome,
            long differences,
            List<KeyReport> keys,
            @Nullable String reason) {
        TableReport withoutKeys() {
            return new TableReport(schema, table, outcome, differences, List.of(), reason);
        }
    }

    /**
     * A row that differs.
     *
     * @param kind missing, extra or different, seen from the target
     * @param key the key's columns; null in a table without a key
     * @param rows how many rows it is about
     */
    public record KeyReport(String kind, @Nullable List<@Nullable String> key, long rows) {}

    /** The same for whoever helps, without what may be personal: keys are values of rows. */
    public VerificationReport withoutKeys() {
        return new VerificationReport(
                state,
                message,
                startedAt,
                finishedAt,
                tablesCompared,
                tablesTotal,
                rowsCompared,
                percent,
                differences,
                tables.stream().map(TableReport::withoutKeys).toList(),
                definitions);
    }

    /** The same with another message. */
    public VerificationReport saying(String other) {
        return new VerificationReport(
                state,
                other,
                startedAt,
                finishedAt,
                tablesCompared,
                tablesTotal,
                rowsCompared,
                percent,
                differences,
                tables,
                definitions);
    }

    /** What came out or how far it is. */
    String sentence() {
        List<String> parts = new ArrayList<>();
        long different =
                tables.stream().filter(table -> table.differences() > 0).count();
        long notCompared = tables.stream()
                .filter(table -> table.outcome().equals("not_compared"))
                .count();
        if (differences > 0) {
            parts.add(counted(differences, "row") + " in " + counted(different, "table")
                    + (differences == 1 ? " differs" : " differ"));
        }
        if (!definitions.isEmpty()) {
            parts.add(counted(definitions.size(), "definition") + (definitions.size() == 1 ? " differs" : " differ"));
        }
        if (notCompared > 0) {
            parts.add(counted(notCompared, "table") + " could not be compared");
        }
        if (state.equals("incomplete") && tablesCompared < tablesTotal) {
            parts.add("it was left after " + tablesCompared + " of " + counted(tablesTotal, "table"));
        } else if (state.equals("incomplete") && parts.isEmpty()) {
            parts.add("it was left before the definitions were compared");
        }
        String found = String.join("; ", parts);
        return switch (state) {
            case "running" ->
                "Comparing: " + tablesCompared + " of " + counted(tablesTotal, "table") + " done"
                        + (found.isEmpty() ? "." : "; " + found + ".");
            case "paused" ->
                "Paused: " + tablesCompared + " of " + counted(tablesTotal, "table") + " done"
                        + (found.isEmpty() ? "." : "; " + found + ".");
            case "equal" ->
                "Verified: " + counted(rowsCompared, "row") + " in " + counted(tablesTotal, "table")
                        + " and all definitions are equal.";
            case "different" -> "Verified: " + found + ".";
            case "incomplete" -> "Not all is verified: " + found + ".";
            default -> message;
        };
    }

    private static String counted(long count, String noun) {
        return String.format(java.util.Locale.ROOT, "%,d", count) + " " + noun + (count == 1 ? "" : "s");
    }
}
