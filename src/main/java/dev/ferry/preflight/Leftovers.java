package dev.ferry.preflight;

import dev.ferry.database.FerrySchema;
import dev.ferry.database.UserObjects;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an earlier run, another run or the app itself has left in the way, at either end. */
final class Leftovers {
    private static final String RENAME =
            "Ferry keeps its state in a schema of that name. Rename the app's: ALTER SCHEMA ferry RENAME TO another_name;"
                    + " or, if it is empty and nobody needs it: DROP SCHEMA ferry;";

    private static final String GOES_ON = "An interrupted start made it; the next one goes on with it.";

    private Leftovers() {}

    static List<Check> all() {
        return List.of(
                Check.ofBoth("source-leftovers", "schema ferry on the source", Leftovers::onSource),
                Check.ofBoth("target-leftovers", "schema ferry on the target", Leftovers::onTarget),
                Check.ofBoth("target-empty", "whether the target is empty", Leftovers::targetEmpty));
    }

    /** The id of the run whose capture is on the source; null if there is none. */
    static @Nullable String runOnSource(OpenEnd source) {
        return isOurs(source, "run") ? only(source, "SELECT r.run_id::text FROM ferry.run r LIMIT 1") : null;
    }

    /** The id of the run whose state is on the target; null if there is none. */
    static @Nullable String runOnTarget(OpenEnd target) {
        return isOurs(target, "migration")
                ? only(target, "SELECT m.run_id::text FROM ferry.migration m LIMIT 1")
                : null;
    }

    private static @Nullable String only(OpenEnd end, String question) {
        List<String> answers = end.session().list(String.class, question);
        return answers.isEmpty() ? null : answers.get(0);
    }

    private static boolean hasSchema(OpenEnd end) {
        return end.is("SELECT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = 'ferry')");
    }

    /** Ferry's schema is known by a table with a run's id, so that an app's schema of the same name is left alone. */
    private static boolean isOurs(OpenEnd end, String table) {
        return end.is("""
                        SELECT EXISTS (
                            SELECT
                              FROM pg_attribute a
                              JOIN pg_class c ON c.oid = a.attrelid
                              JOIN pg_namespace n ON n.oid = c.relnamespace
                             WHERE n.nspname = 'ferry' AND c.relname = ? AND c.relkind = 'r'
                               AND a.attname = 'run_id' AND NOT a.attisdropped)
                        """, table);
    }

    private static Verdict onSource(Ends ends) {
        OpenEnd source = ends.source();
        if (!hasSchema(source)) {
            return Verdict.ok("Nothing of Ferry is on the source");
        }
        if (FerrySchema.isUnfinished(source.session())) {
            return Verdict.ok("Schema ferry on the source is what an interrupted start left", GOES_ON);
        }
        if (!isOurs(source, "run")) {
            return Verdict.blocker(
                    "The source has a schema ferry of its own",
                    "Schema ferry on the source was not made by this program: it has no table run with a run_id.",
                    RENAME);
        }
        if (ends.resumes()) {
            return Verdict.ok("The source holds the capture of this very migration", "It will be resumed.");
        }
        String run = runOnSource(source);
        if (run == null) { // written before anything of the app's is touched
            return Verdict.ok("Schema ferry on the source is what an interrupted start left", GOES_ON);
        }
        return Verdict.blocker(
                "Another run's capture is on the source",
                "Schema ferry on the source belongs to run " + run
                        + ", which this target knows nothing of. Two runs would eat each other's log.",
                "If that run is over or given up: Abort it in its own dashboard, or remove what it left with"
                        + " docs/remove-ferry.sql (psql \"$HEROKU_URL\" -f docs/remove-ferry.sql). If it is alive, set"
                        + " PLANETSCALE_URL to its target.");
    }

    private record State(
            @Nullable String runId,
            @Nullable String phase,
            @Nullable String startedAt,
            @Nullable String completedAt) {}

