/**
 * Shuts the app out of one end and lets it into the other, and back.
 *
 * <p>The order is argued here once. The barrier is a trigger that refuses: it stands on every table before, enabled ALWAYS,
 * and lets everything pass. All tables are locked SHARE ROW EXCLUSIVE in one transaction, which waits for every open writer
 * and is the proof that there is none; under that lock one CREATE OR REPLACE FUNCTION turns all the triggers and
 * {@code engaged_at} is written; then it commits. Whoever writes afterwards takes a lock on the table first, after that
 * commit, and with it learns of the new function, whatever snapshot he reads by: function bodies are looked up in the newest
 * catalog. So nobody writes between the lock and the barrier, and nobody passes the barrier, superusers,
 * {@code pg_write_all_data} and rights that others granted onward included, whom REVOKE does not reach (RULES D1).
 *
 * <p>The transaction waits for all its locks together less than {@code deadlock_timeout}, so that in a deadlock with the app
 * it is Ferry that backs off (RULES C1), and it is one round trip, so that a stalled client cannot keep the app out (RULES
 * C2). That bound is why it does nothing else: three thousand REVOKEs take longer than a second, their locks do not.
 *
 * <p>REVOKE is the belt to these braces, and comes right after: it is what an administrator sees, what stays when Ferry and its
 * trigger are gone, and the only thing that stops {@code nextval()}, which fires no trigger. So all of them are through
 * before the log is drained and before the sequences are read. Alone it would be no barrier: a transaction that wrote
 * before it commits after it. The REVOKEs run in many transactions, none of which locks a table or makes the app wait; a
 * crash among them is made good by what the saved rights and the ACLs differ in (RULES D2). The way back has the same parts
 * in the opposite order: all GRANTs, then the one transaction in which the trigger lets everything pass again.
 */
@org.jspecify.annotations.NullMarked
package dev.ferry.cutover;
