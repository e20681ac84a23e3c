package dev.ferry.verification;

import dev.ferry.database.TableName;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One object of one end, as its catalog defines it.
 *
 * @param id quoted, unique within its kind
 * @param name for people
 * @param tag as the list of a dump calls it, within its schema
 * @param table whose scope decides whether it is compared; null if it always is
 * @param partOf kind and id of what it goes with; null if it stands alone
 * @param disabledUntilSwitch a trigger or rule that the restore disables on the target
 * @param attributes their names; shared by all definitions of a kind
 * @param values in the order of the attributes
 */
record Definition(
        String kind,
        String id,
        String name,
        String schema,
        String tag,
        @Nullable TableName table,
        @Nullable String partOf,
        boolean disabledUntilSwitch,
        List<String> attributes,
        List<@Nullable String> values) {
    /** Unique among all definitions. */
    String key() {
        return kind + ":" + id;
    }

    @Nullable String value(String attribute) {
        int index = attributes.indexOf(attribute);
        return index < 0 ? null : values.get(index);
    }

    boolean is(String attribute, String value) {
        return Objects.equals(value(attribute), value);
    }
}