    private static Verdict onTarget(Ends ends) {
        OpenEnd target = ends.target();
        if (!hasSchema(target)) {
            return Verdict.ok("Nothing of Ferry is on the target");
        }
        if (FerrySchema.isUnfinished(target.session())) {
            return Verdict.ok("Schema ferry on the target is what an interrupted start left", GOES_ON);
        }
        if (!isOurs(target, "migration")) {
            return Verdict.blocker(
                    "The target has a schema ferry of its own",
                    "Schema ferry on the target was not made by this program: it has no table migration with a run_id.",
                    RENAME);
        }
        if (ends.resumes()) {
            return Verdict.ok("The target holds the state of this very migration", "It will be resumed.");
        }
        List<State> states = target.session().jdbc().sql("""
                        SELECT s.row ->> 'run_id' AS run_id, s.row ->> 'phase' AS phase,
                               s.row ->> 'started_at' AS started_at, s.row ->> 'completed_at' AS completed_at
                          FROM (SELECT to_jsonb(m) AS row FROM ferry.migration m LIMIT 1) s
                        """).query(State.class).list();
        if (states.isEmpty()
                || states.get(0).phase() == null
                || "waiting".equals(states.get(0).phase())) {
            return Verdict.ok("The target holds Ferry's state, and no migration was started");
        }
        State state = states.get(0);
        return Verdict.note(
                "The target holds the record of a migration",
                "Run " + state.runId() + ", phase " + state.phase()
                        + (state.startedAt() == null ? "" : ", started " + state.startedAt())
                        + (state.completedAt() == null ? "" : ", completed " + state.completedAt()) + ".",
                "For a new migration to this target, remove what the earlier one left: its tables, and DROP SCHEMA ferry"
                        + " CASCADE; or take a fresh target.");
    }

    /** @param inTheWay it stands in a schema that the source's objects will go to */
    private record Relics(String kind, String name, boolean inTheWay) {}

    private static Verdict targetEmpty(Ends ends) {
        List<Relics> found = ends.target()
                .session()
                .jdbc()
                .sql("""
                        SELECT o.kind, o.schema || '.' || o.name AS name, o.schema = ANY (:schemas) AS in_the_way
                          FROM (SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view'
                                            WHEN 'm' THEN 'view' ELSE 'table' END AS kind,
                                       n.nspname AS schema, c.relname AS name
                                  FROM pg_class c
                                  JOIN pg_namespace n ON n.oid = c.relnamespace
                                 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
                                   AND %1$s AND %2$s
                                 UNION ALL
                                SELECT 'function', n.nspname, p.proname
                                  FROM pg_proc p
                                  JOIN pg_namespace n ON n.oid = p.pronamespace
                                 WHERE %1$s AND %3$s
                                 UNION ALL
                                SELECT 'type', n.nspname, t.typname
                                  FROM pg_type t
                                  JOIN pg_namespace n ON n.oid = t.typnamespace
                                  LEFT JOIN pg_class c ON c.oid = t.typrelid
                                 WHERE (t.typtype IN ('d', 'e', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
                                   AND %1$s AND %4$s) o
                         ORDER BY array_position(ARRAY['table', 'view', 'sequence', 'function', 'type'], o.kind), 2
                        """.formatted(
                                "(n.nspname = ANY (:schemas) OR " + UserObjects.IN_USER_SCHEMA
                                        + " AND n.nspname <> 'pscale_extensions')",
                                UserObjects.notOfAnExtension("pg_class", "c.oid"),
                                UserObjects.notOfAnExtension("pg_proc", "p.oid"),
                                UserObjects.notOfAnExtension("pg_type", "t.oid")))
                .param("schemas", ends.sourceSchemas().toArray(String[]::new))
                .query(Relics.class)
                .list();
        if (found.isEmpty()) {
            return Verdict.ok("The target is empty where the source's schemas will go");
        }
        if (ends.resumes()) {
            return Verdict.ok("The target holds this migration's own objects", "It will be resumed.");
        }
        List<Relics> inTheWay = found.stream().filter(Relics::inTheWay).toList();
        if (inTheWay.isEmpty()) {
            return Verdict.warning(
                    "The target holds objects in other schemas",
                    named(found) + ". Ferry does not touch them.",
                    "Check that this is the database or branch that you mean.");
        }
        List<Relics> beside = found.stream().filter(relic -> !relic.inTheWay()).toList();
        return Verdict.blocker(
                "The target is not empty",
                named(inTheWay) + "."
                        + (beside.isEmpty() ? "" : " In other schemas, not in the way: " + named(beside) + "."),
                "Take a fresh database or branch, or remove these objects if nobody needs them. For a whole schema:"
                        + " DROP SCHEMA name CASCADE; CREATE SCHEMA name;");
    }

    private static String named(List<Relics> relics) {
        List<String> parts = new ArrayList<>();
        for (String kind : List.of("table", "view", "sequence", "function", "type")) {
            List<String> names = relics.stream()
                    .filter(relic -> relic.kind().equals(kind))
                    .map(Relics::name)
                    .toList();
            if (!names.isEmpty()) {
                parts.add(Names.count(names.size(), kind) + ": " + Names.some(names));
            }
        }
        return String.join("; ", parts);
    }
}
