package dev.ferry.preflight;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TlsFailure;
import dev.ferry.failure.FerryException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * The way to one end: either it is open, or there is one finding that says why not. A connection of its own knocks first:
 * the pool would try again and again until its own time is over, even with a wrong password.
 */
final class Approach {
    private static final int ROUND_TRIPS = 5;

    private final End end;
    private final Supplier<Database> database;
    private final Duration patience;
    private @Nullable DatabaseUrl url;
    private @Nullable OpenEnd open;
    private @Nullable Verdict refusal;
    private boolean abandoned;

    Approach(End end, Supplier<Database> database, Duration patience) {
        this.end = end;
        this.database = database;
        this.patience = patience;
    }

    String id() {
        return end.label() + "-reachable";
    }

    /** Runs in a thread of its own, as the two ends are tried side by side. */
    void go() {
        try {
            Database reached = database.get();
            synchronized (this) {
                url = reached.url();
            }
            arrive(knock(reached));
        } catch (FerryException e) {
            refuse(Verdict.blocker(
                    "The " + end.label() + " cannot be used", String.valueOf(e.getMessage()), e.remedy()));
        } catch (SQLException | RuntimeException e) {
            refuse(explain(e));
        }
    }

    private OpenEnd knock(Database reached) throws SQLException {
        DatabaseUrl to = reached.url();
        Properties properties = to.jdbcProperties();
        String seconds = Long.toString(Math.max(1, patience.toSeconds()));
        properties.setProperty("ApplicationName", "ferry preflight");
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("socketTimeout", seconds);
        try (Connection first = new Driver().connect(to.jdbcUrl(), properties)) {
            if (first == null) {
                throw new SQLException("The driver does not take this URL", "08001");
            }
            long process = serverProcess(first);
            Session session = reached.open();
            try {
                session.statementTimeout(patience);
                return describe(session, to, first, process);
            } catch (SQLException | RuntimeException e) {
                session.close();
                throw e;
            }
        }
    }

    /**
     * A pooler in transaction mode gives the server process that {@code first} has just left to the next transaction, and
     * while that one lasts, another one to {@code first}. A server gives each connection a process of its own for life.
     */
    private OpenEnd describe(Session session, DatabaseUrl to, Connection first, long firstProcess) throws SQLException {
        session.begin();
        long sessionProcess =
                session.list(Long.class, "SELECT pg_backend_pid()").get(0);
        boolean shared = sessionProcess == firstProcess || serverProcess(first) != firstProcess;
        session.rollback();
        long[] nanos = new long[ROUND_TRIPS];
        for (int i = 0; i < ROUND_TRIPS; i++) {
            long start = System.nanoTime();
            session.execute("SELECT 1");
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        String encryption = session.list(
                        String.class,
                        "SELECT coalesce((SELECT s.version FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()), 'no TLS')")
                .get(0);
        int version = session.list(Integer.class, "SELECT current_setting('server_version_num')::int / 10000")
                .get(0);
        String fullVersion = session.list(String.class, "SELECT current_setting('server_version')")
                .get(0);
        String role = session.list(String.class, "SELECT current_user::text").get(0);
        return new OpenEnd(
                session, to, version, fullVersion, role, Duration.ofNanos(nanos[ROUND_TRIPS / 2]), shared, encryption);
    }

    private static long serverProcess(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getLong(1);
        }
    }

    private synchronized void arrive(OpenEnd reached) {
        if (abandoned) {
            reached.close();
        } else {
            open = reached;
        }
    }

    private synchronized void refuse(Verdict verdict) {
        refusal = verdict;
    }

    /** Nobody waits any longer: what opens now is closed at once. */
    synchronized void abandon() {
        if (open == null && refusal == null) {
            abandoned = true;
            refusal = silence();
        }
    }

    synchronized @Nullable OpenEnd open() {
        return open;
    }

    /** Known as soon as the variable could be read, reached or not. */
    synchronized @Nullable DatabaseUrl url() {
        return url;
    }

    synchronized Finding finding() {
        if (open != null) {
            return Finding.of(id(), reached(open));
        }
        return Finding.of(id(), refusal == null ? silence() : refusal);
    }

    private Verdict reached(OpenEnd reached) {
        double milliseconds = reached.roundTrip().toNanos() / 1e6;
        String detail = String.format(
                Locale.ROOT,
                "%s as %s, PostgreSQL %s, %s, round trip %.1f ms",
                reached.url(),
                reached.role(),
                reached.fullVersion(),
                reached.encryption(),
                milliseconds);
        if (milliseconds > 50) {
            return Verdict.note(
                    "The " + end.label() + " is reachable, but far away",
                    detail,
                    "Run Ferry closer to both databases, in the source's region if it can be chosen: each sync cycle and"
                            + " the switch take a few dozen round trips.");
        }
        return Verdict.ok("The " + end.label() + " is reachable", detail);
    }

