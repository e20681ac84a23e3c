package dev.ferry.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * One connection, for work that must stay on it: transactions, COPY, temporary tables. In autocommit until
 * {@link #begin}; closing rolls back what was not committed and hands the connection back as it was found.
 */
public final class Session implements AutoCloseable {
    /** The isolation that a transaction of ours asks for. */
    public enum Isolation {
        READ_COMMITTED(""),
        /** One snapshot, taken by the first statement that needs one; LOCK TABLE does not. */
        REPEATABLE_READ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");

        private final String statement;

        Isolation(String statement) {
            this.statement = statement;
        }
    }

    private final Connection connection;
    private final End end;
    private final JdbcClient jdbc;
    private boolean timeoutChanged;

    Session(Connection connection, End end) {
        this.connection = connection;
        this.end = end;
        this.jdbc = JdbcClient.create(template(new OwnConnection(connection, end), end));
    }

    /** One that was lost is told as a lost connection, which passes, and not as a mistake of the program. */
    private static final class OwnConnection extends SingleConnectionDataSource {
        private final Connection own;
        private final End end;

        OwnConnection(Connection own, End end) {
            super(own, true);
            this.own = own;
            this.end = end;
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (own.isClosed()) {
                throw new EndFailure(end, new SQLException("the connection was lost", "08003"));
            }
            return super.getConnection();
        }
    }

    /** One whose failures name their end. */
    static JdbcTemplate template(DataSource connections, End end) {
        JdbcTemplate template = new JdbcTemplate(connections);
        template.setExceptionTranslator((task, sql, e) -> new EndFailure(end, e));
        return template;
    }

    /** Statements with parameters, on this connection and inside its transaction. */
    public JdbcClient jdbc() {
        return jdbc;
    }

    /** SQL text without parameters, several statements too, exactly as written: no JDBC escapes, no question marks. */
    public void execute(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        } catch (SQLException e) {
            throw translate(e);
        }
    }

    public void begin() {
        begin(Isolation.READ_COMMITTED);
    }

    public void begin(Isolation isolation) {
        try {
            connection.setAutoCommit(false);
        } catch (SQLException e) {
            throw translate(e);
        }
        if (!isolation.statement.isEmpty()) {
            execute(isolation.statement);
        }
    }

    /** Fails if the server rolled back instead. After a failure in here the outcome may be unknown. */
    public void commit() {
        try {
            connection.commit();
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            throw translate(e);
        }
    }

    public void rollback() {
        try {
            if (!connection.getAutoCommit()) {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw translate(e);
        }
    }

    /** Bounds each following statement; zero is no bound. Undone by {@link #close()}. */
    public void statementTimeout(Duration timeout) {
        timeoutChanged = true;
        execute("SET statement_timeout = " + timeout.toMillis());
    }

    public CopyOut copyOut(String sql) {
        try {
            return connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql);
        } catch (SQLException e) {
            throw translate(e);
        }
    }

    public CopyIn copyIn(String sql) {
        try {
            return connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql);
        } catch (SQLException e) {
            throw translate(e);
        }
    }

    /** The first column of every row. */
    public <T> List<T> list(Class<T> type, String sql, Object... parameters) {
        return jdbc.sql(sql).params(parameters).query(type).list();
    }

    /** The server's process id of this connection. */
    public int backendPid() {
        try {
            return connection.unwrap(PGConnection.class).getBackendPID();
        } catch (SQLException e) {
            throw translate(e);
        }
    }

    /** Ends the connection at once, from any thread: a blocked call on it fails. */
    public void abort() {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            throw translate(e);
        }
    }

    @Override
    public void close() {
        try (connection) {
            if (!connection.isClosed()) {
                rollback();
                if (timeoutChanged) {
                    execute("SET statement_timeout = 0");
                }
            }
        } catch (SQLException | RuntimeException e) {
            // The connection is broken and the pool drops it; the failure that broke it has its own exception.
            org.slf4j.LoggerFactory.getLogger(Session.class)
                    .debug("Closing a broken connection: {}", SqlState.describe(e));
        }
    }

    /** For failures of what {@link #copyOut} and {@link #copyIn} returned. */
    public RuntimeException translate(SQLException e) {
        return new EndFailure(end, e);
    }
}
