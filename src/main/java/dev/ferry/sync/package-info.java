/**
 * Brings the destination from one snapshot of the origin to the next.
 *
 * <p>Invariant T: after each complete cycle the destination equals the origin as it was at the cycle's snapshot, in all
 * tables at once. The snapshot decides what is seen of the log and of the tables alike, so a transaction is in a cycle
 * whole or not at all; the log rows are deleted in that same snapshot's transaction, which commits after the
 * destination's. Dying in between repeats the cycle, which does no harm. Nothing else is remembered.
 *
 * <p>Catalogs are not part of a snapshot. So each table is locked after the snapshot was taken and must then still be what
 * the snapshot thinks it is (RULES A1).
 */
@org.jspecify.annotations.NullMarked
package dev.ferry.sync;
