package dev.ferry.preflight;

import dev.ferry.database.Identifiers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether the source's extensions are, or can be, on the target. */
final class ExtensionChecks {
    /** Built in, at either end. */
    private static final Set<String> EVERYWHERE = Set.of("plpgsql");
    /** They look at a server, and no table is made of them: a database works without. */
    private static final Set<String> OBSERVERS = Set.of(
            "pg_stat_statements",
            "pg_buffercache",
            "pg_freespacemap",
            "pg_prewarm",
            "pg_repack",
            "pg_stat_kcache",
            "pg_visibility",
            "pg_walinspect",
            "pgrowlocks",
            "pgstattuple",
            "pageinspect",
            "amcheck",
            "adminpack",
            "auto_explain",
            "hypopg",
            "sslinfo");

    private ExtensionChecks() {}

    static List<Check> all() {
        return List.of(
                Check.ofBoth("extensions", "the source's extensions on the target", ExtensionChecks::present),
                Check.ofBoth("extension-versions", "versions of extensions", ExtensionChecks::versions));
    }

    private record Extension(String name, String version, String schema) {}

    private record Offer(String name, @Nullable String version, boolean creatable) {}

    private static List<Extension> installed(OpenEnd end) {
        return end.session().jdbc().sql("""
                        SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema
                          FROM pg_extension e
                          JOIN pg_namespace n ON n.oid = e.extnamespace
                         ORDER BY 1
                        """).query(Extension.class).list().stream()
                .filter(extension -> !EVERYWHERE.contains(extension.name()))
                .toList();
    }

    private static Map<String, Extension> byName(List<Extension> extensions) {
        Map<String, Extension> byName = new HashMap<>();
        extensions.forEach(extension -> byName.put(extension.name(), extension));
        return byName;
    }

    /** What the target's server could create, and whether our role may. */
    private static Map<String, Offer> offers(OpenEnd target) {
        Map<String, Offer> offers = new HashMap<>();
        target.session().jdbc().sql("""
                        SELECT a.name, a.default_version AS version,
                               coalesce(bool_or(NOT v.superuser OR v.trusted OR me.rolsuper), false) AS creatable
                          FROM pg_available_extensions a
                          LEFT JOIN pg_available_extension_versions v
                            ON v.name = a.name AND v.version = a.default_version
                         CROSS JOIN (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) me
                         GROUP BY a.name, a.default_version
                        """).query(Offer.class).list().forEach(offer -> offers.put(offer.name(), offer));
        return offers;
    }

    private static Verdict present(Ends ends) {
        List<Extension> wanted = installed(ends.source());
        Map<String, Extension> there = byName(installed(ends.target()));
        Map<String, Offer> offers = offers(ends.target());
        List<String> toCreate = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        List<String> elsewhere = new ArrayList<>();
        List<String> dispensable = new ArrayList<>();
        List<String> statements = new ArrayList<>();
        for (Extension extension : wanted) {
            Extension found = there.get(extension.name());
            Offer offer = offers.get(extension.name());
            boolean observer = OBSERVERS.contains(extension.name());
            if (found != null) {
                if (!found.schema().equals(extension.schema()) && !observer) {
                    elsewhere.add(extension.name() + " (in " + extension.schema() + " on the source, in "
                            + found.schema() + " on the target)");
                    // Its members belong to a superuser, so ALTER EXTENSION ... SET SCHEMA is not for the owner of a
                    // database.
                    statements.add("DROP EXTENSION " + Identifiers.quote(extension.name())
                            + "; -- Ferry creates it again, in schema " + extension.schema());
                }
            } else if (offer != null && offer.creatable()) {
                toCreate.add(extension.name());
            } else if (observer) {
                dispensable.add(extension.name());
            } else {
                missing.add(extension.name()
                        + (offer == null ? " (not available there)" : " (only a superuser may create it there)"));
                statements.add("CREATE EXTENSION " + Identifiers.quote(extension.name()) + " SCHEMA "
                        + Identifiers.quote(extension.schema()) + ";");
            }
        }
        String created = toCreate.isEmpty() ? "" : "Ferry will create " + Names.some(toCreate) + ".";
        if (!missing.isEmpty() || !elsewhere.isEmpty()) {
            List<String> parts = new ArrayList<>();
            if (!missing.isEmpty()) {
                parts.add("Missing and not for Ferry to create: " + Names.some(missing) + ".");
            }
            if (!elsewhere.isEmpty()) {
                parts.add("In another schema: " + Names.some(elsewhere) + ".");
            }
            return Verdict.blocker(
                    "Extensions stand against the target",
                    (String.join(" ", parts) + " " + created).strip(),
                    "Have them set up on the target (PlanetScale: enable them for the cluster, under Extensions):\n"
                            + Names.lines(statements)
                            + "\nOr, if nothing uses one, on the source: DROP EXTENSION name;");
        }
        if (!dispensable.isEmpty()) {
            return Verdict.warning(
                    "Extensions will be missing on the target",
                    Names.some(dispensable) + ": they observe a server, no data depends on them, so the migration goes"
                            + " without. " + created,
                    "Enable them on the target if they are wanted there.");
        }
        return toCreate.isEmpty()
                ? Verdict.ok("Every extension is on the target")
                : Verdict.note("Extensions will be created on the target", created, "Nothing needs to be done.");
    }

    private static Verdict versions(Ends ends) {
        Map<String, Extension> there = byName(installed(ends.target()));
        Map<String, Offer> offers = offers(ends.target());
        List<String> newer = new ArrayList<>();
        List<String> older = new ArrayList<>();
        for (Extension extension : installed(ends.source())) {
            Extension found = there.get(extension.name());
            Offer offer = offers.get(extension.name());
            String version = found != null ? found.version() : offer == null ? null : offer.version();
            if (version == null || version.equals(extension.version())) {
                continue;
            }
            boolean isOlder = compare(version, extension.version()) < 0;
            (isOlder ? older : newer).add(extension.name() + " " + extension.version() + " to " + version);
        }
        if (!older.isEmpty()) {
            return Verdict.warning(
                    "Extensions on the target are older",
                    Names.some(older) + (newer.isEmpty() ? "" : "; newer: " + Names.some(newer)),
                    "Update them there if a newer version is available: ALTER EXTENSION name UPDATE;");
        }
        return newer.isEmpty()
                ? Verdict.ok("Extensions have the same versions")
                : Verdict.note(
                        "Extensions on the target are newer",
                        Names.some(newer),
                        "Nothing needs to be done, unless the app relies on a version.");
    }

    /** Numbers by value, the rest as text: 1.10 is newer than 1.9. */
    static int compare(String left, String right) {
        String[] a = left.split("[.\\-]");
        String[] b = right.split("[.\\-]");
        for (int i = 0; i < Math.max(a.length, b.length); i++) {
            String x = i < a.length ? a[i] : "0";
            String y = i < b.length ? b[i] : "0";
            boolean numbers = x.matches("[0-9]{1,9}") && y.matches("[0-9]{1,9}");
            int order = numbers ? Integer.compare(Integer.parseInt(x), Integer.parseInt(y)) : x.compareTo(y);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }
}
