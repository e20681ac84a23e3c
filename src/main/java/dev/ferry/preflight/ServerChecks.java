package dev.ferry.preflight;

import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.database.Identifiers;
import dev.ferry.database.SqlState;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the two servers are: versions, primaries, poolers, limits, and whether they are two. */
final class ServerChecks {
    /** With fewer free, the copy is slower. */
    static final int CONNECTIONS_WANTED = 8;
    /** Leader, sync, capture, and one to look with. */
    static final int CONNECTIONS_NEEDED = 4;

    private static final int OLDEST_SOURCE = 14;
    private static final int OLDEST_TARGET = 15;
    private static final int PGBOUNCER_PORT = 6432;

    private ServerChecks() {}

    static List<Check> all(Supplier<Optional<Integer>> pgDumpMajorVersion) {
        return List.of(
                Check.ofSource("source-version", "the source's version", ServerChecks::sourceVersion),
                Check.ofSource(
                        "pg-dump", "whether pg_dump can read the source", ends -> pgDump(ends, pgDumpMajorVersion)),
                Check.ofSource("source-primary", "whether the source is a primary", ends -> writable(ends.source())),
                Check.ofSource(
                        "source-connections", "the source's connection limits", ends -> connections(ends.source())),
                Check.ofTarget("target-version", "the target's version", ServerChecks::targetVersion),
                Check.ofTarget("target-writable", "whether the target can be written", ends -> writable(ends.target())),
                Check.ofTarget(
                        "target-connections", "the target's connection limits", ends -> connections(ends.target())),
                Check.ofTarget(
                        "replication-role",
                        "whether session_replication_role can be set on the target",
                        ServerChecks::replicationRole),
                Check.ofBoth("version-order", "whether the target is older than the source", ServerChecks::order),
                Check.ofBoth(
                        "different-databases", "whether the two ends are two databases", ServerChecks::areDifferent));
    }

    private static Verdict sourceVersion(Ends ends) {
        int version = ends.source().majorVersion();
        return version >= OLDEST_SOURCE
                ? Verdict.ok("The source runs PostgreSQL " + version)
                : Verdict.blocker(
                        "The source is too old",
                        "It runs PostgreSQL " + version + "; Ferry reads " + OLDEST_SOURCE + " and newer.",
                        "Upgrade the source first (heroku pg:upgrade).");
    }

    private static Verdict targetVersion(Ends ends) {
        int version = ends.target().majorVersion();
        return version >= OLDEST_TARGET
                ? Verdict.ok("The target runs PostgreSQL " + version)
                : Verdict.blocker(
                        "The target is too old",
                        "It runs PostgreSQL " + version + "; Ferry writes to " + OLDEST_TARGET + " and newer.",
                        "Create the target with a newer version.");
    }

    private static Verdict order(Ends ends) {
        int from = ends.source().majorVersion();
        int to = ends.target().majorVersion();
        return from <= to
                ? Verdict.ok("The target is not older than the source")
                : Verdict.warning(
                        "The target is older than the source",
                        "The source runs PostgreSQL " + from + ", the target " + to
                                + ": statements that came with a newer version will fail there.",
                        "Create the target with PostgreSQL " + from + " or newer.");
    }

    private static Verdict pgDump(Ends ends, Supplier<Optional<Integer>> pgDumpMajorVersion) {
        int server = ends.source().majorVersion();
        String remedy = "Install pg_dump " + server + " or newer where Ferry runs (package postgresql-client-" + server
                + "), or use Ferry's container image.";
        Optional<Integer> version = pgDumpMajorVersion.get();
        if (version.isEmpty()) {
            return Verdict.blocker(
                    "pg_dump is missing",
                    "No pg_dump with a pg_restore beside it was found on the PATH, or in FERRY_CLIENT_FOLDER if that is set.",
                    remedy);
        }
        return version.get() >= server
                ? Verdict.ok("pg_dump can read the source", "pg_dump " + version.get() + ", source " + server)
                : Verdict.blocker(
                        "pg_dump is too old",
                        "pg_dump " + version.get() + " refuses servers newer than itself; the source is " + server
                                + ".",
                        remedy);
    }

    private static Verdict writable(OpenEnd end) {
        boolean source = end.url().end() == End.SOURCE;
        String label = "The " + end.url().end().label();
        String why = source ? "Ferry creates triggers there." : "Ferry creates the schema there and fills it.";
        if (end.is("SELECT pg_is_in_recovery()")) {
            return Verdict.blocker(
                    label + " is a replica",
                    end.url() + " is in recovery: it only follows another server. " + why,
                    "Set " + end.url().end().variable() + " to the primary's URL"
                            + (source ? " (heroku pg:info shows which database is followed)." : "."));
        }
        if (end.is("SELECT current_setting('transaction_read_only')::boolean")) {
            return Verdict.blocker(
                    label + " is read-only",
                    "Transactions of " + end.role() + " on " + end.url() + " are read-only. " + why,
                    "Find where it is set: SELECT * FROM pg_db_role_setting. Then, for example: ALTER ROLE "
                            + Identifiers.quote(end.role())
                            + " RESET default_transaction_read_only. A host may also do it while a disk is full or grows.");
        }
        return Verdict.ok(label + " is a primary that can be written");
    }

