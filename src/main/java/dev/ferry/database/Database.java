package dev.ferry.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * One end, as a pool of connections that all speak the same dialect: formats are pinned, so that a value's text is the same
 * whoever reads it (DESIGN, "Initial copy"). The source is read under an empty search_path; the target keeps the
 * database's own, because CHECK functions and index expressions with unqualified bodies run there (RULES E1).
 */
public final class Database implements AutoCloseable {
    private static final String PINNED = """
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
            SET statement_timeout = 0;
            SET lock_timeout = 0;
            SET idle_in_transaction_session_timeout = '15min';
            SET tcp_keepalives_idle = 20;
            SET tcp_keepalives_interval = 10;
            SET tcp_keepalives_count = 4;
            SET tcp_user_timeout = '60s';
            """;

    private final DatabaseUrl url;
    private final HikariDataSource pool;

    /**
     * Opens nothing yet.
     *
     * @param applicationName what pg_stat_activity shows; names the process, so that a successor can find its sessions
     */
    public Database(DatabaseUrl url, String applicationName, int maximumConnections, Duration connectTimeout) {
        this.url = url;
        HikariConfig config = new HikariConfig();
        config.setPoolName(url.end().label());
        config.setJdbcUrl(url.jdbcUrl());
        config.setDataSourceProperties(url.jdbcProperties());
        config.addDataSourceProperty("ApplicationName", applicationName);
        config.addDataSourceProperty("tcpKeepAlive", "true");
        config.addDataSourceProperty("connectTimeout", Long.toString(Math.max(1, connectTimeout.toSeconds())));
        config.addDataSourceProperty("loginTimeout", Long.toString(Math.max(1, connectTimeout.toSeconds())));
        // Plans made for one size of a log are wrong for the next; and DDL between two uses would break them.
        config.addDataSourceProperty("prepareThreshold", "0");
        config.addDataSourceProperty("logServerErrorDetail", "false"); // DETAIL quotes rows
        config.addDataSourceProperty("socketFactory", KeepAliveSocketFactory.class.getName());
        config.setConnectionInitSql(url.end() == End.SOURCE ? PINNED + "SET search_path = ''" : PINNED);
        config.setMaximumPoolSize(maximumConnections);
        config.setMinimumIdle(0);
        config.setIdleTimeout(60_000);
        config.setConnectionTimeout(Math.max(1000, connectTimeout.toMillis()));
        config.setInitializationFailTimeout(-1);
        this.pool = new HikariDataSource(config);
    }

    public End end() {
        return url.end();
    }

    public DatabaseUrl url() {
        return url;
    }

    /** A connection of one's own, to be closed. */
    public Session open() {
        try {
            return new Session(pool.getConnection());
        } catch (SQLException e) {
            throw Session.translate(e);
        }
    }

    /** Single statements, each in a transaction of its own. */
    public JdbcClient jdbc() {
        return JdbcClient.create(pool);
    }

    public DataSource dataSource() {
        return pool;
    }

    @Override
    public void close() {
        pool.close();
    }
}
