package dev.ferry.preflight;

import dev.ferry.database.Identifiers;
import dev.ferry.database.TableName;
import dev.ferry.database.UserObjects;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What goes on in the source now that the creation of triggers would have to wait for. */
final class ActivityChecks {
    private ActivityChecks() {}

    static List<Check> all() {
        return List.of(
                Check.ofSource("open-transactions", "old open transactions", ActivityChecks::openTransactions),
                Check.ofSource("prepared-transactions", "prepared transactions", ActivityChecks::preparedTransactions),
                Check.ofSource("wraparound-vacuums", "vacuums that do not give way", ActivityChecks::vacuums));
    }

    private record Open(long pid, String role, long seconds, String state, String words) {
        @Override
        public String toString() {
            return "pid " + pid + " (" + role + ", " + seconds + " s, " + state
                    + (words.isBlank() ? "" : ": " + words.strip()) + ")";
        }
    }

    private static Verdict openTransactions(Ends ends) {
        long seconds = ends.longTransaction().toSeconds();
        // Of the query only what stands before its first value, so that no row's content is shown.
        List<Open> open = ends.source()
                .session()
                .jdbc()
                .sql("""
                        SELECT a.pid, coalesce(a.usename::text, '') AS role,
                               extract(epoch FROM clock_timestamp() - a.xact_start)::bigint AS seconds,
                               coalesce(a.state, '') AS state,
                               left(coalesce(regexp_replace(
                                        substring(a.query FROM '^[^''$0-9]*'), '\\s+', ' ', 'g'), ''), 60) AS words
                          FROM pg_stat_activity a
                         WHERE a.datname = current_database()
                           AND a.backend_type = 'client backend'
                           AND a.pid <> pg_backend_pid()
                           AND a.xact_start < clock_timestamp() - make_interval(secs => ?)
                         ORDER BY a.xact_start
                        """)
                .param(ends.longTransaction().toMillis() / 1000.0)
                .query(Open.class)
                .list();
        return open.isEmpty()
                ? Verdict.ok("No transaction that can be seen is open for longer than " + seconds + " s")
                : Verdict.warning(
                        Names.count(open.size(), "transaction is", "transactions are") + " open for longer than "
                                + seconds + " s",
                        Names.some(open) + ". If it wrote to a table, Ferry waits for its end to put a trigger there.",
                        "Let it finish, or end it: SELECT pg_terminate_backend("
                                + open.get(0).pid() + "); (heroku pg:kill "
                                + open.get(0).pid() + ")");
    }

    private record Prepared(String gid, String owner, long seconds) {}

    private static Verdict preparedTransactions(Ends ends) {
        List<Prepared> prepared =
                ends.source().session().jdbc().sql("""
                        SELECT x.gid, x.owner::text AS owner,
                               extract(epoch FROM clock_timestamp() - x.prepared)::bigint AS seconds
                          FROM pg_prepared_xacts x
                         WHERE x.database = current_database()
                         ORDER BY x.prepared
                        """).query(Prepared.class).list();
        return prepared.isEmpty()
                ? Verdict.ok("There are no prepared transactions")
                : Verdict.warning(
                        Names.count(prepared.size(), "prepared transaction"),
                        Names.some(prepared.stream()
                                        .map(x -> x.gid() + " (" + x.owner() + ", " + x.seconds() + " s)")
                                        .toList())
                                + ". They hold their locks until someone ends them; on such a table no trigger can be"
                                + " created.",
                        "If nobody is about to end them: ROLLBACK PREPARED "
                                + Identifiers.literal(prepared.get(0).gid()).strip()
                                + "; (or COMMIT PREPARED) as its owner.");
    }

    private record Vacuum(
            String schema,
            String name,
            long pid,
            long age,
            @Nullable String progress) {}

    /**
     * An ordinary autovacuum gives way to a trigger's creation after a second; one against wraparound does not. Which it is
     * stands in a query text that only privileged roles may read, so the table's age tells.
     */
    private static Verdict vacuums(Ends ends) {
        List<String> running = ends
                .source()
                .session()
                .jdbc()
                .sql("""
                        SELECT n.nspname AS schema, c.relname AS name, l.pid, age(c.relfrozenxid)::bigint AS age,
                               p.phase || ', ' || (100 * p.heap_blks_scanned / greatest(p.heap_blks_total, 1)) || ' %%'
                                   AS progress
                          FROM pg_locks l
                          JOIN pg_class c ON c.oid = l.relation
                          JOIN pg_namespace n ON n.oid = c.relnamespace
                          LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                          LEFT JOIN pg_stat_progress_vacuum p ON p.pid = l.pid AND p.relid = c.oid
                         CROSS JOIN LATERAL (
                               SELECT least(
                                          current_setting('autovacuum_freeze_max_age')::bigint,
                                          (SELECT o.option_value::bigint
                                             FROM pg_options_to_table(c.reloptions) o
                                            WHERE o.option_name = 'autovacuum_freeze_max_age')) AS xids,
                                      least(
                                          current_setting('autovacuum_multixact_freeze_max_age')::bigint,
                                          (SELECT o.option_value::bigint
                                             FROM pg_options_to_table(c.reloptions) o
                                            WHERE o.option_name = 'autovacuum_multixact_freeze_max_age')) AS multixacts) old
                         WHERE l.locktype = 'relation' AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
                           AND l.pid <> pg_backend_pid()
                           AND c.relkind = 'r' AND %s
                           AND (a.query LIKE '%%(to prevent wraparound)%%'
                                OR age(c.relfrozenxid) > old.xids
                                OR mxid_age(c.relminmxid) > old.multixacts)
                         ORDER BY 1, 2
                        """.formatted(UserObjects.relations()))
                .query(Vacuum.class)
                .list()
                .stream()
                .filter(vacuum -> !ends.filter().excludes(new TableName(vacuum.schema(), vacuum.name())))
                .map(vacuum -> vacuum.schema() + "." + vacuum.name() + " (pid " + vacuum.pid() + ", age "
                        + vacuum.age() + " transactions"
                        + (vacuum.progress() == null ? "" : ", " + vacuum.progress()) + ")")
                .toList();
        return running.isEmpty()
                ? Verdict.ok("No vacuum against wraparound is running")
                : Verdict.warning(
                        Names.count(running.size(), "vacuum") + " against transaction id wraparound",
                        Names.some(running) + ". It does not give way: Ferry waits for its end to put a trigger on that"
                                + " table. The app is not blocked by the waiting for longer than 1.5 s at a time.",
                        "Wait for its end: SELECT * FROM pg_stat_progress_vacuum;");
    }
}
