package dev.ferry.sync;

import dev.ferry.database.Database;
import dev.ferry.database.Identifiers;
import dev.ferry.database.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Where each sequence stands. Sequences are not transactional: copied once the app is shut out, as the last thing. */
public final class SequenceCopy {
    private static final int AT_ONCE = 100;

    private SequenceCopy() {}

    /** Statements that make the other end's sequences stand where this end's do. */
    public static List<String> statements(Database origin, Predicate<TableName> included) {
        List<TableName> sequences = origin
                .jdbc()
                .sql("""
                        SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.relkind = 'S' AND c.relpersistence <> 't'
                          AND n.nspname NOT IN ('information_schema', 'ferry', '_heroku', 'pscale_extensions')
                          AND n.nspname NOT LIKE 'pg\\_%'
                          AND NOT EXISTS (SELECT FROM pg_depend e
                            WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
                        ORDER BY n.nspname, c.relname
                        """)
                .query((row, number) -> new TableName(row.getString(1), row.getString(2)))
                .list()
                .stream()
                .filter(included)
                .toList();
        List<String> statements = new ArrayList<>();
        for (int from = 0; from < sequences.size(); from += AT_ONCE) {
            origin.jdbc()
                    .sql(sequences.subList(from, Math.min(from + AT_ONCE, sequences.size())).stream()
                            .map(name -> "SELECT %s AS name, last_value, is_called FROM %s"
                                    .formatted(Identifiers.literal(name.sql()), name.sql()))
                            .collect(Collectors.joining(" UNION ALL ")))
                    .query(row -> {
                        statements.add("SELECT pg_catalog.setval(%s, %d, %s)"
                                .formatted(
                                        Identifiers.literal(row.getString("name")),
                                        row.getLong("last_value"),
                                        row.getBoolean("is_called")));
                    });
        }
        return statements;
    }
}
