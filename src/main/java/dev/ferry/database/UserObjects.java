package dev.ferry.database;

/**
 * Which objects of a database are the app's own, as conditions for catalog queries: everything but the system's, the
 * host's and Ferry's schemas, and but the members of extensions.
 */
public final class UserObjects {
    /** On a {@code pg_namespace n}. */
    public static final String IN_USER_SCHEMA =
            "(n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'ferry', '_heroku'))";

    private UserObjects() {}

    /**
     * True of objects that no extension brought.
     *
     * @param catalog where the object stands, such as {@code pg_class}
     * @param oid the expression for its oid, such as {@code c.oid}
     */
    public static String notOfAnExtension(String catalog, String oid) {
        return """
                NOT EXISTS (
                    SELECT FROM pg_catalog.pg_depend member
                     WHERE member.classid = 'pg_catalog.%s'::pg_catalog.regclass
                       AND member.objid = %s
                       AND member.deptype = 'e')""".formatted(catalog, oid);
    }

    /** On {@code pg_class c} joined with {@code pg_namespace n}: the app's relations of any kind. */
    public static String relations() {
        return IN_USER_SCHEMA + " AND " + notOfAnExtension("pg_class", "c.oid");
    }
}
