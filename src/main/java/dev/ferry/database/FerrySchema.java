package dev.ferry.database;

import java.util.List;

/** Ferry's own schema at either end, which must not be taken for one of the app's by the same name, nor that for ours. */
public final class FerrySchema {
    private static final String EMPTY = """
            SELECT pg_has_role(n.nspowner, 'USAGE') AND NOT EXISTS (
                     SELECT FROM pg_depend d
                      WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid
                        AND NOT (d.classid = 'pg_class'::regclass
                                 AND d.objid IS NOT DISTINCT FROM to_regclass('ferry.flyway_schema_history')))
              FROM pg_namespace n
             WHERE n.nspname = 'ferry'
            """;

    private FerrySchema() {}

    /**
     * Whether it is there and holds nothing, or nothing but Flyway's history before its first step: what a process leaves
     * that is killed while it makes the schema. It may be made on.
     */
    public static boolean isUnfinished(Session session) {
        return session.list(Boolean.class, EMPTY).equals(List.of(true))
                && (session.list(Boolean.class, "SELECT to_regclass('ferry.flyway_schema_history') IS NULL")
                                .equals(List.of(true))
                        || session.list(Boolean.class, """
                                SELECT NOT EXISTS (
                                    SELECT FROM ferry.flyway_schema_history h WHERE to_jsonb(h) ->> 'version' IS NOT NULL)
                                """).equals(List.of(true)));
    }
}
