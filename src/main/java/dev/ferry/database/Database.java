package dev.ferry.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Properties;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * One end, as a pool of connections that all speak the same dialect: formats are pinned, so that a value's text is the same
 * whoever reads it (DESIGN, "Initial copy"). The source is read under an empty search_path; the target keeps the
 * database's own, because CHECK functions and index expressions with unqualified bodies run there (RULES E1).
 */
public final class Database implements AutoCloseable {
    /**
     * First the bounds, which must not end the rest. default_transaction_read_only is left alone: a host sets it on
     * purpose, while a disk grows.
     */
    private static final String PINNED = """
            SET statement_timeout = 0;
            SET lock_timeout = 0;
            SET idle_in_transaction_session_timeout = '15min';
            SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings
              WHERE name IN ('idle_session_timeout', 'transaction_timeout');
            SET default_transaction_isolation = 'read committed';
            SET default_transaction_deferrable = off;
            SET client_encoding = 'UTF8';
            SET DateStyle = 'ISO, YMD';
            SET IntervalStyle = 'postgres';
            SET TimeZone = 'UTC';
            SET extra_float_digits = 3;
            SET bytea_output = 'hex';
            SET lc_monetary = 'C';
            SET array_nulls = on;
            SET xmloption = 'content';
            SET row_security = off;
            SET synchronous_commit = on;
            SET tcp_keepalives_idle = 20;
            SET tcp_keepalives_interval = 10;
            SET tcp_keepalives_count = 4;
            SET tcp_user_timeout = '60s';
            """;

    private final DatabaseUrl url;
    private final DriverConnections connections;
    private final HikariDataSource pool;
    private final NamingItsEnd named;
    private final JdbcClient jdbc;

    /**
     * Opens nothing yet.
     *
     * @param applicationName what pg_stat_activity shows; names the process, so that a successor can find its sessions
     */
    public Database(DatabaseUrl url, String applicationName, int maximumConnections, Duration connectTimeout) {
        this.url = url;
        String seconds = Long.toString(Math.max(1, connectTimeout.toSeconds()));
        Properties properties = new Properties();
        properties.putAll(url.jdbcProperties());
        properties.setProperty("ApplicationName", applicationName);
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("loginTimeout", seconds);
        // Plans made for one size of a log are wrong for the next; and DDL between two uses would break them.
        properties.setProperty("prepareThreshold", "0");
        properties.setProperty("logServerErrorDetail", "false"); // DETAIL quotes rows
        properties.setProperty("socketFactory", KeepAliveSocketFactory.class.getName());
        this.connections = new DriverConnections(url.jdbcUrl(), properties);
        HikariConfig config = new HikariConfig();
        config.setPoolName(url.end().label());
        config.setDataSource(connections);
        config.setConnectionInitSql(url.end() == End.SOURCE ? PINNED + "SET search_path = ''" : PINNED);
        config.setMaximumPoolSize(maximumConnections);
        config.setMinimumIdle(0);
        config.setIdleTimeout(60_000);
        config.setConnectionTimeout(Math.max(1000, connectTimeout.toMillis()));
        config.setInitializationFailTimeout(-1);
        this.pool = new HikariDataSource(config);
        this.named = new NamingItsEnd(pool, url.end());
        this.jdbc = JdbcClient.create(Session.template(named, url.end()));
    }

    /** A pool's own complaint does not say which database it is about in a way that anything could sort by. */
    private static final class NamingItsEnd extends DelegatingDataSource {
        private final End end;

        NamingItsEnd(DataSource pool, End end) {
            super(pool);
            this.end = end;
        }

        @Override
        public Connection getConnection() {
            try {
                return super.getConnection();
            } catch (SQLException e) {
                throw new EndFailure(end, e);
            }
        }
    }

    public End end() {
        return url.end();
    }

    public DatabaseUrl url() {
        return url;
    }

    /** A connection of one's own, to be closed. */
    public Session open() {
        return new Session(named.getConnection(), end());
    }

    /** Single statements, each in a transaction of its own. */
    public JdbcClient jdbc() {
        return jdbc;
    }

    public DataSource dataSource() {
        return named;
    }

    /**
     * A watch over this end, which the caller asks to beat, and closes.
     *
     * @param silence after this long without an answer all connections are ended
     */
    public Pulse pulse(Duration silence, Clock clock) {
        return new Pulse(end(), connections, silence, clock);
    }

    /** Cancels what a session of ours does now: the server does not see that a client has lost interest while it works. */
    public void cancel(Session running) {
        jdbc.sql("SELECT pg_cancel_backend(?)")
                .param(running.backendPid())
                .query(Boolean.class)
                .single();
    }

    /** Ends all connections at once: whoever waits on one gets a connection failure. */
    public void abortAll() {
        connections.abortAll();
    }

    /**
     * The connections of the pool now.
     *
     * @param waiting threads that wait for one
     */
    public record Pool(int active, int idle, int waiting, int maximum) {}

    public Pool pool() {
        HikariPoolMXBean now = pool.getHikariPoolMXBean();
        int maximum = pool.getMaximumPoolSize();
        return now == null
                ? new Pool(0, 0, 0, maximum)
                : new Pool(
                        now.getActiveConnections(),
                        now.getIdleConnections(),
                        now.getThreadsAwaitingConnection(),
                        maximum);
    }

    @Override
    public void close() {
        pool.close();
    }
}
