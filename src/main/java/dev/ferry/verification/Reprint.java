package dev.ferry.verification;

import dev.ferry.database.Identifiers;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableName;
import dev.ferry.schema.ServerSideScript;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lets the target's server read and print the texts of both ends, where they differ. A server does not print what it read:
 * from version 16 on a view on one table has no table names before its columns, and a {@code varchar IN ('a', 'b')} has its
 * casts in another place each time, until the second. Two texts that are the same definition are printed alike in the end.
 * What is made for that is temporary, and rolled back.
 */
final class Reprint {
    private static final String IDENTIFIER = "(?:\"(?:[^\"]|\"\")+\"|[^\\s\".]+)";
    private static final String QUALIFIED = IDENTIFIER + "\\." + IDENTIFIER;
    private static final Pattern INDEX = Pattern.compile(
            "CREATE (UNIQUE )?INDEX " + IDENTIFIER + " ON (?:ONLY )?(" + QUALIFIED + ") USING (.*)", Pattern.DOTALL);
    private static final Pattern TRIGGER =
            Pattern.compile("(CREATE (?:CONSTRAINT )?TRIGGER .*?) ON (" + QUALIFIED + ") (.*)", Pattern.DOTALL);
    private static final Pattern RULE = Pattern.compile(
            "(CREATE RULE " + IDENTIFIER + " AS\\s+ON [A-Z]+ TO) (" + QUALIFIED + ")\\b(.*)", Pattern.DOTALL);
    private static final Pattern STATISTICS = Pattern.compile(
            "CREATE STATISTICS " + QUALIFIED + "( \\([^)]*\\))? ON (.*) FROM (" + QUALIFIED + ")", Pattern.DOTALL);

    private static final String VARCHAR = "'[^']*(?:''[^']*)*'::character varying";
    private static final Pattern VARCHARS_AS_TEXTS =
            Pattern.compile("\\(ARRAY\\[(" + VARCHAR + "(?:, " + VARCHAR + ")*)\\]\\)::text\\[\\]");
    private static final Pattern ONE_VARCHAR = Pattern.compile(VARCHAR);

    /** What may be printed differently although it is the same, by kind. */
    private static final Map<String, Set<String>> ATTRIBUTES = Map.ofEntries(
            Map.entry("column", Set.of("default")),
            Map.entry("constraint", Set.of("definition")),
            Map.entry("index", Set.of("definition")),
            Map.entry("trigger", Set.of("definition")),
            Map.entry("policy", Set.of("USING expression", "CHECK expression")),
            Map.entry("statistics object", Set.of("definition")),
            Map.entry("collation", Set.of("locale")));

    private final Session target;
    private final Runnable begin;

    /** @param begin starts a transaction on the target with an empty search_path */
    Reprint(Session target, Runnable begin) {
        this.target = target;
        this.begin = begin;
    }

    /** Whether two unequal texts of it may mean the same; a {@link PrintedText} always may. */
    static boolean mayBeAlike(Definition definition, String attribute) {
        return ATTRIBUTES.getOrDefault(definition.kind(), Set.of()).contains(attribute);
    }

    /** @return false also if the target's server does not take one of the texts */
    boolean areAlike(Definition definition, String attribute, String here, String there) {
        if (withEachCast(here).equals(withEachCast(there))) {
            return true;
        }
        String one = printed(definition, attribute, here);
        return one != null && one.equals(printed(definition, attribute, there));
    }

    /**
     * The second time's form of {@code varchar IN (...)}: each element is cast, not the array. By far the most frequent of
     * all, and thousands of them are not worth a temporary table each.
     */
    static String withEachCast(String text) {
        return VARCHARS_AS_TEXTS
                .matcher(text)
                .replaceAll(array -> Matcher.quoteReplacement(
                        "ARRAY[" + ONE_VARCHAR.matcher(array.group(1)).replaceAll("($0)::text") + "]"));
    }

    private @Nullable String printed(Definition definition, String attribute, String text) {
        begin.run();
        try {
            return print(definition, attribute, text);
        } catch (RuntimeException e) {
            if (SqlState.of(e) == null || SqlState.isTransient(e)) {
                throw e;
            }
            return null;
        } finally {
            target.rollback();
        }
    }

    private @Nullable String print(Definition definition, String attribute, String text) {
        return switch (definition.kind()) {
            case "view", "materialized view" -> {
                make("CREATE TEMPORARY VIEW ferry_reprint AS " + text);
                yield one("SELECT pg_get_viewdef('pg_temp.ferry_reprint'::regclass)");
            }
            case "function" -> function(definition, text);
            case "rule" -> rule(definition, text);
            case "column" -> check(definition, "CHECK ((" + text + ") IS NULL)");
            case "constraint" ->
                definition.table() == null ? domainConstraint(definition, text) : check(definition, text);
            case "index" -> index(definition, text);
            case "trigger" -> trigger(definition, text);
            case "policy" -> policy(definition, attribute, text);
            case "statistics object" -> statistics(definition, text);
            case "collation" -> collation(definition, text);
            default -> null;
        };
    }

