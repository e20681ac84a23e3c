/**
 * Logs the keys of changed rows with triggers, at the end that the app writes to.
 *
 * <p>The log holds keys alone: what a row is now is asked when the change is applied. So a log row says "look here again",
 * twice is as good as once, and no value of the app is ever encoded in its own write path.
 *
 * <p>Row triggers, on every kind of table: a statement trigger fires only on the table that a statement names, so it misses
 * partitions and inheritance members, and it copies each changed row to a temporary file (RULES A8, B4). A table's triggers
 * are committed before its first chunk is read; a writer that was open before would have held up their creation.
 */
@org.jspecify.annotations.NullMarked
package dev.ferry.capture;
