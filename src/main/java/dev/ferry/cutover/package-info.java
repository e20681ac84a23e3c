/**
 * Shuts the app out of one end and lets it into the other, and back.
 *
 * <p>The order of the lock is argued here once. A REVOKE alone is no barrier: a transaction that wrote before it commits
 * after it. So all tables are locked SHARE ROW EXCLUSIVE in one transaction, which waits for every open writer and is the
 * proof that there is none; in that same transaction rights are revoked and the fence's function begins to refuse; only
 * then does it commit. It waits for all its locks together less than {@code deadlock_timeout}, so that in a deadlock with
 * the app it is Ferry that backs off (RULES C1), and it is one round trip, so that a stalled client cannot keep the app out
 * (RULES C2).
 *
 * <p>Two things shut the app out, because neither does alone: the revoked rights are what an administrator sees and undoes
 * by hand; the trigger binds superusers, {@code pg_write_all_data} and rights that others granted onward, which REVOKE
 * does not reach (RULES D1). The trigger stands on every table before the lock and lets everything pass; one CREATE OR
 * REPLACE FUNCTION turns all of them, without any lock on the tables.
 */
@org.jspecify.annotations.NullMarked
package dev.ferry.cutover;
