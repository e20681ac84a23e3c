package dev.ferry.verification;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows that are not the same at both ends.
 *
 * @param key texts of the key's columns; null if the table has no key. A column may be null in a nullable unique key
 * @param rows how many rows it is about; one where a key names it
 */
public record RowDifference(Kind kind, @Nullable List<@Nullable String> key, long rows) {
    /** What is wrong with the target. */
    public enum Kind {
        /** The source has it, the target has not. */
        MISSING,
        /** The target has it, the source has not. */
        EXTRA,
        /** Both have it, with other values. */
        DIFFERENT
    }
}
