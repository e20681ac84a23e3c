package dev.ferry.verification;

import dev.ferry.database.Database;
import dev.ferry.database.Scope;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableName;
import dev.ferry.schema.HeldBack;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Compares what the catalogs of both ends say of everything that a migration takes over, but owners and rights, which it
 * does not. Each end is read in one snapshot, a kind of objects at a time, so the cost is a few statements whatever the
 * number of objects, and only one kind of one end is held in memory. No table of the app is locked for longer than a
 * statement takes.
 *
 * <p>What differs on purpose is no difference: Ferry's own triggers, excluded tables with all that is theirs, what the
 * restore left out, and what it holds back until the switch; before it, a trigger that acts is one. In the schemas
 * of the migration, what the source does not have is one too; other schemas of the target are nobody's business here.
 */
public final class DefinitionComparison {
    private static final int ATTEMPTS = 3;
    private static final int FIXED_COLUMNS = 8;
    private static final int FETCH_SIZE = 2000;
    private static final int TEXTS_AT_ONCE = 500;
    private static final Set<String> IN_NO_SCHEMA = Set.of("schema", "extension", "foreign server", "cast");

    /** Texts are printed from the newest catalogs, whatever the snapshot: an object may be gone or altered in between. */
    private static final Set<String> CHANGED_MEANWHILE = Set.of("XX000", "42P01", "42704", "42883", "42703");

    /** Whole catalogs are joined, whose statistics may be old: a loop in a loop over them could take hours. */
    private static final String SETTINGS = """
            SET LOCAL enable_nestloop = off;
            SET LOCAL jit = off;
            SET LOCAL search_path = '';
            SET LOCAL quote_all_identifiers = off;
            SET LOCAL standard_conforming_strings = on;
            SET LOCAL check_function_bodies = off;
            SET LOCAL statement_timeout = '60s';
            SET LOCAL lock_timeout = '1s';
            """;

    private final Predicate<TableName> included;
    private final Moment moment;
    private final Session source;
    private final Session target;
    private final List<DefinitionDifference> differences = new ArrayList<>();
    /** Keys of objects that only one end has, or that are left out: nothing is said of their parts. */
    private final Set<String> alone = new HashSet<>();
    /** Objects of the source that are at both ends and have a printed text, by key. */
    private final Map<String, Definition> withText = new HashMap<>();

    private final List<DefinitionRules.Texts> texts = new ArrayList<>();
    private final Set<String> schemas = new HashSet<>();
    private final Set<TableName> sourceTables = new HashSet<>();

    private DefinitionComparison(Predicate<TableName> included, Moment moment, Session source, Session target) {
        this.included = included;
        this.moment = moment;
        this.source = source;
        this.target = target;
    }

    /**
     * All differences; those of a whole are told before those of its parts.
     *
     * @param included the tables of the migration by name, as for {@link Scope}
     * @throws RuntimeException of connections and locks ({@link SqlState#isTransient}): asking again is safe
     */
    public static List<DefinitionDifference> compare(
            Database source, Database target, Predicate<TableName> included, Moment moment) {
        for (int attempt = 1; ; attempt++) {
            try (Session sourceSession = source.open();
                    Session targetSession = target.open()) {
                return new DefinitionComparison(included, moment, sourceSession, targetSession).run();
            } catch (RuntimeException e) {
                String state = SqlState.of(e);
                if (attempt == ATTEMPTS || state == null || !CHANGED_MEANWHILE.contains(state)) {
                    throw e;
                }
            }
        }
    }

    private List<DefinitionDifference> run() {
        begin(source);
        begin(target);
        HeldBack heldBack = HeldBack.read(target);
        Scope sourceScope = Scope.of(source.jdbc(), included);
        Scope targetScope = Scope.of(target.jdbc(), included);
        alone.addAll(LeftOutViews.read(source));
        DefinitionRules rules = new DefinitionRules(heldBack, moment);
        for (DefinitionQuery query : DefinitionQuery.ALL) {
            compare(query, rules, sourceScope, targetScope);
        }
        Map<PrintedText, Map<String, Long>> sourceOids = new LinkedHashMap<>();
        Map<PrintedText, Map<String, Long>> targetOids = new LinkedHashMap<>();
        for (PrintedText text : PrintedText.ALL) {
            sourceOids.put(text, text.oids(source, withText));
            targetOids.put(text, text.oids(target, withText));
        }
        if (moment != Moment.BEFORE_SWITCH) {
            SequencePositions.behind(
                            source,
                            target,
                            withText.values().stream()
                                    .filter(definition -> definition.kind().equals("sequence"))
                                    .toList())
                    .forEach(differences::add);
        }
        source.rollback();
        target.rollback();
        for (PrintedText text : PrintedText.ALL) {
            compareTexts(
                    text, Objects.requireNonNull(sourceOids.get(text)), Objects.requireNonNull(targetOids.get(text)));
        }
        tellUnlike(texts);
        return List.copyOf(differences);
    }

    private static void begin(Session session) {
        session.begin(Session.Isolation.REPEATABLE_READ);
        session.execute(SETTINGS);
    }

