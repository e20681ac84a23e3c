package dev.ferry.schema;

import dev.ferry.schema.ArchiveScript.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides which entries of an archive are taken over, in which stage, and how each is dropped again.
 *
 * @param leftOut what the target will not have although a person might expect it there
 */
record EntryPlan(List<SchemaEntry> entries, List<String> leftOut) {
    /** Not printed at all: connection settings, the database itself, and what only a superuser could make. */
    private static final List<String> UNWANTED = List.of(
            "ENCODING",
            "STDSTRINGS",
            "SEARCHPATH",
            "DATABASE",
            "DATABASE PROPERTIES",
            "EVENT TRIGGER",
            "PUBLICATION",
            "PUBLICATION TABLE",
            "PUBLICATION TABLES IN SCHEMA",
            "SUBSCRIPTION",
            "SUBSCRIPTION TABLE",
            "SECURITY LABEL",
            "ACL",
            "DEFAULT ACL");

    private static final Set<String> WORTH_A_WORD = Set.of("EVENT TRIGGER", "SECURITY LABEL");
    private static final Set<String> FOREIGN_SCHEMAS = Set.of("_heroku", "ferry");
    private static final Set<String> STATISTICS_VIEWS = Set.of("pg_stat_statements", "pg_stat_statements_info");
    private static final Set<String> DERIVED = Set.of("VIEW", "MATERIALIZED VIEW", "RULE", "INDEX", "COMMENT");
    private static final Set<String> POST_DATA = Set.of(
            "INDEX",
            "CONSTRAINT",
            "CHECK CONSTRAINT",
            "FK CONSTRAINT",
            "INDEX ATTACH",
            "STATISTICS",
            "RULE",
            "TRIGGER",
            "POLICY",
            "ROW SECURITY");
    private static final Pattern CALLS_FOREIGN_SCHEMA = Pattern.compile(" EXECUTE FUNCTION (?:_heroku|ferry)\\.");

    /** The entries to print: everything but what is never wanted, and comments on that. */
    static List<ListedEntry> wanted(List<ListedEntry> listed) {
        Set<Integer> unwanted = new HashSet<>();
        List<ListedEntry> wanted = new ArrayList<>();
        for (ListedEntry entry : listed) {
            boolean comment = entry.isA("COMMENT");
            if (UNWANTED.stream().anyMatch(entry::isA)
                    || (comment && entry.dependsOn().stream().anyMatch(unwanted::contains))) {
                unwanted.add(entry.dumpId());
            } else {
                wanted.add(entry);
            }
        }
        return wanted;
    }

    /**
     * @param listed all entries, for a word on those not printed
     * @param script made from the wanted entries
     * @param populated oids of the materialized views that hold data on the source
     */
    static EntryPlan of(List<ListedEntry> listed, ArchiveScript script, Set<Long> populated) {
        List<String> leftOut = new ArrayList<>();
        for (ListedEntry entry : listed) {
            if (WORTH_A_WORD.stream().anyMatch(entry::isA)) {
                leftOut.add(entry.description());
            }
        }
        Map<Part, String> drops = assign(script);
        Map<Integer, Stage> stages = new HashMap<>();
        Map<Integer, String> gone = new HashMap<>();
        List<SchemaEntry> entries = new ArrayList<>();
        boolean postData = false;
        for (Part part : script.parts()) {
            ListedEntry source = part.listed();
            postData |= POST_DATA.contains(part.type());
            String reason = reasonToLeaveOut(part, gone);
            if (reason != null) {
                gone.put(source.dumpId(), SchemaEntry.title(part.type(), part.schema(), part.tag()));
                if (!reason.isEmpty()) {
                    leftOut.add(SchemaEntry.title(part.type(), part.schema(), part.tag()) + " (" + reason + ")");
                }
                continue;
            }
            Stage stage = stage(part, postData, stages);
            stages.put(source.dumpId(), stage);
            entries.add(new SchemaEntry(
                    entries.size() + 1,
                    source.dumpId(),
                    part.type(),
                    part.schema(),
                    part.tag(),
                    stage,
                    SchemaEntry.relationOf(part.sql()),
                    source.dependsOn(),
                    part.type().equals("MATERIALIZED VIEW") && populated.contains(source.oid()),
                    part.sql(),
                    drops.get(part)));
        }
        return new EntryPlan(List.copyOf(entries), List.copyOf(leftOut));
    }

