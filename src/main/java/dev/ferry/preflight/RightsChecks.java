package dev.ferry.preflight;

import dev.ferry.database.Identifiers;
import dev.ferry.database.TableName;
import dev.ferry.database.UserObjects;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Whether the roles may do at either end what a migration does there, and who will own its work. */
final class RightsChecks {
    private RightsChecks() {}

    static List<Check> all() {
        return List.of(
                Check.ofSource("table-ownership", "who owns the source's tables", RightsChecks::ownership),
                Check.ofSource("table-select", "whether the source's tables can be read", RightsChecks::select),
                Check.ofSource("table-trigger", "whether the source's tables can be captured", RightsChecks::trigger),
                Check.ofSource("row-security", "row-level security on the source", RightsChecks::rowSecurity),
                Check.ofSource("source-create", "whether a schema can be created on the source", RightsChecks::create),
                Check.ofTarget("target-owner", "who will own the objects on the target", RightsChecks::owner),
                Check.ofBoth("target-create", "whether objects can be created on the target", RightsChecks::fill));
    }

    /**
     * Who creates the app's objects on the target: the common role postgres where membership allows, because what a role
     * of its own owns, other roles cannot touch.
     */
    static String creator(OpenEnd target) {
        return target.text("""
                SELECT coalesce(
                    (SELECT r.rolname::text
                       FROM pg_roles r
                      WHERE r.rolname = 'postgres' AND NOT r.rolsuper AND r.rolname <> current_user
                        AND pg_has_role(current_user, r.oid, '%s')),
                    current_user::text)
                """.formatted(target.majorVersion() >= 16 ? "SET" : "MEMBER"));
    }

    private record Sequence(String schema, String name, String owner) {}

    private static Verdict ownership(Ends ends) {
        // A sequence goes with the table that it belongs to; one of its own can be left out by its own name.
        List<Sequence> sequences = ends.source()
                .session()
                .jdbc()
                .sql("""
                        SELECT coalesce(tn.nspname, n.nspname) AS schema, coalesce(t.relname, c.relname) AS name,
                               pg_get_userbyid(c.relowner) AS owner
                          FROM pg_class c
                          JOIN pg_namespace n ON n.oid = c.relnamespace
                          LEFT JOIN pg_depend d
                            ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
                               AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
                          LEFT JOIN pg_class t ON t.oid = d.refobjid
                          LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
                         WHERE c.relkind = 'S' AND NOT pg_has_role(c.relowner, 'USAGE')
                           AND %s
                         ORDER BY 1, 2
                        """.formatted(UserObjects.relations()))
                .query(Sequence.class)
                .list();
        Map<String, List<String>> byOwner = new LinkedHashMap<>();
        ends.tables().stream()
                .filter(table -> table.included() && !table.isForeign() && !table.owned())
                .forEach(table -> byOwner.computeIfAbsent(table.owner(), owner -> new ArrayList<>())
                        .add(table.toString()));
        sequences.stream()
                .filter(sequence -> ends.scope().test(new TableName(sequence.schema(), sequence.name())))
                .forEach(sequence -> byOwner.computeIfAbsent(sequence.owner(), owner -> new ArrayList<>())
                        .add("the sequence of " + sequence.schema() + "." + sequence.name()));
        String role = ends.source().role();
        if (byOwner.isEmpty()) {
            return Verdict.ok("Role " + role + " owns every table, or is a member of its owner");
        }
        return Verdict.blocker(
                "Tables belong to roles that " + role + " is no member of",
                byOwner.entrySet().stream()
                        .map(entry -> entry.getKey() + " owns " + Names.some(entry.getValue()))
                        .collect(Collectors.joining("; ")),
                "As each owner: GRANT "
                        + byOwner.keySet().stream().map(Identifiers::quote).collect(Collectors.joining(", "))
                        + " TO " + Identifiers.quote(role)
                        + "; or ALTER TABLE ... OWNER TO " + Identifiers.quote(role)
                        + "; or connect as the owner, or leave the tables out with EXCLUDE_TABLES.");
    }

    private static Verdict select(Ends ends) {
        List<SourceTable> unreadable = ends.tables().stream()
                .filter(table -> !table.readable() && !table.isForeign())
                .toList();
        if (unreadable.isEmpty()) {
            return Verdict.ok("Every table can be read");
        }
        String role = Identifiers.quote(ends.source().role());
        Set<String> schemas = new TreeSet<>();
        unreadable.forEach(table -> schemas.add(Identifiers.quote(table.name().schema())));
        return Verdict.blocker(
                Names.count(unreadable.size(), "table") + " cannot be read",
                "No SELECT for " + ends.source().role() + " on " + Names.some(unreadable)
                        + ". pg_dump locks tables that are left out, too, for their definitions.",
                "GRANT USAGE ON SCHEMA " + String.join(", ", schemas) + " TO " + role + ";\nGRANT SELECT ON "
                        + Names.some(unreadable.stream()
                                .map(table -> table.name().sql())
                                .toList())
                        + " TO " + role + ";");
    }

