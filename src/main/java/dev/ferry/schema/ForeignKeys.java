package dev.ferry.schema;

import dev.ferry.database.Database;
import dev.ferry.database.TableName;
import dev.ferry.schema.SchemaLedger.Line;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Foreign keys for targets whose role may not switch them off: they are added at the switch, NOT VALID and so at once, and
 * validated in the background. Each list holds what is still to do by the target's catalog, so it can be asked for again
 * after an interruption.
 *
 * <p>Before version 18 a partitioned table takes no NOT VALID foreign key. Its leaves do: they are validated one by one,
 * and the table's own key, added last, finds them valid and checks nothing again.
 */
final class ForeignKeys {
    private static final Pattern KEY = Pattern.compile(
            "ALTER TABLE (?:ONLY )?(" + SchemaEntry.QUALIFIED + ")\\s+ADD CONSTRAINT (" + SchemaEntry.IDENTIFIER
                    + ") (FOREIGN KEY .*);",
            Pattern.DOTALL);
    private static final Pattern COMMENT = Pattern.compile(
            "COMMENT ON CONSTRAINT (" + SchemaEntry.IDENTIFIER + ") ON (" + SchemaEntry.QUALIFIED + ") IS .*",
            Pattern.DOTALL);

    private final Database target;
    private final SchemaLedger ledger;

    ForeignKeys(Database target, SchemaLedger ledger) {
        this.target = target;
        this.ledger = ledger;
    }

    /** Where a constraint is. */
    private record Place(TableName table, String name) {}

    /**
     * @param places the table itself, or the leaves of a partitioned table that takes no NOT VALID foreign key
     */
    private record Key(TableName table, String name, String definition, List<TableName> places) {
        boolean staysUnchecked() {
            return definition.endsWith(" NOT VALID") || definition.endsWith(" NOT ENFORCED");
        }

        boolean byLeaves() {
            return !places.equals(List.of(table));
        }

        String statement(TableName place, String action) {
            return "ALTER TABLE " + place.sql() + " " + action;
        }
    }

    private record Found(boolean valid, boolean commented) {}

    List<String> addNotValid() {
        Map<Place, Found> found = found();
        List<String> statements = new ArrayList<>();
        for (Key key : keys()) {
            if (found.containsKey(new Place(key.table, SchemaEntry.unquoted(key.name)))) {
                continue;
            }
            for (TableName place : key.places) {
                if (!found.containsKey(new Place(place, SchemaEntry.unquoted(key.name)))) {
                    statements.add(key.statement(
                            place,
                            "ADD CONSTRAINT " + key.name + " " + key.definition
                                    + (key.staysUnchecked() ? "" : " NOT VALID")));
                }
            }
        }
        return statements;
    }

    List<String> validate() {
        Map<Place, Found> found = found();
        List<String> statements = new ArrayList<>();
        for (Key key : keys()) {
            Found whole = found.get(new Place(key.table, SchemaEntry.unquoted(key.name)));
            if (key.staysUnchecked() || (whole != null && whole.valid)) {
                continue;
            }
            for (TableName place : key.places) {
                Found part = found.get(new Place(place, SchemaEntry.unquoted(key.name)));
                if (part == null || !part.valid) {
                    statements.add(key.statement(place, "VALIDATE CONSTRAINT " + key.name));
                }
            }
            if (key.byLeaves()) {
                statements.add(key.statement(key.table, "ADD CONSTRAINT " + key.name + " " + key.definition));
            }
        }
        statements.addAll(comments(found));
        return statements;
    }

    List<String> drop() {
        Map<Place, Found> found = found();
        List<String> statements = new ArrayList<>();
        for (Key key : keys()) {
            String action = "DROP CONSTRAINT " + key.name;
            if (found.containsKey(new Place(key.table, SchemaEntry.unquoted(key.name)))) {
                statements.add(key.statement(key.table, action));
                continue;
            }
            for (TableName place : key.places) {
                if (found.containsKey(new Place(place, SchemaEntry.unquoted(key.name)))) {
                    statements.add(key.statement(place, action));
                }
            }
        }
        Collections.reverse(statements);
        return statements;
    }

    private List<String> comments(Map<Place, Found> found) {
        List<String> statements = new ArrayList<>();
        for (String sql : sqlOf("COMMENT")) {
            Matcher matcher = COMMENT.matcher(sql);
            if (matcher.matches()) {
                Found constraint = found.get(
                        new Place(SchemaEntry.tableName(matcher.group(2)), SchemaEntry.unquoted(matcher.group(1))));
                if (constraint == null || !constraint.commented) {
                    statements.add(sql.substring(0, sql.length() - 1));
                }
            }
        }
        return statements;
    }

    private List<Key> keys() {
        Map<TableName, List<TableName>> leaves = leaves();
        List<Key> keys = new ArrayList<>();
        for (String sql : sqlOf("FK CONSTRAINT")) {
            Matcher matcher = KEY.matcher(sql);
            if (!matcher.matches()) {
                throw new IllegalStateException("a foreign key that does not read like one");
            }
            TableName table = SchemaEntry.tableName(matcher.group(1));
            keys.add(new Key(table, matcher.group(2), matcher.group(3), leaves.getOrDefault(table, List.of(table))));
        }
        return keys;
    }

    private List<String> sqlOf(String type) {
        Map<Integer, String> sql = ledger.sql(Stage.FOREIGN_KEYS);
        List<String> statements = new ArrayList<>();
        for (Line line : ledger.lines(Stage.FOREIGN_KEYS)) {
            String statement = sql.get(line.position());
            if (line.type().equals(type) && statement != null) {
                statements.add(statement);
            }
        }
        return statements;
    }

    private Map<TableName, List<TableName>> leaves() {
        Map<TableName, List<TableName>> leaves = new HashMap<>();
        target.jdbc().sql("""
                        SELECT rn.nspname AS root_schema, root.relname AS root_name,
                               leafn.nspname AS leaf_schema, leaf.relname AS leaf_name
                        FROM pg_class AS root
                        JOIN pg_namespace AS rn ON rn.oid = root.relnamespace
                        CROSS JOIN LATERAL pg_partition_tree(root.oid) AS tree
                        JOIN pg_class AS leaf ON leaf.oid = tree.relid AND leaf.relkind = 'r'
                        JOIN pg_namespace AS leafn ON leafn.oid = leaf.relnamespace
                        WHERE root.relkind = 'p'
                          AND current_setting('server_version_num')::integer < 180000
                        ORDER BY leafn.nspname, leaf.relname
                        """).query(row -> {
            leaves.computeIfAbsent(
                            new TableName(row.getString("root_schema"), row.getString("root_name")),
                            root -> new ArrayList<>())
                    .add(new TableName(row.getString("leaf_schema"), row.getString("leaf_name")));
        });
        return leaves;
    }

    private Map<Place, Found> found() {
        Map<Place, Found> found = new HashMap<>();
        target.jdbc().sql("""
                        SELECT n.nspname, c.relname, k.conname, k.convalidated,
                               obj_description(k.oid, 'pg_constraint') IS NOT NULL AS commented
                        FROM pg_constraint AS k
                        JOIN pg_class AS c ON c.oid = k.conrelid
                        JOIN pg_namespace AS n ON n.oid = c.relnamespace
                        WHERE k.contype = 'f'
                        """).query(row -> {
            found.put(
                    new Place(
                            new TableName(row.getString("nspname"), row.getString("relname")),
                            row.getString("conname")),
                    new Found(row.getBoolean("convalidated"), row.getBoolean("commented")));
        });
        return found;
    }
}
