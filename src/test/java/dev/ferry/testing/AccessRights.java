package dev.ferry.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.SortedSet;

/** Every right on a user table, view, sequence or column, written out: an ACL that is NULL has its default's meaning. */
public final class AccessRights {
    private AccessRights() {}

    /** One line a right: object, grantee, privilege, grant option, grantor. */
    public static SortedSet<String> of(TestDatabase database) {
        String sql = """
                SELECT concat_ws(' ', o.object, coalesce(nullif(g.grantee, 0)::pg_catalog.regrole::text, 'PUBLIC'),
                                 g.privilege_type, CASE WHEN g.is_grantable THEN 'with grant option' END,
                                 'by', g.grantor::pg_catalog.regrole)
                  FROM (SELECT c.oid::pg_catalog.regclass::text AS object,
                               coalesce(c.relacl, pg_catalog.acldefault(
                                   (CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", c.relowner)) AS acl
                          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND %1$s
                        UNION ALL
                        SELECT c.oid::pg_catalog.regclass::text || '.' || a.attname, a.attacl
                          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                         WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND %1$s) o,
                       LATERAL pg_catalog.aclexplode(o.acl) g
                """.formatted(UserCatalog.USER_SCHEMA);
        try (Connection connection = UserCatalog.snapshot(database)) {
            return UserCatalog.lines(connection, sql);
        } catch (SQLException e) {
            throw new IllegalStateException("rights in " + database.name(), e);
        }
    }
}