    private static Verdict trigger(Ends ends) {
        List<SourceTable> refused = ends.tables().stream()
                .filter(table -> table.included() && !table.isForeign() && table.owned() && !table.mayHaveTriggers())
                .toList();
        if (refused.isEmpty()) {
            return Verdict.ok("Triggers can be created on every table");
        }
        return Verdict.blocker(
                Names.count(refused.size(), "table") + " cannot be captured",
                "No TRIGGER right for " + ends.source().role() + " on " + Names.some(refused)
                        + ": Ferry captures changes with triggers, and the owner took this right away.",
                Names.lines(refused.stream()
                                .map(table -> "GRANT TRIGGER ON " + table.name().sql() + " TO "
                                        + Identifiers.quote(ends.source().role()) + ";")
                                .toList())
                        + "\n-- Or leave them out with EXCLUDE_TABLES.");
    }

    private static Verdict rowSecurity(Ends ends) {
        if (ends.source().is("SELECT r.rolbypassrls OR r.rolsuper FROM pg_roles r WHERE r.rolname = current_user")) {
            return Verdict.ok(
                    "Row-level security does not bind " + ends.source().role());
        }
        List<SourceTable> forced = ends.includedTables().stream()
                .filter(SourceTable::rowSecurityForced)
                .toList();
        return forced.isEmpty()
                ? Verdict.ok("No table forces row-level security on its owner")
                : Verdict.blocker(
                        "Row-level security is forced on " + Names.count(forced.size(), "table"),
                        "Policies hide rows even from the owner of " + Names.some(forced)
                                + ", so not every row could be copied.",
                        Names.lines(forced.stream()
                                        .map(table ->
                                                "ALTER TABLE " + table.name().sql() + " NO FORCE ROW LEVEL SECURITY;")
                                        .toList())
                                + "\nOr leave them out with EXCLUDE_TABLES.");
    }

    private static Verdict create(Ends ends) {
        OpenEnd source = ends.source();
        return source.is("SELECT has_database_privilege(current_database(), 'CREATE')")
                ? Verdict.ok("Schema ferry can be created on the source")
                : Verdict.blocker(
                        "Schema ferry cannot be created on the source",
                        "Role " + source.role() + " has no CREATE on database "
                                + source.url().database() + ".",
                        "As the database's owner: GRANT CREATE ON DATABASE "
                                + Identifiers.quote(source.url().database()) + " TO "
                                + Identifiers.quote(source.role()) + ";");
    }

    private static Verdict owner(Ends ends) {
        String role = ends.target().role();
        String creator = creator(ends.target());
        if (creator.equals("postgres")) {
            return Verdict.ok(
                    "Objects on the target will belong to postgres",
                    role.equals(creator) ? "" : "Ferry creates them with SET ROLE postgres, as a member of that role.");
        }
        return Verdict.warning(
                "Objects on the target will belong to " + role,
                "Role " + role + " is no member of a common role postgres, so it will own what it creates, and other"
                        + " roles cannot alter, and without grants not even read, these objects.",
                "Let the app connect with this role's URL, or make it a member of the common role before the start:\n"
                        + "GRANT postgres TO " + Identifiers.quote(role)
                        + ";\nLater, as " + role + ", with the app's role for app:\n"
                        + "GRANT " + Identifiers.quote(role) + " TO app;");
    }

    private static Verdict fill(Ends ends) {
        OpenEnd target = ends.target();
        String creator = creator(target);
        List<String> missing = new ArrayList<>();
        List<String> statements = new ArrayList<>();
        String database = Identifiers.quote(target.url().database());
        for (String role : new TreeSet<>(List.of(creator, target.role()))) {
            // Ferry's own schema belongs to whom we are; the app's schemas to whom they are created as.
            if (!target.is("SELECT has_database_privilege(?::name, current_database(), 'CREATE')", role)) {
                missing.add(role + " has no CREATE on database " + target.url().database());
                statements.add("GRANT CREATE ON DATABASE " + database + " TO " + Identifiers.quote(role) + ";");
            }
        }
        List<String> schemas = ends.sourceSchemas();
        target.session()
                .jdbc()
                .sql("""
                        SELECT n.nspname
                          FROM pg_namespace n
                         WHERE n.nspname = ANY (:schemas)
                           AND NOT has_schema_privilege(:role::name, n.oid, 'CREATE')
                         ORDER BY 1
                        """)
                .param("schemas", schemas.toArray(String[]::new))
                .param("role", creator)
                .query(String.class)
                .list()
                .forEach(schema -> {
                    missing.add(creator + " has no CREATE on schema " + schema);
                    statements.add("GRANT USAGE, CREATE ON SCHEMA " + Identifiers.quote(schema) + " TO "
                            + Identifiers.quote(creator) + ";");
                });
        if (schemas.contains("public")
                && !target.is("SELECT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = 'public')")) {
            missing.add("there is no schema public");
            statements.add("CREATE SCHEMA public;");
        }
        return missing.isEmpty()
                ? Verdict.ok("The target's role may create what is needed", "as " + creator)
                : Verdict.blocker(
                        "The target's role may not create what is needed",
                        Names.some(missing),
                        "As an owner there:\n" + Names.lines(statements));
    }
}
