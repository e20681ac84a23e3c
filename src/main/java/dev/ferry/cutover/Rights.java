package dev.ferry.cutover;

import dev.ferry.database.Catalog;
import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Scope;
import dev.ferry.database.Session;
import dev.ferry.database.TableName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The rights to write on the source: as they are, as they were, which of them REVOKE reaches. */
final class Rights {
    private final Database source;
    private final Database target;
    private final EpochFence fence;
    private final Predicate<TableName> included;

    Rights(Database source, Database target, EpochFence fence, Predicate<TableName> included) {
        this.source = source;
        this.target = target;
        this.fence = fence;
        this.included = included;
    }

    /** Tables, partitioned tables and sequences of the app, with their owners. */
    Map<TableName, String> owners() {
        List<Map.Entry<TableName, String>> found = source.jdbc()
                .sql("SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) AS owner " + OBJECTS)
                .query((row, number) -> Map.entry(new TableName(row.getString(1), row.getString(2)), row.getString(3)))
                .list();
        Scope scope = Scope.of(source.jdbc(), included);
        return found.stream()
                .filter(entry -> scope.test(entry.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static final String OBJECTS = """
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'S') AND\s
            """ + Catalog.USER_RELATIONS;

    /** What anybody may write now. */
    List<Right> current() {
        List<Right> found = source.jdbc()
                .sql("""
                        WITH o AS (SELECT c.oid, n.nspname, c.relname, c.relkind, c.relacl, c.relowner %s)
                        SELECT CASE WHEN o.relkind = 'S' THEN 'sequence' ELSE 'table' END AS kind, o.nspname, o.relname,
                               '' AS attname, pg_get_userbyid(x.grantor) AS grantor,
                               CASE WHEN x.grantee = 0 THEN '' ELSE pg_get_userbyid(x.grantee) END AS grantee,
                               x.privilege_type, x.is_grantable
                        FROM o, LATERAL aclexplode(coalesce(o.relacl,
                          acldefault(CASE WHEN o.relkind = 'S' THEN 's' ELSE 'r' END::"char", o.relowner))) x
                        WHERE CASE WHEN o.relkind = 'S' THEN x.privilege_type IN ('USAGE', 'UPDATE')
                              ELSE x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') END
                        UNION ALL
                        SELECT 'column', o.nspname, o.relname, a.attname, pg_get_userbyid(x.grantor),
                               CASE WHEN x.grantee = 0 THEN '' ELSE pg_get_userbyid(x.grantee) END,
                               x.privilege_type, x.is_grantable
                        FROM o JOIN pg_attribute a ON a.attrelid = o.oid, LATERAL aclexplode(a.attacl) x
                        WHERE a.attnum > 0 AND NOT a.attisdropped AND x.privilege_type IN ('INSERT', 'UPDATE')
                        ORDER BY 2, 3, 4, 5, 6, 7
                        """.formatted(OBJECTS))
                .query((row, number) -> new Right(
                        row.getString("kind"),
                        new TableName(row.getString("nspname"), row.getString("relname")),
                        row.getString("attname"),
                        row.getString("grantor"),
                        row.getString("grantee"),
                        row.getString("privilege_type"),
                        row.getBoolean("is_grantable")))
                .list();
        Scope scope = Scope.of(source.jdbc(), included);
        return found.stream().filter(right -> scope.test(right.object())).toList();
    }

    /** One right for each table whose owner has none that lets him lock it against writers. */
    List<Right> neededToLock() {
        return source.jdbc()
                .sql("""
                        SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) AS owner %s
                          AND c.relkind <> 'S' AND NOT has_table_privilege(c.relowner, c.oid, 'UPDATE, DELETE, TRUNCATE')
                        """.formatted(OBJECTS))
                .query((row, number) -> new Right(
                        "table",
                        new TableName(row.getString("nspname"), row.getString("relname")),
                        "",
                        row.getString("owner"),
                        row.getString("owner"),
                        "TRUNCATE",
                        false))
                .list();
    }

    /**
     * Those that the owner granted and nobody granted onward. REVOKE of the others does nothing, or would need CASCADE,
     * which could not be undone.
     */
    static List<Right> revocable(List<Right> rights, Map<TableName, String> owners) {
        record Onward(TableName object, String role, String privilege) {}
        Set<Onward> onward = rights.stream()
                .map(right -> new Onward(right.object(), right.grantor(), right.privilege()))
                .collect(Collectors.toSet());
        return rights.stream()
                .filter(right -> right.grantor().equals(owners.get(right.object())))
                .filter(right -> right.grantee().equals(owners.get(right.object()))
                        || !onward.contains(new Onward(right.object(), right.grantee(), right.privilege())))
                .toList();
    }

    /** What was written down before the switch; empty if nothing is waiting to be given back. */
    List<Right> saved() {
        return target.jdbc()
                .sql("""
                        SELECT kind, schema_name, object_name, column_name, grantor, grantee, privilege, grantable
                        FROM ferry.saved_right
                        ORDER BY schema_name, object_name, column_name, grantor, grantee, privilege
                        """)
                .query((row, number) -> new Right(
                        row.getString(1),
                        new TableName(row.getString(2), row.getString(3)),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        row.getString(7),
                        row.getBoolean(8)))
                .list();
    }

    /**
     * Writes them down. For a fence that is not engaged alone: what was saved for an engaged one is the truth until it was
     * given back (RULES D2).
     */
    void save(List<Right> rights) {
        try (Session session = target.open()) {
            session.begin();
            fence.hold(session, End.TARGET);
            session.execute("DELETE FROM ferry.saved_right");
            session.jdbc()
                    .sql("""
                            INSERT INTO ferry.saved_right
                            SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
                                                 ?::text[], ?::boolean[])
                            """)
                    .params(
                            column(rights, Right::kind),
                            column(rights, right -> right.object().schema()),
                            column(rights, right -> right.object().name()),
                            column(rights, Right::column),
                            column(rights, Right::grantor),
                            column(rights, Right::grantee),
                            column(rights, Right::privilege),
                            column(rights, right -> Boolean.toString(right.grantable())))
                    .update();
            session.commit();
        }
    }

    private static String[] column(List<Right> rights, Function<Right, String> value) {
        return rights.stream().map(value).toArray(String[]::new);
    }

    void forgetSaved(Session session) {
        session.execute("DELETE FROM ferry.saved_right");
    }
}
