package dev.ferry.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks an end again and again whether it is there, on a connection of its own. An end that has not answered for a while is
 * taken for gone, and all connections to it are ended: a network that swallows everything would otherwise keep a thread
 * waiting for a quarter of an hour (the kernel's retransmissions) or for ever. Ending them costs a chunk or a cycle, which
 * is done again; so a pulse may be wrong.
 */
public final class Pulse implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pulse.class);

    private final End end;
    private final DriverConnections connections;
    private final Duration silence;
    private final Clock clock;
    private volatile @Nullable Connection connection;
    private volatile @Nullable Trouble trouble;
    private volatile @Nullable Instant answeredAt;
    private volatile @Nullable String serverVersion;

    Pulse(End end, DriverConnections connections, Duration silence, Clock clock) {
        this.end = end;
        this.connections = connections;
        this.silence = silence;
        this.clock = clock;
    }

    /**
     * Why the end cannot be worked with.
     *
     * @param since when it was first asked in vain
     * @param reason for people, without the end's name
     */
    public record Trouble(Instant since, String reason) {}

    /** Null while the end answers and may be written to. */
    public @Nullable Trouble trouble() {
        return trouble;
    }

    /** When it last answered; null before the first time. */
    public @Nullable Instant answeredAt() {
        return answeredAt;
    }

    /** Of the server, as it says itself; null before the first answer. */
    public @Nullable String serverVersion() {
        return serverVersion;
    }

    /** Asks once, for one thread at a time; returns within the silence that is allowed and the time that a connection may take. */
    public void beat() {
        Instant askedAt = clock.instant();
        try {
            boolean readOnly = asksReadOnly();
            answeredAt = clock.instant();
            trouble = readOnly ? new Trouble(since(askedAt), "it is read-only now") : null;
        } catch (SQLException e) {
            close();
            Instant since = since(askedAt);
            trouble = new Trouble(since, SqlState.describe(e));
            boolean gone = String.valueOf(SqlState.of(e)).startsWith("08");
            if (gone
                    && Duration.between(since, clock.instant()).compareTo(silence) >= 0
                    && connections.abortAll() > 0) {
                LOG.warn("The {} has not answered since {}: its connections were ended", end.label(), since);
            }
        }
    }

    private Instant since(Instant now) {
        Trouble before = trouble;
        return before == null ? now : before.since();
    }

    private boolean asksReadOnly() throws SQLException {
        Connection mine = connection;
        if (mine == null) {
            mine = connections.untracked();
            connection = mine;
            mine.setNetworkTimeout(Runnable::run, Math.toIntExact(silence.toMillis()));
            serverVersion = mine.getMetaData().getDatabaseProductVersion(); // said at the log-in, not asked for
        }
        try (Statement statement = mine.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_is_in_recovery()"
                        + " OR pg_catalog.current_setting('transaction_read_only') = 'on'")) {
            return row.next() && row.getBoolean(1);
        }
    }

    /** From any thread: a beat under way fails. */
    @Override
    public void close() {
        Connection mine = connection;
        connection = null;
        if (mine != null) {
            try {
                mine.abort(Runnable::run);
            } catch (SQLException e) {
                LOG.debug("Closing the pulse's connection: {}", SqlState.describe(e));
            }
        }
    }
}
