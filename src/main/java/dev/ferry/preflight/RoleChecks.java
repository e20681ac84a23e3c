package dev.ferry.preflight;

import dev.ferry.database.Identifiers;
import dev.ferry.database.UserObjects;
import java.sql.Array;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Roles, grants and settings: what a dump of one database without privileges leaves behind. */
final class RoleChecks {
    private static final int OBJECTS_A_STATEMENT = 100;
    private static final int STATEMENTS_SHOWN = 50;
    /** Lists, stored quoted as they are to be written; as one literal they would be one long name. */
    private static final Set<String> LISTS = Set.of(
            "search_path",
            "temp_tablespaces",
            "local_preload_libraries",
            "session_preload_libraries",
            "shared_preload_libraries");

    private RoleChecks() {}

    static List<Check> all() {
        return List.of(
                Check.ofBoth("policy-roles", "roles named in policies", RoleChecks::policies),
                Check.ofBoth("grants", "grants to other roles", RoleChecks::grants),
                Check.ofBoth("settings", "settings of database and role", RoleChecks::settings));
    }

    private static Set<String> roles(OpenEnd end) {
        return new TreeSet<>(end.session().list(String.class, "SELECT r.rolname FROM pg_roles r"));
    }

    private record PolicyRole(String role, String policy) {}

    private static Verdict policies(Ends ends) {
        List<PolicyRole> named = ends.source()
                .session()
                .jdbc()
                .sql("""
                        SELECT r.rolname AS role, p.polname || ' on ' || n.nspname || '.' || c.relname AS policy
                          FROM pg_policy p
                          JOIN pg_class c ON c.oid = p.polrelid
                          JOIN pg_namespace n ON n.oid = c.relnamespace
                          JOIN pg_roles r ON r.oid = ANY (p.polroles)
                         WHERE %s
                         ORDER BY 1, 2
                        """.formatted(UserObjects.relations()))
                .query(PolicyRole.class)
                .list();
        Set<String> there = roles(ends.target());
        Map<String, List<String>> missing = new TreeMap<>();
        named.stream()
                .filter(policy -> !there.contains(policy.role()))
                .forEach(policy -> missing.computeIfAbsent(policy.role(), role -> new ArrayList<>())
                        .add(policy.policy()));
        if (missing.isEmpty()) {
            return Verdict.ok(
                    named.isEmpty() ? "No policy names a role" : "Every role that a policy names is on the target");
        }
        List<String> details = new ArrayList<>();
        missing.forEach((role, policies) -> details.add(role + " in " + Names.some(policies)));
        return Verdict.blocker(
                "Roles named in policies are missing on the target",
                Names.some(details) + ".",
                "On the target:\n"
                        + Names.lines(missing.keySet().stream()
                                .map(role -> "CREATE ROLE " + Identifiers.quote(role) + ";")
                                .toList()));
    }

    /** One right on many objects. */
    private record Grant(String kind, String grantee, String privileges, boolean grantable) {}

