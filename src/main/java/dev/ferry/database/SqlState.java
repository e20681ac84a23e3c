package dev.ferry.database;

import java.io.EOFException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sorts errors by SQLSTATE, never by message (DESIGN, "State"). */
public final class SqlState {
    public static final String LOCK_NOT_AVAILABLE = "55P03";
    public static final String QUERY_CANCELED = "57014";
    public static final String UNIQUE_VIOLATION = "23505";
    public static final String EXCLUSION_VIOLATION = "23P01";
    public static final String SERIALIZATION_FAILURE = "40001";
    public static final String INSUFFICIENT_PRIVILEGE = "42501";
    public static final String INVALID_PASSWORD = "28P01";
    public static final String INVALID_AUTHORIZATION = "28000";
    public static final String INVALID_CATALOG_NAME = "3D000";
    public static final String READ_ONLY_TRANSACTION = "25006";

    private static final Set<String> TRANSIENT = Set.of(
            "40001", // serialization_failure
            "40P01", // deadlock_detected
            LOCK_NOT_AVAILABLE,
            QUERY_CANCELED, // our own statement_timeout, or an operator who cancelled one statement
            "57P01", // admin_shutdown
            "57P02", // crash_shutdown
            "57P03", // cannot_connect_now
            "57P05", // idle_session_timeout
            "25P03", // idle_in_transaction_session_timeout
            READ_ONLY_TRANSACTION // a disk that grows, a failover that is not over
            );

    private SqlState() {}

    /** The SQLSTATE of the first SQLException in the chain of causes that has one. */
    public static @Nullable String of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                return sql.getSQLState();
            }
        }
        return null;
    }

    public static boolean is(Throwable failure, String state) {
        return state.equals(of(failure));
    }

    /** The same work may succeed when it is simply done again: connection trouble, shortages, conflicts, locks. */
    public static boolean isTransient(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException) {
                return true; // the pool had no connection to give in time
            }
        }
        String state = of(failure);
        return state != null && (state.startsWith("08") || state.startsWith("53") || TRANSIENT.contains(state));
    }

    /** A lock was not had in the time given for it, or not without a deadlock. */
    public static boolean isLockTrouble(Throwable failure) {
        String state = of(failure);
        return QUERY_CANCELED.equals(state) || LOCK_NOT_AVAILABLE.equals(state) || "40P01".equals(state);
    }

    /** The URL no longer opens the door: wait for a new one. */
    public static boolean isWrongCredentials(Throwable failure) {
        String state = of(failure);
        return INVALID_PASSWORD.equals(state)
                || INVALID_AUTHORIZATION.equals(state)
                || INVALID_CATALOG_NAME.equals(state);
    }

    /** A unique or an exclusion constraint refused a row. */
    public static boolean isConflictingRow(Throwable failure) {
        String state = of(failure);
        return UNIQUE_VIOLATION.equals(state) || EXCLUSION_VIOLATION.equals(state);
    }

    private static String reason(@Nullable Throwable cause) {
        if (cause == null) {
            return "";
        }
        if (cause instanceof UnknownHostException) {
            return ": there is no host called " + cause.getMessage();
        }
        if (cause instanceof SocketTimeoutException) {
            return ": no answer in time";
        }
        if (cause instanceof EOFException) {
            return ": the server closed the connection";
        }
        return cause.getMessage() == null ? "" : ": " + cause.getMessage();
    }

    /**
     * What the server said, without DETAIL and context: these quote rows. Only for a failure that came from a server.
     */
    public static String describe(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof org.postgresql.util.PSQLException postgres
                    && postgres.getServerErrorMessage() != null
                    && postgres.getServerErrorMessage().getMessage() != null) {
                if (String.valueOf(postgres.getSQLState()).startsWith("22")) {
                    return "a value was refused (SQLSTATE " + postgres.getSQLState() + ")"; // the message quotes it
                }
                return postgres.getServerErrorMessage().getMessage() + " (SQLSTATE " + postgres.getSQLState() + ")";
            }
            if (cause instanceof SQLException sql && !(sql.getCause() instanceof SQLException)) {
                Optional<TlsFailure> tls = TlsFailure.of(failure);
                if (tls.isPresent() && tls.get() != TlsFailure.NO_HANDSHAKE) { // that may also be a break later on
                    return tls.get().sentence() + " (SQLSTATE " + sql.getSQLState() + ")";
                }
                String message = String.valueOf(sql.getMessage()).strip();
                String said = message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
                return said + reason(sql.getCause()) + " (SQLSTATE " + sql.getSQLState() + ")";
            }
        }
        return failure.getClass().getSimpleName() + ": " + failure.getMessage();
    }
}
