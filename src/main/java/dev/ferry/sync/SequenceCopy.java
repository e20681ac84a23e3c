package dev.ferry.sync;

import dev.ferry.database.Catalog;
import dev.ferry.database.Database;
import dev.ferry.database.Identifiers;
import dev.ferry.database.Scope;
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
        List<TableName> found = origin.jdbc()
                .sql("""
                        SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.relkind = 'S' AND %s
                        ORDER BY n.nspname, c.relname
                        """.formatted(Catalog.USER_RELATIONS))
                .query((row, number) -> new TableName(row.getString(1), row.getString(2)))
                .list();
        List<TableName> sequences =
                found.stream().filter(Scope.of(origin.jdbc(), included)).toList();
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
