/**
 * Copies the rows that exist, chunk by chunk, and prunes those that changed meanwhile.
 *
 * <p>Why this is right: capture is on before the first chunk is read, so every row that changes after its table's capture
 * has its key in the log. A row that nobody changed stays in its block and is read exactly once, by the chunk that holds
 * the block. A changed row may be missed or read twice, because it moved; the prune deletes every key that the log knows
 * once the last chunk is in, before any unique index is built, and sync, which consumes the log, brings the row back as
 * it is. What remains after the prune was never changed: it satisfies every constraint.
 *
 * <p>A rewrite of the table moves rows that nobody changed. Each chunk locks the table ACCESS SHARE, compares the file node
 * with the one it was planned for, and only then reads: COPY takes its snapshot before its lock (RULES A2).
 */
@org.jspecify.annotations.NullMarked
package dev.ferry.copy;
