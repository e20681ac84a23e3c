package dev.ferry.sync;

import dev.ferry.database.Session;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;

/**
 * A table read and written whole, because nothing tells its changed rows from the others.
 *
 * @param at when it was over
 * @param took from the first row to the last
 */
public record Reload(Instant at, Duration took) {
    /**
     * A table that changes all the time is reloaded for at most about a tenth of it: the others are not synced meanwhile, and
     * both ends have better things to do.
     */
    private static final int DISTANCE = 10;

    /** Whether the next one may begin; at the switch nobody asks. */
    boolean isFollowedBy(Instant now) {
        return !now.isBefore(at.plus(took.multipliedBy(DISTANCE)));
    }

    /** Writes it down in the transaction that makes it true. */
    void note(Session destination, int tableId) {
        destination
                .jdbc()
                .sql("UPDATE ferry.table_copy SET reloaded_at = ?, reload_ms = ? WHERE table_id = ?")
                .params(Timestamp.from(at), took.toMillis(), tableId)
                .update();
    }
}
