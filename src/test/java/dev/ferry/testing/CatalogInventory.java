package dev.ferry.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.SortedSet;

/** Lists everything that a tool could leave behind in a database, for a comparison of before and after. */
public final class CatalogInventory {
    private static final String NAMED_SCHEMA = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'";

    private CatalogInventory() {}

    /** One line an object, whatever schema it is in: schemas, relations, functions, types, triggers, rules and more. */
    public static SortedSet<String> of(TestDatabase database) {
        String sql = """
                SELECT 'schema ' || n.nspname FROM pg_catalog.pg_namespace n WHERE %1$s
                UNION ALL
                SELECT 'relation ' || c.oid::regclass || ' ' || c.relkind::text
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE %1$s
                UNION ALL
                SELECT 'function ' || p.oid::regprocedure
                  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE %1$s
                UNION ALL
                SELECT 'type ' || t.oid::regtype
                  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE %1$s
                UNION ALL
                SELECT 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass || ' ' || t.tgenabled::text
                  FROM pg_catalog.pg_trigger t
                UNION ALL
                SELECT 'rule ' || r.rulename || ' on ' || r.ev_class::regclass || ' ' || r.ev_enabled::text
                  FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE %1$s
                UNION ALL
                SELECT 'constraint ' || k.conname || ' on ' || k.conrelid::regclass
                  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace WHERE %1$s
                UNION ALL
                SELECT 'event trigger ' || evtname FROM pg_catalog.pg_event_trigger
                UNION ALL
                SELECT 'publication ' || pubname FROM pg_catalog.pg_publication
                UNION ALL
                SELECT 'extension ' || extname FROM pg_catalog.pg_extension
                UNION ALL
                SELECT 'default rights ' || defaclrole::regrole || ' ' || defaclobjtype::text || ' ' || defaclacl::text
                  FROM pg_catalog.pg_default_acl
                UNION ALL
                SELECT 'setting ' || setrole || ' ' || setconfig::text
                  FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
                 WHERE d.datname = current_database()
                UNION ALL
                SELECT 'large object ' || oid FROM pg_catalog.pg_largeobject_metadata
                UNION ALL
                SELECT 'prepared transaction ' || gid FROM pg_catalog.pg_prepared_xacts
                 WHERE database = current_database()
                UNION ALL
                SELECT 'replication slot ' || slot_name FROM pg_catalog.pg_replication_slots
                 WHERE database = current_database()
                """.formatted(NAMED_SCHEMA);
        try (Connection connection = UserCatalog.snapshot(database)) {
            return UserCatalog.lines(connection, sql);
        } catch (SQLException e) {
            throw new IllegalStateException("inventory of " + database.name(), e);
        }
    }
}