    private Verdict silence() {
        return Verdict.blocker(
                "The " + end.label() + " does not answer",
                where() + " did not answer within " + patience.toSeconds() + " s.",
                "Check host and port in " + end.variable()
                        + ", and that the host lets this machine in (network rules, IP allow list).");
    }

    private String where() {
        DatabaseUrl to = url();
        return to == null ? "The " + end.label() : to.host() + " (port " + to.port() + ")";
    }

    /** Sorted by SQLSTATE and, where no server answered, by what the network or TLS reported. */
    private Verdict explain(Exception failure) {
        String label = "The " + end.label();
        String variable = end.variable();
        DatabaseUrl to = url();
        String database = to == null ? "" : to.database();
        String user = to == null ? "" : to.user();
        String state = String.valueOf(SqlState.of(failure));
        String said = SqlState.describe(failure);
        if (caused(failure, UnknownHostException.class)) {
            return Verdict.blocker(
                    label + "'s host is unknown",
                    "No address was found for " + where() + ".",
                    "Correct the host in " + variable + ".");
        }
        Optional<TlsFailure> tls = TlsFailure.of(failure);
        if (to != null && tls.isPresent()) {
            return Verdict.blocker(
                    label + " could not be reached over TLS",
                    where() + ": "
                            + (tls.get() == TlsFailure.NO_HANDSHAKE ? tls.get().sentence() + ": " : "") + said,
                    tls.get().remedy(to));
        }
        if (caused(failure, SocketTimeoutException.class)) {
            return silence();
        }
        if (caused(failure, ConnectException.class) || caused(failure, NoRouteToHostException.class)) {
            return Verdict.blocker(
                    label + " refuses connections",
                    where() + " refused the connection.",
                    "Check host and port in " + variable + ", and that the database runs.");
        }
        return switch (state) {
            case SqlState.INVALID_PASSWORD ->
                Verdict.blocker(
                        label + " does not accept the password",
                        where() + " refused the password of user " + user + ".",
                        "Set " + variable
                                + " to the current URL (heroku config:get DATABASE_URL; on PlanetScale a role's"
                                + " password is shown only once: make a new one) and restart Ferry.");
            case SqlState.INVALID_AUTHORIZATION ->
                Verdict.blocker(
                        label + " does not let this user in",
                        where() + ", user " + user + ": " + said,
                        "Check user and sslmode in " + variable + "; PlanetScale's users look like role.branch.");
            case SqlState.INVALID_CATALOG_NAME ->
                Verdict.blocker(
                        label + "'s database does not exist",
                        where() + " has no database " + database + ".",
                        "Correct the database name at the end of " + variable + ".");
            case SqlState.INSUFFICIENT_PRIVILEGE ->
                Verdict.blocker(
                        label + " does not let this user in",
                        where() + ", user " + user + ": " + said,
                        "As the database's owner: GRANT CONNECT ON DATABASE " + database + " TO the user.");
            case "53300" ->
                Verdict.blocker(
                        label + " has no connection left",
                        where() + ": " + said,
                        "Close connections (heroku pg:killall, fewer dynos or a smaller pool), or raise the limit of the"
                                + " database or the role. Ferry wants " + ServerChecks.CONNECTIONS_WANTED + ".");
            case "57P03" ->
                Verdict.blocker(
                        label + " is not ready",
                        where() + ": " + said,
                        "Wait until the server has started, then check again.");
            case "08004" ->
                Verdict.blocker(
                        label + " asks for another way to log in",
                        where() + ": " + said,
                        "Check channel_binding and sslmode in " + variable
                                + ": channel_binding=require needs TLS and a server with SCRAM passwords.");
            case "08P01" ->
                Verdict.blocker(
                        label + " does not speak as a Postgres server does",
                        where() + ": " + said,
                        "This may be a pooler. Set " + variable
                                + " to the direct URL (PlanetScale: port 5432 and a user" + " without |pool).");
            default ->
                Verdict.blocker(
                        label + " cannot be reached",
                        where() + ": " + said,
                        "Check " + variable + " with psql from this machine, then check again.");
        };
    }

    private static boolean caused(Throwable failure, Class<? extends Throwable> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