    /** Null to take it over; empty for what nobody will miss. */
    private static @Nullable String reasonToLeaveOut(Part part, Map<Integer, String> gone) {
        if (part.sql().isEmpty()) {
            return "";
        }
        boolean isSchema = part.type().equals("SCHEMA");
        if (isSchema && part.tag().equals("public")) {
            return ""; // every database has one
        }
        String schema = isSchema ? part.tag() : part.schema();
        if (schema != null && FOREIGN_SCHEMAS.contains(schema)) {
            return "";
        }
        if (part.type().equals("COMMENT")
                && (part.sql().startsWith("COMMENT ON EXTENSION ") || dependency(part, gone) != null)) {
            return "";
        }
        if (part.type().equals("VIEW") && STATISTICS_VIEWS.contains(part.tag())) {
            return "the host's statistics, not the app's data";
        }
        if (part.type().equals("TRIGGER")
                && CALLS_FOREIGN_SCHEMA
                        .matcher(SqlScanner.structure(part.sql()))
                        .find()) {
            return "it calls a function that is not the app's";
        }
        String missing = dependency(part, gone);
        if (missing != null && DERIVED.contains(part.type())) {
            return "it depends on " + missing;
        }
        return null;
    }

    private static @Nullable String dependency(Part part, Map<Integer, String> gone) {
        for (Integer id : part.listed().dependsOn()) {
            String title = gone.get(id);
            if (title != null) {
                return title;
            }
        }
        return null;
    }

    /** Its own, or a later one that something it depends on is in: a comment goes with what it is on. */
    private static Stage stage(Part part, boolean postData, Map<Integer, Stage> stages) {
        boolean follows = part.type().equals("COMMENT");
        Stage stage = follows ? null : ownStage(part, postData);
        for (Integer id : part.listed().dependsOn()) {
            Stage other = stages.get(id);
            if (other != null && (stage == null || other.compareTo(stage) > 0)) {
                stage = other;
            }
        }
        return stage != null ? stage : postData ? Stage.FINISH : Stage.PRE_DATA;
    }

    private static Stage ownStage(Part part, boolean postData) {
        String sql = part.sql();
        return switch (part.type()) {
            case "INDEX", "INDEX ATTACH", "STATISTICS" -> Stage.INDEXES;
            // From version 18 on a NOT NULL constraint that is NOT VALID is a CONSTRAINT of its own.
            case "CONSTRAINT", "CHECK CONSTRAINT" -> sql.endsWith(" NOT VALID;") ? Stage.CHECKS : Stage.INDEXES;
            case "FK CONSTRAINT" -> Stage.FOREIGN_KEYS;
            case "TRIGGER" -> Stage.TRIGGERS;
            // A view that needs a primary key (GROUP BY it) comes as an empty one before and its query after the data.
            case "RULE" -> sql.startsWith("CREATE OR REPLACE VIEW ") ? Stage.INDEXES : Stage.TRIGGERS;
            case "FUNCTION", "PROCEDURE", "VIEW", "MATERIALIZED VIEW" -> postData ? Stage.INDEXES : Stage.PRE_DATA;
            default -> postData ? Stage.FINISH : Stage.PRE_DATA;
        };
    }

    /**
     * Gives each entry its DROP statement. They come without headers, last entry first, at most one an entry, so each goes
     * to the next entry whose kind and name it bears.
     */
    private static Map<Part, String> assign(ArchiveScript script) {
        Map<Part, String> assigned = new HashMap<>();
        int next = 0;
        for (int i = script.parts().size() - 1; i >= 0 && next < script.drops().size(); i--) {
            Part part = script.parts().get(i);
            if (drops(script.drops().get(next), part)) {
                assigned.put(part, script.drops().get(next));
                next++;
            }
        }
        return assigned;
    }

    private static boolean drops(String drop, Part part) {
        String sql = part.sql();
        String name = SchemaEntry.firstNameOf(sql);
        if (name == null || !drop.contains(name)) {
            return false;
        }
        return switch (part.type()) {
            case "CONSTRAINT", "CHECK CONSTRAINT", "FK CONSTRAINT" ->
                drop.startsWith("ALTER ") && drop.contains(" DROP CONSTRAINT ");
            case "DEFAULT" -> drop.startsWith("ALTER ") && drop.endsWith(" DROP DEFAULT;");
            case "RULE" -> drop.startsWith("DROP RULE ") || drop.startsWith("CREATE OR REPLACE VIEW ");
            case "TRIGGER", "SEQUENCE" -> sql.startsWith("CREATE ") && drop.startsWith("DROP " + part.type() + " ");
            case "SHELL TYPE" -> drop.startsWith("DROP TYPE ");
            case "COMMENT", "TABLE ATTACH", "INDEX ATTACH", "SEQUENCE OWNED BY", "ROW SECURITY" -> false;
            default -> drop.startsWith("DROP " + part.type() + " ");
        };
    }
}
