package dev.ferry.database;

/**
 * Proof, inside a writing transaction, that this process still leads. Called first in each such transaction, on either
 * end: the epoch's row is locked FOR SHARE, so a successor cannot raise the epoch before this transaction ends, and a
 * leader that was replaced finds another epoch and commits nothing (RULES A7).
 */
public interface EpochFence {
    /**
     * Locks the epoch's row at the session's end for the rest of the transaction.
     *
     * @throws dev.ferry.failure.FerryException with code NOT_LEADER when another process took over
     */
    void hold(Session session, End end);

    /** The same as statements at the head of a plpgsql block, for what must be one round trip. */
    String assertion(End end);
}
