package dev.ferry.schema;

import dev.ferry.database.Session;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the restore keeps from the target until the switch, and what it left out for good, as its ledger says.
 *
 * @param foreignKeys some are still to come
 * @param checks some constraints that are NOT VALID are still to come
 * @param states how triggers and rules are to be once the app writes there: O, D, R or A
 * @param leftOut entries that could not be made and that a migration can do without
 * @param foundThere entries whose object was on the target before, and is used as it is
 */
public record HeldBack(
        boolean foreignKeys,
        boolean checks,
        Map<Acting, String> states,
        Set<LeftOut> leftOut,
        Set<LeftOut> foundThere) {
    /**
     * A trigger or a rule.
     *
     * @param kind TRIGGER or RULE
     */
    public record Acting(String kind, String schema, String table, String name) {}

    /**
     * An entry of the dump.
     *
     * @param schema empty for what is in none
     * @param tag its name there, such as "table constraint"; line ends in names are spaces
     */
    public record LeftOut(String type, String schema, String tag) {}

    /** As the ledger is in the session's snapshot. */
    public static HeldBack read(Session target) {
        Map<Acting, String> states = new HashMap<>();
        target.jdbc()
                .sql("SELECT kind, schema_name, table_name, name, state FROM ferry.trigger_state")
                .query(row -> {
                    states.put(
                            new Acting(
                                    row.getString("kind"),
                                    row.getString("schema_name"),
                                    row.getString("table_name"),
                                    row.getString("name")),
                            row.getString("state"));
                });
        Set<LeftOut> leftOut = new HashSet<>();
        Set<LeftOut> foundThere = new HashSet<>();
        target.jdbc().sql("""
                        SELECT type, schema_name, tag, error IS NOT NULL AS left_out
                        FROM ferry.schema_entry
                        WHERE done_at IS NOT NULL
                          AND NOT made_by_us
                        """).query(row -> {
            (row.getBoolean("left_out") ? leftOut : foundThere)
                    .add(new LeftOut(
                            row.getString("type"), orEmpty(row.getString("schema_name")), row.getString("tag")));
        });
        return new HeldBack(
                pending(target, Stage.FOREIGN_KEYS), pending(target, Stage.CHECKS), states, leftOut, foundThere);
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    private static boolean pending(Session target, Stage stage) {
        return target.list(
                        Boolean.class,
                        "SELECT EXISTS (SELECT FROM ferry.schema_entry WHERE stage = ? AND done_at IS NULL)",
                        stage.name())
                .get(0);
    }
}
