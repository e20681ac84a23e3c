package dev.ferry.sync;

import dev.ferry.database.Catalog;
import dev.ferry.database.Database;
import dev.ferry.database.Identifiers;
import dev.ferry.database.Scope;
import dev.ferry.database.TableName;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The sequences of both ends, compared: the app goes on creating and altering them during the sync, which no fingerprint
 * of a table shows, and where they stand is copied when the app is shut out already. No position is looked at here.
 */
public final class SequenceDefinitions {
    private SequenceDefinitions() {}

    /**
     * A sequence.
     *
     * @param options all of CREATE SEQUENCE's but the start
     * @param owner the column that it goes with, as SQL; null if there is none
     * @param identity it is part of that column's definition
     */
    private record Sequence(
            TableName name,
            String options,
            String start,
            @Nullable String owner,
            boolean identity) {
        boolean isLike(Sequence other) {
            return options.equals(other.options) && start.equals(other.start);
        }

        String creation() {
            return "CREATE SEQUENCE " + name.sql() + " " + options + " START WITH " + start
                    + (owner == null ? "" : " OWNED BY " + owner);
        }

        /** RESTART, because the position must lie within the new bounds. Where it stands is copied later. */
        String alteration() {
            return "ALTER SEQUENCE " + name.sql() + " " + options + " START WITH " + start + " RESTART WITH " + start;
        }
    }

    /**
     * Statements that make the destination's sequences those of the origin.
     *
     * @throws FerryException with code SCHEMA_DRIFT if that takes a person: a sequence may have been renamed, and the tables
     *     of the destination then draw their numbers from one that nobody sets
     */
    public static List<String> alignment(Database origin, Database destination, Predicate<TableName> included) {
        Map<TableName, Sequence> wanted = read(origin, included);
        Map<TableName, Sequence> there = read(destination, name -> true);
        List<Sequence> missing = wanted.values().stream()
                .filter(sequence -> !there.containsKey(sequence.name()))
                .toList();
        if (!missing.isEmpty()) {
            refuseRenamed(missing, there.keySet(), read(origin, name -> true).keySet());
        }
        List<String> statements = new ArrayList<>();
        for (Sequence sequence : wanted.values()) {
            Sequence found = there.get(sequence.name());
            if (found == null) {
                statements.add(sequence.creation());
            } else if (!found.isLike(sequence)) {
                statements.add(sequence.alteration());
            }
        }
        return statements;
    }

    private static void refuseRenamed(List<Sequence> missing, Set<TableName> there, Set<TableName> atOrigin) {
        Set<String> schemas =
                missing.stream().map(sequence -> sequence.name().schema()).collect(Collectors.toSet());
        List<TableName> leftOver = there.stream()
                .filter(name -> !atOrigin.contains(name) && schemas.contains(name.schema()))
                .toList();
        String names =
                missing.stream().map(sequence -> sequence.name().toString()).collect(Collectors.joining(", "));
        if (!leftOver.isEmpty()) {
            throw new FerryException(
                    FailureCode.SCHEMA_DRIFT,
                    "Sequence " + names + " of the source is not on the target, and "
                            + leftOver.stream().map(TableName::toString).collect(Collectors.joining(", "))
                            + " of the target is not on the source.",
                    "If it was renamed, do the same on the target: ALTER SEQUENCE "
                            + leftOver.get(0).sql() + " RENAME TO "
                            + Identifiers.quote(missing.get(0).name().name())
                            + "; if it was dropped, drop it on the target. Then switch again.");
        }
        List<String> identities = missing.stream()
                .filter(Sequence::identity)
                .map(sequence -> sequence.name() + " (" + sequence.owner() + ")")
                .toList();
        if (!identities.isEmpty()) {
            throw new FerryException(
                    FailureCode.SCHEMA_DRIFT,
                    "Sequence " + String.join(", ", identities)
                            + " belongs to an identity column of the source that is none on the target.",
                    "Make that column the same on the target: ALTER TABLE ... ALTER COLUMN ... ADD GENERATED ... AS"
                            + " IDENTITY; then switch again.");
        }
    }

    private static Map<TableName, Sequence> read(Database end, Predicate<TableName> included) {
        List<Sequence> found = end.jdbc()
                .sql("""
                        SELECT n.nspname, c.relname, s.seqstart::text AS start,
                               format('AS %%s INCREMENT BY %%s MINVALUE %%s MAXVALUE %%s CACHE %%s %%s', format_type(s.seqtypid, -1),
                                 s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
                                 CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS options,
                               quote_ident(tn.nspname) || '.' || quote_ident(t.relname) || '.' || quote_ident(a.attname) AS owner,
                               coalesce(d.deptype = 'i', false) AS identity
                        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        JOIN pg_sequence s ON s.seqrelid = c.oid
                        LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
                          AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
                        LEFT JOIN pg_class t ON t.oid = d.refobjid
                        LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
                        LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                        WHERE %s
                        """.formatted(Catalog.USER_RELATIONS))
                .query((row, number) -> new Sequence(
                        new TableName(row.getString("nspname"), row.getString("relname")),
                        row.getString("options"),
                        row.getString("start"),
                        row.getString("owner"),
                        row.getBoolean("identity")))
                .list();
        Scope scope = Scope.of(end.jdbc(), included);
        return found.stream()
                .filter(sequence -> scope.test(sequence.name()))
                .collect(
                        Collectors.toMap(Sequence::name, sequence -> sequence, (first, second) -> first, TreeMap::new));
    }
}
