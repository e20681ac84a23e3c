package dev.ferry.schema;

import dev.ferry.database.Database;
import dev.ferry.database.Identifiers;
import dev.ferry.database.Session;
import dev.ferry.database.TableName;
import java.util.List;

/**
 * The app's triggers and table rules on the target, there but disabled until the app writes there: they would rewrite what
 * is applied, and ENABLE ALWAYS and REPLICA ones act under {@code session_replication_role = replica} too. The state that
 * each had is kept for the switch. Triggers and rules of views need no care: nothing of ours writes through a view.
 */
final class TriggerStates {
    private final Database target;

    TriggerStates(Database target) {
        this.target = target;
    }

    private record State(String schemaName, String tableName, String kind, String name, String state) {
        String statement(String verb) {
            return "ALTER TABLE " + new TableName(schemaName, tableName).sql() + " " + verb + " " + kind + " "
                    + Identifiers.quote(name);
        }

        String enable() {
            return statement(
                    switch (state) {
                        case "O" -> "ENABLE";
                        case "D" -> "DISABLE";
                        case "R" -> "ENABLE REPLICA";
                        case "A" -> "ENABLE ALWAYS";
                        default -> throw new IllegalStateException("trigger state " + state);
                    });
        }
    }

    /**
     * Before a statement that alters a trigger of a partition: what is disabled by us must not pass for its state, or the
     * statement changes nothing and leaves no trace.
     */
    void putBackFor(Session session, String sql) {
        String table = sql.startsWith("ALTER TABLE ") ? SchemaEntry.relationOf(sql) : null;
        if (table != null) {
            session.jdbc()
                    .sql("""
                            SELECT s.schema_name, s.table_name, s.kind, s.name, s.state
                            FROM ferry.trigger_state AS s
                            WHERE to_regclass(format('%I.%I', s.schema_name, s.table_name)) IN (
                              SELECT to_regclass(:table)
                              UNION ALL
                              SELECT relid FROM pg_partition_tree(to_regclass(:table)))
                            ORDER BY s.depth, s.position
                            """)
                    .param("table", table)
                    .query(State.class)
                    .list()
                    .forEach(state -> session.execute(state.enable()));
        }
    }

    /**
     * Keeps the state of whatever triggers and rules this transaction created or altered, clones on partitions included, and
     * disables them. Their catalog rows bear the transaction's id, so nothing needs to be guessed from the SQL.
     */
    void keepAndDisable(Session session) {
        List<State> changed = session.jdbc().sql("""
                        INSERT INTO ferry.trigger_state (schema_name, table_name, kind, name, depth, state)
                        SELECT schema_name, table_name, kind, name, depth, state
                        FROM (
                            SELECT n.nspname AS schema_name, c.relname AS table_name, 'TRIGGER' AS kind, t.tgname AS name,
                                   (SELECT count(*) FROM pg_partition_ancestors(c.oid)) AS depth, t.tgenabled::text AS state
                            FROM pg_trigger AS t
                            JOIN pg_class AS c ON c.oid = t.tgrelid
                            JOIN pg_namespace AS n ON n.oid = c.relnamespace
                            WHERE NOT t.tgisinternal
                              AND c.relkind IN ('r', 'p')
                              AND t.xmin = pg_current_xact_id()::xid
                            UNION ALL
                            SELECT n.nspname, c.relname, 'RULE', r.rulename, 0, r.ev_enabled::text
                            FROM pg_rewrite AS r
                            JOIN pg_class AS c ON c.oid = r.ev_class
                            JOIN pg_namespace AS n ON n.oid = c.relnamespace
                            WHERE c.relkind IN ('r', 'p')
                              AND r.xmin = pg_current_xact_id()::xid
                        ) AS changed
                        ORDER BY depth, schema_name, table_name, name
                        ON CONFLICT (schema_name, table_name, kind, name) DO UPDATE SET state = excluded.state
                        RETURNING schema_name, table_name, kind, name, state
                        """).query(State.class).list();
        for (State state : changed) {
            if (!state.state.equals("D")) {
                session.execute(state.statement("DISABLE"));
            }
        }
    }

    /** Puts each into its own state; a partitioned table's statement reaches its clones, whose own statements follow. */
    List<String> enableStatements() {
        return states("").stream().map(State::enable).toList();
    }

    /** Of those that are still there: the app may have dropped some while it wrote here. */
    List<String> disableStatements() {
        return states("""
                WHERE s.state <> 'D' AND EXISTS (
                  SELECT FROM pg_trigger t
                  WHERE s.kind = 'TRIGGER' AND t.tgname = s.name
                    AND t.tgrelid = to_regclass(format('%I.%I', s.schema_name, s.table_name))
                  UNION ALL
                  SELECT FROM pg_rewrite r
                  WHERE s.kind = 'RULE' AND r.rulename = s.name
                    AND r.ev_class = to_regclass(format('%I.%I', s.schema_name, s.table_name)))
                """).stream().map(state -> state.statement("DISABLE")).toList();
    }

    private List<State> states(String condition) {
        return target.jdbc()
                .sql("""
                        SELECT s.schema_name, s.table_name, s.kind, s.name, s.state
                        FROM ferry.trigger_state s
                        """ + condition + " ORDER BY s.depth, s.position")
                .query(State.class)
                .list();
    }
}