    private static final String GRANTS = """
            WITH objects AS (
                SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
                       format('%%I.%%I', n.nspname, c.relname) AS name, c.relowner AS owner, c.relacl AS acl,
                       '' AS columns
                  FROM pg_class c
                  JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relacl IS NOT NULL AND %1$s
                 UNION ALL
                SELECT 'TABLE', format('%%I.%%I', n.nspname, c.relname), c.relowner, a.attacl,
                       format(' (%%I)', a.attname)
                  FROM pg_attribute a
                  JOIN pg_class c ON c.oid = a.attrelid
                  JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND %1$s
                 UNION ALL
                SELECT 'SCHEMA', format('%%I', n.nspname), n.nspowner, n.nspacl, ''
                  FROM pg_namespace n
                 WHERE n.nspacl IS NOT NULL AND %2$s AND %3$s
                 UNION ALL
                SELECT 'ROUTINE',
                       format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
                       p.proowner, p.proacl, ''
                  FROM pg_proc p
                  JOIN pg_namespace n ON n.oid = p.pronamespace
                 WHERE p.proacl IS NOT NULL AND %2$s AND %4$s),
            rights AS (
                SELECT o.kind, o.name, r.grantee, r.is_grantable,
                       string_agg(r.privilege_type || o.columns, ', ' ORDER BY r.privilege_type) AS privileges
                  FROM objects o
                 CROSS JOIN LATERAL aclexplode(o.acl) r
                 WHERE r.grantee <> o.owner
                   AND r.grantee <> (SELECT me.oid FROM pg_roles me WHERE me.rolname = current_user)
                   AND NOT (r.grantee = 0 AND o.kind = 'ROUTINE')
                   AND NOT (r.grantee = 0 AND o.kind = 'SCHEMA' AND o.name = 'public')
                 GROUP BY o.kind, o.name, o.columns, r.grantee, r.is_grantable
                 UNION ALL
                -- Everyone may execute a function unless that right was taken away.
                SELECT 'REVOKE', o.name, 0, false, 'EXECUTE'
                  FROM objects o
                 WHERE o.kind = 'ROUTINE'
                   AND NOT EXISTS (SELECT FROM aclexplode(o.acl) r WHERE r.grantee = 0))
            SELECT kind, CASE grantee WHEN 0 THEN '' ELSE pg_get_userbyid(grantee)::text END AS grantee,
                   privileges, is_grantable, array_agg(name ORDER BY name) AS names
              FROM rights
             GROUP BY kind, grantee, privileges, is_grantable
             ORDER BY grantee, kind, privileges
            """.formatted(
                    UserObjects.relations(),
                    UserObjects.IN_USER_SCHEMA,
                    UserObjects.notOfAnExtension("pg_namespace", "n.oid"),
                    UserObjects.notOfAnExtension("pg_proc", "p.oid"));

    private static Verdict grants(Ends ends) {
        Set<String> grantees = new TreeSet<>();
        List<String> statements = new ArrayList<>();
        Map<Grant, String[]> grants = new LinkedHashMap<>();
        ends.source()
                .session()
                .jdbc()
                .sql(GRANTS)
                .query((row, number) -> {
                    Array names = row.getArray("names");
                    return grants.put(
                            new Grant(
                                    row.getString("kind"),
                                    row.getString("grantee"),
                                    row.getString("privileges"),
                                    row.getBoolean("is_grantable")),
                            (String[]) names.getArray());
                })
                .list();
        grants.forEach((grant, names) -> {
            if (!grant.grantee().isEmpty()) {
                grantees.add(grant.grantee());
            }
            statements.add(statement(grant, List.of(names)));
        });
        statements.addAll(defaults(ends, grantees));
        if (statements.isEmpty()) {
            return Verdict.ok("No other role holds rights on the source's objects");
        }
        Set<String> missing = new LinkedHashSet<>(grantees);
        missing.removeAll(roles(ends.target()));
        List<String> shown = new ArrayList<>();
        missing.forEach(role -> shown.add("CREATE ROLE " + Identifiers.quote(role) + ";"));
        statements.stream().limit(STATEMENTS_SHOWN).forEach(shown::add);
        if (statements.size() > STATEMENTS_SHOWN) {
            shown.add("-- and " + (statements.size() - STATEMENTS_SHOWN)
                    + " more: pg_dump --schema-only writes them all");
        }
        return Verdict.note(
                "Grants to other roles are not taken over",
                (grantees.isEmpty() ? "Rights of PUBLIC." : "Rights of " + Names.some(grantees) + ".")
                        + (missing.isEmpty() ? "" : " Not on the target: " + Names.some(missing) + "."),
                "After the schema is on the target, run there what is still wanted:\n" + String.join("\n", shown));
    }

    private static String statement(Grant grant, List<String> names) {
        String objects =
                String.join(", ", names.stream().limit(OBJECTS_A_STATEMENT).toList());
        String rest = names.size() <= OBJECTS_A_STATEMENT
                ? ""
                : " -- and " + (names.size() - OBJECTS_A_STATEMENT) + " objects more";
        if (grant.kind().equals("REVOKE")) {
            return "REVOKE EXECUTE ON ROUTINE " + objects + " FROM PUBLIC;" + rest;
        }
        return "GRANT " + grant.privileges() + " ON " + grant.kind() + " " + objects + " TO " + to(grant.grantee())
                + (grant.grantable() ? " WITH GRANT OPTION" : "") + ";" + rest;
    }