    private void compare(DefinitionQuery query, DefinitionRules rules, Scope sourceScope, Scope targetScope) {
        Map<String, Definition> wanted = new LinkedHashMap<>();
        read(source, query, definition -> {
            if (query.kind().equals("schema")) {
                schemas.add(definition.tag());
            }
            TableName table = definition.table();
            if (table != null && query.kind().equals("table")) {
                sourceTables.add(table);
            }
            if (table == null || sourceScope.test(table)) {
                wanted.put(definition.id(), definition);
            }
        });
        List<Definition> surplus = new ArrayList<>();
        read(target, query, found -> {
            Definition definition = wanted.remove(found.id());
            if (definition != null) {
                meet(definition, found, rules);
            } else if (isMigrated(found, sourceScope, targetScope)) {
                surplus.add(found);
            }
        });
        for (Definition definition : wanted.values()) {
            boolean part = definition.partOf() != null && alone.contains(definition.partOf());
            boolean leftOut = !alone.add(definition.key());
            if (!part && !leftOut) {
                rules.missing(definition).ifPresent(what -> tell(definition, what));
            }
        }
        for (Definition found : surplus) {
            boolean part = found.partOf() != null && alone.contains(found.partOf());
            boolean leftOut = !alone.add(found.key());
            if (!part && !leftOut) {
                rules.surplus(found).ifPresent(what -> tell(found, what));
            }
        }
    }

    private void meet(Definition definition, Definition found, DefinitionRules rules) {
        if (alone.contains(definition.key()) || (definition.partOf() != null && alone.contains(definition.partOf()))) {
            return;
        }
        List<String> told = rules.differences(definition, found, texts::add);
        if (!told.isEmpty()) {
            tell(definition, "differs: " + String.join("; ", told));
        }
        boolean printed = definition.kind().equals("sequence")
                || PrintedText.ALL.stream().anyMatch(text -> text.kinds().contains(definition.kind()));
        if (printed && !rules.isIgnored(definition)) {
            withText.put(definition.key(), definition);
        }
    }

    /** Of what the source does not have. */
    private boolean isMigrated(Definition found, Scope sourceScope, Scope targetScope) {
        if (IN_NO_SCHEMA.contains(found.kind())) {
            return false; // the host's, or another app's
        }
        if (!schemas.contains(found.schema())) {
            return false;
        }
        TableName table = found.table();
        return table == null || (sourceScope.test(table) && (sourceTables.contains(table) || targetScope.test(table)));
    }

    private void tell(Definition definition, String what) {
        differences.add(new DefinitionDifference(definition.kind(), definition.name(), what));
    }

    private static void read(Session session, DefinitionQuery query, java.util.function.Consumer<Definition> consumer) {
        List<String> attributes = new ArrayList<>();
        session.jdbc().sql(query.sql()).withFetchSize(FETCH_SIZE).query(row -> {
            if (attributes.isEmpty()) {
                ResultSetMetaData columns = row.getMetaData();
                for (int i = FIXED_COLUMNS + 1; i <= columns.getColumnCount(); i++) {
                    attributes.add(columns.getColumnLabel(i));
                }
            }
            consumer.accept(definition(query.kind(), attributes, row));
        });
    }

    private static Definition definition(String kind, List<String> attributes, ResultSet row) throws SQLException {
        @Nullable String[] values = new @Nullable String[attributes.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = row.getString(FIXED_COLUMNS + 1 + i);
        }
        String tableSchema = row.getString("table_schema");
        String tableName = row.getString("table_name");
        return new Definition(
                kind,
                row.getString("id"),
                row.getString("name"),
                row.getString("schema_name"),
                row.getString("tag"),
                tableSchema == null || tableName == null ? null : new TableName(tableSchema, tableName),
                row.getString("part_of"),
                row.getBoolean("disabled"),
                attributes,
                Arrays.asList(values));
    }

    private void compareTexts(PrintedText text, Map<String, Long> sourceOids, Map<String, Long> targetOids) {
        List<String> keys = sourceOids.keySet().stream()
                .filter(targetOids::containsKey)
                .sorted()
                .toList();
        for (int from = 0; from < keys.size(); from += TEXTS_AT_ONCE) {
            List<String> some = keys.subList(from, Math.min(keys.size(), from + TEXTS_AT_ONCE));
            Map<Long, String> wanted = text.print(source, oids(some, sourceOids), () -> begin(source));
            Map<Long, String> found = text.print(target, oids(some, targetOids), () -> begin(target));
            List<DefinitionRules.Texts> unequal = new ArrayList<>();
            for (String key : some) {
                String here = wanted.get(Objects.requireNonNull(sourceOids.get(key)));
                String there = found.get(Objects.requireNonNull(targetOids.get(key)));
                if (here != null && there != null && !here.equals(there)) {
                    Definition definition = Objects.requireNonNull(withText.get(key));
                    unequal.add(new DefinitionRules.Texts(definition, text.attribute(), here, there));
                }
            }
            tellUnlike(unequal);
        }
    }

    private void tellUnlike(List<DefinitionRules.Texts> unequal) {
        Reprint reprint = new Reprint(target, () -> begin(target));
        for (DefinitionRules.Texts text : unequal) {
            if (!reprint.areAlike(text.definition(), text.attribute(), text.here(), text.there())) {
                tell(
                        text.definition(),
                        "differs: " + DefinitionRules.difference(text.attribute(), text.here(), text.there()));
            }
        }
    }

    private static List<Long> oids(List<String> keys, Map<String, Long> oids) {
        return keys.stream().map(key -> Objects.requireNonNull(oids.get(key))).toList();
    }
}
