package dev.ferry.preflight;

import dev.ferry.database.Identifiers;
import dev.ferry.database.UserObjects;
import java.util.ArrayList;
import java.util.List;

/** What a migration does not carry, or what of Ferry's own work would surprise others. */
final class LeftOutChecks {
    private LeftOutChecks() {}

    static List<Check> all() {
        return List.of(
                Check.ofSource("large-objects", "large objects", LeftOutChecks::largeObjects),
                Check.ofSource(
                        "left-out-objects", "event triggers, publications and subscriptions", LeftOutChecks::leftOut),
                Check.ofSource(
                        "publication-for-all-tables", "publications FOR ALL TABLES", LeftOutChecks::publicationForAll),
                Check.ofSource(
                        "security-definer-functions",
                        "SECURITY DEFINER functions of superusers",
                        LeftOutChecks::definers));
    }

    private static Verdict largeObjects(Ends ends) {
        long count = ends.source().number("SELECT count(*) FROM pg_largeobject_metadata");
        return count == 0
                ? Verdict.ok("There are no large objects")
                : Verdict.warning(
                        Names.count(count, "large object") + " will not be migrated",
                        "Large objects live outside of tables and fire no trigger; columns of type oid or lo that refer to"
                                + " them would refer to nothing on the target. "
                                + referring(ends),
                        "If they are in use, move them into bytea columns before the start: lo_get(oid) reads one. If they"
                                + " are orphans, vacuumlo removes them.");
    }

    private static String referring(Ends ends) {
        List<String> columns = ends.source().session().list(String.class, """
                SELECT n.nspname || '.' || c.relname || '.' || a.attname
                  FROM pg_attribute a
                  JOIN pg_class c ON c.oid = a.attrelid
                  JOIN pg_namespace n ON n.oid = c.relnamespace
                  JOIN pg_type t ON t.oid = a.atttypid
                 WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
                   AND (t.oid = 'oid'::regtype OR (t.typname = 'lo' AND t.typbasetype = 'oid'::regtype)) AND %s
                 ORDER BY 1
                """.formatted(UserObjects.relations()));
        return columns.isEmpty() ? "There are no such columns." : "Such columns: " + Names.some(columns) + ".";
    }

    private static Verdict leftOut(Ends ends) {
        List<String> parts = new ArrayList<>();
        add(parts, ends, "event triggers", """
                SELECT e.evtname
                  FROM pg_event_trigger e
                  JOIN pg_proc p ON p.oid = e.evtfoid
                  JOIN pg_namespace n ON n.oid = p.pronamespace
                 WHERE n.nspname <> '_heroku' AND %s
                 ORDER BY 1
                """.formatted(UserObjects.notOfAnExtension("pg_event_trigger", "e.oid")));
        add(parts, ends, "publications", "SELECT p.pubname FROM pg_publication p ORDER BY 1");
        add(parts, ends, "subscriptions", """
                SELECT s.subname
                  FROM pg_subscription s
                 WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                 ORDER BY 1
                """);
        return parts.isEmpty()
                ? Verdict.ok("There are no event triggers, publications or subscriptions")
                : Verdict.note(
                        "Some objects stay behind",
                        "Not taken over: " + String.join("; ", parts) + ".",
                        "Create them on the target after the switch, where they are wanted.");
    }

    private static void add(List<String> parts, Ends ends, String kind, String question) {
        List<String> names = ends.source().session().list(String.class, question);
        if (!names.isEmpty()) {
            parts.add(kind + " " + Names.some(names));
        }
    }

    private static Verdict publicationForAll(Ends ends) {
        List<String> publications = ends.source()
                .session()
                .list(String.class, "SELECT p.pubname FROM pg_publication p WHERE p.puballtables ORDER BY 1");
        return publications.isEmpty()
                ? Verdict.ok("No publication takes in all tables")
                : Verdict.warning(
                        "A publication takes in all tables, Ferry's too",
                        Names.some(publications)
                                + ": its subscribers would receive changes of tables in schema ferry, which"
                                + " they do not have, and stop.",
                        "Name the tables instead: CREATE PUBLICATION ... FOR TABLES IN SCHEMA public (PostgreSQL 15 and"
                                + " newer) or FOR TABLE ..., and let the subscribers change over. If nobody subscribes:"
                                + " DROP PUBLICATION " + Identifiers.quote(publications.get(0))
                                + ";");
    }

    private static Verdict definers(Ends ends) {
        List<String> functions = ends.source().session().list(String.class, """
                        SELECT n.nspname || '.' || p.proname
                          FROM pg_proc p
                          JOIN pg_namespace n ON n.oid = p.pronamespace
                          JOIN pg_roles r ON r.oid = p.proowner
                         WHERE p.prosecdef AND r.rolsuper AND r.rolname <> current_user
                           AND %s AND %s
                         ORDER BY 1
                        """.formatted(
                        UserObjects.IN_USER_SCHEMA, UserObjects.notOfAnExtension("pg_proc", "p.oid")));
        return functions.isEmpty()
                ? Verdict.ok("No function runs with a superuser's rights")
                : Verdict.warning(
                        Names.count(functions.size(), "function runs", "functions run") + " with a superuser's rights",
                        Names.some(functions)
                                + ": SECURITY DEFINER and owned by a superuser, so what it writes is not stopped by the"
                                + " REVOKE of the switch.",
                        "Make sure that nobody calls them from the switch on, or give them another owner: ALTER FUNCTION ..."
                                + " OWNER TO "
                                + Identifiers.quote(ends.source().role())
                                + ";");
    }
}