    /** From the URL alone where the end was not reached. */
    static Finding directness(DatabaseUrl url, @Nullable OpenEnd reached) {
        String id = url.end().label() + "-direct";
        String label = "The " + url.end().label();
        String sign = url.port() == PGBOUNCER_PORT
                ? "Port 6432 is PgBouncer's."
                : url.user().toLowerCase(Locale.ROOT).endsWith("|pool")
                        ? "The user's suffix |pool asks for a pooler."
                        : reached != null && reached.sharedServerProcess()
                                ? "Two connections were served by one server process."
                                : null;
        if (sign == null) {
            return Finding.of(id, Verdict.ok(label + " is reached without a pooler"));
        }
        return Finding.of(
                id,
                Verdict.blocker(
                        label + " is reached through a pooler",
                        sign
                                + " A pooler hands out server connections by the transaction; locks, settings and COPY of a"
                                + " session do not survive that.",
                        "Set " + url.end().variable()
                                + " to the direct URL: on PlanetScale port 5432 and the user without |pool, on Heroku"
                                + " DATABASE_URL and not DATABASE_CONNECTION_POOL_URL."));
    }

    private static Verdict connections(OpenEnd end) {
        String label = "the " + end.url().end().label();
        // Our own are not counted: this preflight's now, and the pool's when a migration is under way.
        record Usage(long server, long database, long role) {}
        Usage free = end.session().jdbc().sql("""
                        WITH others AS (
                            SELECT a.datid, a.usesysid
                              FROM pg_stat_activity a
                             WHERE a.pid <> pg_backend_pid()
                               AND coalesce(a.backend_type, 'client backend') = 'client backend'
                               AND a.datid IS NOT NULL AND a.usesysid IS NOT NULL
                               AND NOT (a.usename = current_user
                                        AND a.application_name IN
                                            ('ferry preflight', current_setting('application_name'))))
                        SELECT current_setting('max_connections')::bigint
                               - current_setting('superuser_reserved_connections')::bigint
                               - coalesce(current_setting('reserved_connections', true)::bigint, 0)
                               - (SELECT count(*) FROM others) AS server,
                               CASE WHEN d.datconnlimit < 0 THEN 1000000
                                    ELSE d.datconnlimit
                                         - (SELECT count(*) FROM others WHERE others.datid = d.oid) END AS database,
                               CASE WHEN r.rolconnlimit < 0 THEN 1000000
                                    ELSE r.rolconnlimit
                                         - (SELECT count(*) FROM others WHERE others.usesysid = r.oid) END AS role
                          FROM pg_database d, pg_roles r
                         WHERE d.datname = current_database() AND r.rolname = current_user
                        """).query(Usage.class).single();
        long left = Math.min(free.server(), Math.min(free.database(), free.role()));
        String limit = left == free.server()
                ? "the server's max_connections"
                : left == free.database() ? "the database's connection limit" : "the limit of role " + end.role();
        String detail = "%d connections are free under %s; Ferry wants %d and needs %d."
                .formatted(left, limit, CONNECTIONS_WANTED, CONNECTIONS_NEEDED);
        String remedy =
                "Close connections of the app (fewer dynos or workers, smaller pools) for the migration, or raise "
                        + limit + ".";
        if (left < CONNECTIONS_NEEDED) {
            return Verdict.blocker("Too few connections are free on " + label, detail, remedy);
        }
        return left < CONNECTIONS_WANTED
                ? Verdict.warning("Few connections are free on " + label, detail, remedy + " Fewer mean a slower copy.")
                : Verdict.ok("Enough connections are free on " + label, detail);
    }

    private static Verdict replicationRole(Ends ends) {
        OpenEnd target = ends.target();
        try {
            target.tryOut(() -> target.session().execute("SET LOCAL session_replication_role = replica"));
            return Verdict.ok(
                    "Foreign keys can exist on the target during sync",
                    "session_replication_role can be set: foreign keys and triggers do not act on what Ferry applies.");
        } catch (RuntimeException e) {
            if (!SqlState.is(e, SqlState.INSUFFICIENT_PRIVILEGE)) {
                throw e;
            }
            return Verdict.note(
                    "Foreign keys come to the target at the switch",
                    "Role " + target.role() + " may not set session_replication_role there, so foreign keys are added"
                            + " at the switch without a check of the rows, which follows in the background.",
                    "Nothing needs to be done. As a superuser, if there is one: GRANT SET ON PARAMETER"
                            + " session_replication_role TO " + Identifiers.quote(target.role())
                            + ";");
        }
    }

    /** An advisory lock lives in one database: held here and free there, these are two. It writes nothing and ends at once. */
    private static Verdict areDifferent(Ends ends) {
        long marker = ThreadLocalRandom.current().nextLong();
        boolean[] free = new boolean[1];
        ends.source().tryOut(() -> {
            ends.source().is("SELECT pg_try_advisory_xact_lock(?)", marker);
            ends.target().tryOut(() -> free[0] = ends.target().is("SELECT pg_try_advisory_xact_lock(?)", marker));
        });
        return free[0]
                ? Verdict.ok("Source and target are two databases")
                : Verdict.blocker(
                        "Source and target are the same database",
                        "HEROKU_URL leads to " + ends.source().url() + " and PLANETSCALE_URL to "
                                + ends.target().url() + ": one and the same database.",
                        "Correct one of the two variables.");
    }
}
