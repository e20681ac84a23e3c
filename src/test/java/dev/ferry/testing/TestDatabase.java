package dev.ferry.testing;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** One database of a test, with its owner's credentials. */
public record TestDatabase(PostgresServer server, String name, String owner, String password) {

    /** As the host hands it out. The roles are made with trust authentication on loopback, so TLS is off. */
    public String url() {
        return "postgres://" + owner + ":"
                + URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20") + "@localhost:"
                + server.port()
                + "/" + name;
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://localhost:" + server.port() + "/" + name;
    }

    /** As the app: the owner. */
    public Connection connect() throws SQLException {
        return connectAs(owner, password);
    }

    public Connection connectAs(String role, String rolePassword) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", role);
        properties.setProperty("password", rolePassword);
        properties.setProperty("ApplicationName", "app");
        return DriverManager.getConnection(jdbcUrl(), properties);
    }

    public Connection superuser() throws SQLException {
        return server.superuser(name);
    }

    /** Runs statements as the owner, each in a transaction of its own unless the text says otherwise. */
    public void run(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    public void runAsSuperuser(String sql) {
        try (Connection connection = superuser();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** The first column of the first row as text, read by the superuser. */
    public String value(String sql, Object... parameters) {
        try (Connection connection = superuser();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw new IllegalStateException("no row: " + sql);
                }
                return String.valueOf(rows.getString(1));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    public long count(String sql, Object... parameters) {
        return Long.parseLong(value(sql, parameters));
    }
}
