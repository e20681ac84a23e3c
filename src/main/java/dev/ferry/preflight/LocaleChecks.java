package dev.ferry.preflight;

import dev.ferry.database.TableName;
import dev.ferry.database.UserObjects;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether text means the same at both ends. With another idea of lower case, two rows that were equal on the source are
 * different on the target, or the other way round (RULES A5).
 */
final class LocaleChecks {
    private LocaleChecks() {}

    static List<Check> all() {
        return List.of(
                Check.ofBoth("locale", "encoding and collation of both ends", LocaleChecks::locale),
                Check.ofBoth("collations", "collations that columns name", LocaleChecks::collations));
    }

    private record TextRules(
            String encoding,
            String collation,
            String ctype,
            String provider,
            @Nullable String providerLocale) {
        List<String> differencesTo(TextRules target) {
            List<String> differences = new ArrayList<>();
            compare("encoding", encoding, target.encoding, differences);
            compare("collation", collation, target.collation, differences);
            compare("ctype", ctype, target.ctype, differences);
            compare("provider", provider, target.provider, differences);
            compare("provider's locale", text(providerLocale), text(target.providerLocale), differences);
            return differences;
        }

        private static String text(@Nullable String value) {
            return value == null ? "none" : value;
        }

        private static void compare(String what, String source, String target, List<String> differences) {
            if (!normal(source).equals(normal(target))) {
                differences.add(what + " " + source + " on the source, " + target + " on the target");
            }
        }

        /** en_US.UTF-8 and en_US.utf8 are one locale. */
        private static String normal(String locale) {
            return locale.toLowerCase(Locale.ROOT).replace("-", "");
        }
    }

    private static TextRules rules(OpenEnd end) {
        // The locale of a provider other than libc was renamed from version to version; the row as JSON has them all.
        return end.session().jdbc().sql("""
                        SELECT pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collation,
                               d.datctype AS ctype,
                               CASE j.row ->> 'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin'
                                    ELSE 'libc' END AS provider,
                               coalesce(j.row ->> 'datlocale', j.row ->> 'daticulocale') AS provider_locale
                          FROM pg_database d
                         CROSS JOIN LATERAL (SELECT to_jsonb(d) AS row) j
                         WHERE d.datname = current_database()
                        """).query(TextRules.class).single();
    }

    private static Verdict locale(Ends ends) {
        TextRules source = rules(ends.source());
        TextRules target = rules(ends.target());
        List<String> differences = source.differencesTo(target);
        if (differences.isEmpty()) {
            return Verdict.ok(
                    "Encoding and collation are the same",
                    source.encoding() + ", " + source.collation() + ", " + source.provider());
        }
        String detail = String.join("; ", differences) + ".";
        String remedy = "Create the target database with the source's settings: CREATE DATABASE ... TEMPLATE template0"
                + " ENCODING '" + source.encoding() + "' LC_COLLATE '" + source.collation() + "' LC_CTYPE '"
                + source.ctype() + "';";
        if (!target.encoding().equals(source.encoding()) && !target.encoding().equals("UTF8")) {
            return Verdict.blocker(
                    "The target's encoding cannot hold every text of the source",
                    detail,
                    remedy.replace(
                            "ENCODING '" + source.encoding() + "'",
                            source.encoding().equals("SQL_ASCII")
                                    ? "ENCODING 'UTF8'"
                                    : "ENCODING '" + source.encoding() + "'"));
        }
        List<String> sensitive = sensitive(ends);
        return sensitive.isEmpty()
                ? Verdict.warning(
                        "Encoding or collation differ",
                        detail + " Text may sort differently; no key depends on it.",
                        "If the order of texts matters to the app: " + remedy)
                : Verdict.blocker(
                        "Encoding or collation differ, and keys depend on them",
                        detail + " Rows that differ at one end may be equal at the other in " + Names.some(sensitive)
                                + ".",
                        remedy + " Or leave these tables out with EXCLUDE_TABLES.");
    }

    private record Sensitive(String schema, String name, String what) {}