    private void make(String statement) {
        target.execute(ServerSideScript.of(statement));
    }

    private @Nullable String one(String query) {
        return target.list(String.class, query).get(0);
    }

    /** A table like it and of its name, which expressions may hold. */
    private String like(Definition definition, String original) {
        TableName table = definition.table();
        String copy = "pg_temp." + Identifiers.quote(table == null ? "ferry_reprint" : table.name());
        make("CREATE TEMPORARY TABLE " + copy + " (LIKE " + original + ")");
        return copy;
    }

    private static String sqlName(Definition definition) {
        return Objects.requireNonNull(definition.table()).sql();
    }

    private @Nullable String check(Definition definition, String constraint) {
        String copy = like(definition, sqlName(definition));
        make("ALTER TABLE " + copy + " ADD CONSTRAINT ferry_reprint " + constraint);
        return one("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ferry_reprint' AND conrelid = "
                + Identifiers.literal(copy) + "::regclass");
    }

    private @Nullable String domainConstraint(Definition definition, String constraint) {
        String domain = Objects.requireNonNull(definition.partOf()).substring("type:".length());
        String base = target.jdbc()
                .sql("SELECT format_type(typbasetype, typtypmod) FROM pg_type WHERE oid = to_regtype(?)")
                .param(domain)
                .query(String.class)
                .single();
        make("CREATE DOMAIN pg_temp.ferry_reprint AS " + base + " CONSTRAINT ferry_reprint " + constraint);
        return one("SELECT pg_get_constraintdef(oid) FROM pg_constraint"
                + " WHERE conname = 'ferry_reprint' AND contypid = 'pg_temp.ferry_reprint'::regtype");
    }

    private @Nullable String index(Definition definition, String text) {
        Matcher matcher = INDEX.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        String copy = like(definition, matcher.group(2));
        make("CREATE " + Objects.requireNonNullElse(matcher.group(1), "") + "INDEX ferry_reprint_index ON " + copy
                + " USING " + matcher.group(3));
        return one("SELECT pg_get_indexdef('pg_temp.ferry_reprint_index'::regclass)");
    }

    private @Nullable String trigger(Definition definition, String text) {
        Matcher matcher = TRIGGER.matcher(text);
        if (!matcher.matches() || definition.table() == null) {
            return null;
        }
        String copy = like(definition, matcher.group(2));
        make(matcher.group(1) + " ON " + copy + " " + matcher.group(3));
        return one("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = " + Identifiers.literal(copy)
                + "::regclass");
    }

    private @Nullable String rule(Definition definition, String text) {
        Matcher matcher = RULE.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        String copy = like(definition, matcher.group(2));
        make(matcher.group(1) + " " + copy + matcher.group(3));
        return one("SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class = " + Identifiers.literal(copy)
                + "::regclass");
    }

    private @Nullable String policy(Definition definition, String attribute, String text) {
        String copy = like(definition, sqlName(definition));
        make("CREATE POLICY ferry_reprint ON " + copy + (attribute.startsWith("USING") ? " USING (" : " WITH CHECK (")
                + text + ")");
        return one("SELECT pg_get_expr(coalesce(polqual, polwithcheck), polrelid) FROM pg_policy WHERE polrelid = "
                + Identifiers.literal(copy) + "::regclass");
    }

    private @Nullable String statistics(Definition definition, String text) {
        Matcher matcher = STATISTICS.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        String copy = like(definition, matcher.group(3));
        make("CREATE STATISTICS pg_temp.ferry_reprint" + Objects.requireNonNullElse(matcher.group(1), "") + " ON "
                + matcher.group(2) + " FROM " + copy);
        return one("SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext WHERE stxrelid = "
                + Identifiers.literal(copy) + "::regclass");
    }

    private @Nullable String function(Definition definition, String body) {
        boolean procedure = definition.is("kind", "procedure");
        make("CREATE " + (procedure ? "PROCEDURE" : "FUNCTION") + " pg_temp.ferry_reprint("
                + definition.value("argument list") + ")"
                + (procedure ? "" : " RETURNS " + definition.value("result"))
                + " LANGUAGE sql " + body);
        return one("SELECT pg_get_function_sqlbody(oid) FROM pg_proc"
                + " WHERE proname = 'ferry_reprint' AND pronamespace = pg_my_temp_schema()");
    }

    /** From version 16 on ICU's names are kept in their standard form. */
    private @Nullable String collation(Definition definition, String locale) {
        if (!definition.is("provider", "icu")) {
            return null;
        }
        make("CREATE COLLATION pg_temp.ferry_reprint (provider = icu, locale = " + Identifiers.literal(locale) + ")");
        return one("SELECT coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale') FROM pg_collation c"
                + " WHERE collname = 'ferry_reprint' AND collnamespace = pg_my_temp_schema()");
    }
}