    private static String to(String grantee) {
        return grantee.isEmpty() ? "PUBLIC" : Identifiers.quote(grantee);
    }

    private static List<String> defaults(Ends ends, Set<String> grantees) {
        List<String> statements = new ArrayList<>();
        ends.source()
                .session()
                .jdbc()
                .sql("""
                        SELECT coalesce(format(' IN SCHEMA %I', n.nspname), '') AS place,
                               CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
                                    WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS'
                                    ELSE 'LARGE OBJECTS' END AS kind,
                               CASE r.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(r.grantee)::text END AS grantee,
                               string_agg(r.privilege_type, ', ' ORDER BY r.privilege_type) AS privileges
                          FROM pg_default_acl d
                          LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
                         CROSS JOIN LATERAL aclexplode(d.defaclacl) r
                         WHERE r.grantee <> d.defaclrole
                           AND NOT (r.grantee = 0 AND d.defaclnamespace = 0 AND d.defaclobjtype IN ('f', 'T'))
                           AND pg_has_role(d.defaclrole, 'USAGE')
                           AND (n.nspname IS NULL OR %s)
                         GROUP BY 1, 2, 3
                         ORDER BY 3, 1, 2
                        """.replace("%s", UserObjects.IN_USER_SCHEMA))
                .query((row, number) -> {
                    String grantee = row.getString("grantee");
                    if (!grantee.isEmpty()) {
                        grantees.add(grantee);
                    }
                    return statements.add("ALTER DEFAULT PRIVILEGES" + row.getString("place") + " GRANT "
                            + row.getString("privileges") + " ON " + row.getString("kind") + " TO " + to(grantee)
                            + ";");
                })
                .list();
        return statements;
    }

    private record Setting(boolean forDatabase, String role, String setting) {}

    private static Verdict settings(Ends ends) {
        List<Setting> settings =
                ends.source().session().jdbc().sql("""
                        SELECT s.setdatabase <> 0 AS for_database,
                               coalesce(r.rolname::text, '') AS role,
                               unnest(s.setconfig) AS setting
                          FROM pg_db_role_setting s
                          LEFT JOIN pg_roles r ON r.oid = s.setrole
                          LEFT JOIN pg_database d ON d.oid = s.setdatabase
                         WHERE d.datname = current_database()
                            OR s.setdatabase = 0 AND r.rolname = current_user
                         ORDER BY 1, 2, 3
                        """).query(Setting.class).list();
        if (settings.isEmpty()) {
            return Verdict.ok("The source's database and role have no settings of their own");
        }
        String database = Identifiers.quote(ends.target().url().database());
        List<String> statements = settings.stream()
                .map(setting -> statement(
                        setting, database, ends.source().role(), ends.target().role()))
                .toList();
        return Verdict.note(
                Names.count(settings.size(), "setting") + " of database and role "
                        + (settings.size() == 1 ? "is" : "are") + " not taken over",
                Names.some(settings.stream()
                        .map(setting -> setting.setting().split("=", 2)[0])
                        .distinct()
                        .toList()),
                "On the target, where still wanted:\n" + Names.lines(statements));
    }

    /** An app's own parameters (with a dot in their names) may be secrets: their values are left for the user to fill in. */
    private static String statement(Setting setting, String database, String sourceRole, String targetRole) {
        String[] parts = setting.setting().split("=", 2);
        String name = parts[0].toLowerCase(Locale.ROOT);
        String quotedName = String.join(
                ".", List.of(name.split("\\.")).stream().map(Identifiers::quote).toList());
        String value = name.contains(".")
                ? "'...'"
                : LISTS.contains(name)
                        ? parts[1].isEmpty() ? "''" : parts[1]
                        : Identifiers.literal(parts[1]).strip();
        String role = setting.role().equals(sourceRole) ? targetRole : setting.role();
        String subject = setting.role().isEmpty()
                ? "DATABASE " + database
                : "ROLE " + Identifiers.quote(role) + (setting.forDatabase() ? " IN DATABASE " + database : "");
        return "ALTER " + subject + " SET " + quotedName + " TO " + value + ";";
    }
}
