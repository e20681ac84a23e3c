package dev.ferry.database;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Makes the connections of one end, and can end all of them at once. A thread that waits for an answer which will never
 * come is freed by that, and by nothing else: the driver can only bound each wait, and an index takes hours to build.
 */
final class DriverConnections extends AbstractDataSource {
    private final String url;
    private final Properties properties;
    private final Set<Connection> open = ConcurrentHashMap.newKeySet();

    DriverConnections(String url, Properties properties) {
        this.url = url;
        this.properties = properties;
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = untracked();
        open.removeIf(DriverConnections::isClosed);
        open.add(connection);
        return connection;
    }

    /** One that {@link #abortAll} leaves alone. */
    Connection untracked() throws SQLException {
        return DriverManager.getConnection(url, properties);
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        throw new java.sql.SQLFeatureNotSupportedException("one role an end");
    }

    /** The time to connect is a property of the driver's. */
    @Override
    public void setLoginTimeout(int seconds) {}

    /**
     * Closes the sockets without a word to the server; whoever waits on one gets a connection failure.
     *
     * @return how many were open
     */
    int abortAll() {
        open.removeIf(DriverConnections::isClosed);
        int aborted = open.size();
        for (Connection connection : open) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                LoggerFactory.getLogger(DriverConnections.class)
                        .debug("Aborting a connection: {}", SqlState.describe(e));
            }
        }
        open.removeIf(DriverConnections::isClosed);
        return aborted;
    }

    private static boolean isClosed(Connection connection) {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }
}