    private static List<String> sensitive(Ends ends) {
        return ends
                .source()
                .session()
                .jdbc()
                .sql("""
                        SELECT n.nspname AS schema, c.relname AS name, 'citext key ' || x.relname AS what
                          FROM pg_index i
                          JOIN pg_class x ON x.oid = i.indexrelid
                          JOIN pg_class c ON c.oid = i.indrelid
                          JOIN pg_namespace n ON n.oid = c.relnamespace
                         WHERE i.indisunique AND %1$s
                           AND EXISTS (SELECT
                                         FROM pg_attribute a
                                         JOIN pg_type t ON t.oid = a.atttypid
                                         LEFT JOIN pg_type b ON b.oid = t.typbasetype
                                        WHERE a.attrelid = x.oid
                                          AND 'citext' IN (t.typname, b.typname))
                         UNION ALL
                        SELECT n.nspname, c.relname, 'unique index ' || x.relname
                          FROM pg_index i
                          JOIN pg_class x ON x.oid = i.indexrelid
                          JOIN pg_class c ON c.oid = i.indrelid
                          JOIN pg_namespace n ON n.oid = c.relnamespace
                         WHERE i.indisunique AND i.indexprs IS NOT NULL AND %1$s
                           AND pg_get_indexdef(i.indexrelid) ~* '\\m(lower|upper|initcap|casefold)\\('
                         UNION ALL
                        SELECT n.nspname, c.relname, 'range partitions by text'
                          FROM pg_partitioned_table p
                          JOIN pg_class c ON c.oid = p.partrelid
                          JOIN pg_namespace n ON n.oid = c.relnamespace
                         WHERE p.partstrat = 'r' AND 100 = ANY (p.partcollation::oid[]) AND %1$s
                         ORDER BY 1, 2, 3
                        """.formatted(UserObjects.relations()))
                .query(Sensitive.class)
                .list()
                .stream()
                .filter(found -> !ends.filter().excludes(new TableName(found.schema(), found.name())))
                .map(found -> found.schema() + "." + found.name() + " (" + found.what() + ")")
                .toList();
    }

    private record Named(String collation, String column) {}

    /** Only those that came with the source's server: an app's own are created with the schema. */
    private static Verdict collations(Ends ends) {
        List<Named> used = ends.source()
                .session()
                .jdbc()
                .sql("""
                        SELECT o.collname AS collation, min(n.nspname || '.' || c.relname || '.' || a.attname) AS "column"
                          FROM pg_attribute a
                          JOIN pg_class c ON c.oid = a.attrelid
                          JOIN pg_namespace n ON n.oid = c.relnamespace
                          JOIN pg_collation o ON o.oid = a.attcollation
                          JOIN pg_namespace cn ON cn.oid = o.collnamespace
                         WHERE cn.nspname = 'pg_catalog' AND o.collname NOT IN ('default', 'C', 'POSIX')
                           AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c', 'i') AND NOT a.attisdropped
                           AND %s
                         GROUP BY o.collname
                         ORDER BY 1
                        """.formatted(UserObjects.relations()))
                .query(Named.class)
                .list();
        if (used.isEmpty()) {
            return Verdict.ok("No column names a collation of the server");
        }
        Set<String> there = new HashSet<>(ends.target().session().list(String.class, """
                        SELECT o.collname
                          FROM pg_collation o
                          JOIN pg_namespace n ON n.oid = o.collnamespace
                         WHERE n.nspname = 'pg_catalog'
                           AND o.collencoding IN
                               (-1, (SELECT d.encoding FROM pg_database d WHERE d.datname = current_database()))
                        """));
        List<String> missing = used.stream()
                .filter(named -> !there.contains(named.collation()))
                .map(named -> named.collation() + " (as in " + named.column() + ")")
                .toList();
        return missing.isEmpty()
                ? Verdict.ok("Every collation that a column names is on the target")
                : Verdict.blocker(
                        "Collations are missing on the target",
                        Names.some(missing)
                                + ": the server there does not have them, so these columns cannot be created.",
                        "Change the columns to a collation that both servers have: ALTER TABLE ... ALTER COLUMN ... TYPE"
                                + " text COLLATE ...;");
    }
}
