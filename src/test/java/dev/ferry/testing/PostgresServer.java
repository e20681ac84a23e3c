package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.awaitility.Awaitility;

/** A server of one major version, embedded or elsewhere, with a superuser for tests to look behind the scenes with. */
public final class PostgresServer implements AutoCloseable {
    private static final Map<Integer, PostgresServer> SHARED = new ConcurrentHashMap<>();
    private static final String HEROKU = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION";
    private static final AtomicInteger SEQUENCE = new AtomicInteger();

    private final int majorVersion;
    private final int port;
    private final String superuserPassword;
    private final Closeable server;

    private PostgresServer(int majorVersion, int port, String superuserPassword, Closeable server) {
        this.majorVersion = majorVersion;
        this.port = port;
        this.superuserPassword = superuserPassword;
        this.server = server;
    }

    private static PostgresServer embedded(int majorVersion, Map<String, String> settings) {
        try {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setPgBinaryResolver((system, machine) -> binaries(majorVersion))
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setLocaleConfig("locale", "C.UTF-8")
                    .setLocaleConfig("encoding", "UTF8")
                    .setServerConfig("max_connections", "120")
                    .setServerConfig("max_prepared_transactions", "10")
                    .setServerConfig("timezone", "America/St_Johns");
            settings.forEach(builder::setServerConfig);
            EmbeddedPostgres server = builder.start();
            return new PostgresServer(majorVersion, server.getPort(), "", server);
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL " + majorVersion + " did not start", e);
        }
    }

    /** One server a version for the whole test run: databases keep tests apart. Ends with the JVM. */
    public static PostgresServer shared(int majorVersion) {
        return SHARED.computeIfAbsent(majorVersion, version -> embedded(version, Map.of("fsync", "off")));
    }

    /** A server of one's own, to be stopped or crashed. */
    public static PostgresServer start(int majorVersion, Map<String, String> settings) {
        return embedded(majorVersion, settings);
    }

    /** A server that somebody else started and ends, on a port of this machine. */
    public static PostgresServer elsewhere(int majorVersion, int port, String superuserPassword) {
        return new PostgresServer(majorVersion, port, superuserPassword, () -> {});
    }

    /** The programs of a version, for Linux, as a tar file compressed by xz. */
    public static InputStream binaries(int majorVersion) throws IOException {
        Path jar = Path.of(System.getProperty("ferry.test.postgres-binaries", "target/postgres-binaries"))
                .resolve("postgres-" + majorVersion + ".jar");
        ZipInputStream zip = new ZipInputStream(Files.newInputStream(jar));
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            if (entry.getName().endsWith(".txz")) {
                return zip;
            }
        }
        throw new IOException("no server archive in " + jar);
    }

    public int port() {
        return port;
    }

    public int majorVersion() {
        return majorVersion;
    }

    /** Superuser on a database. */
    public Connection superuser(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + port() + "/" + database, "postgres", superuserPassword);
    }

    /**
     * A new database owned by a new role as Heroku gives it: NOSUPERUSER, nothing else.
     */
    public TestDatabase herokuDatabase() {
        return create("heroku", HEROKU, "", "");
    }

    /** The same with another encoding than UTF8, and a locale that goes with any. */
    public TestDatabase herokuDatabase(String encoding) {
        return create("heroku", HEROKU, "", " TEMPLATE template0 LOCALE 'C' ENCODING '" + encoding + "'");
    }

    /**
     * A new database owned by a new role as PlanetScale gives it.
     *
     * @param mayReplicate whether the role may set session_replication_role
     */
    public TestDatabase planetScaleDatabase(boolean mayReplicate) {
        return create(
                "planetscale",
                "NOSUPERUSER CREATEROLE BYPASSRLS",
                mayReplicate ? "GRANT SET ON PARAMETER session_replication_role TO %s" : "",
                "");
    }

    /**
     * From here on every role but the superuser needs its right password, on every address. For a server of one's own: the
     * shared ones trust whoever comes.
     */
    public void requirePasswords() {
        try (Connection connection = superuser("postgres");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW hba_file")) {
            row.next();
            Files.writeString(Path.of(row.getString(1)), """
                    local all postgres trust
                    host all postgres all trust
                    local all all scram-sha-256
                    host all all all scram-sha-256
                    """);
            statement.execute("SELECT pg_reload_conf()");
        } catch (SQLException | IOException e) {
            throw new IllegalStateException("PostgreSQL " + majorVersion + " keeps its pg_hba.conf", e);
        }
    }

    /** Changes settings that need no restart; every session from here on has them. For a server of one's own. */
    public void configure(Map<String, String> settings) {
        try (Connection connection = superuser("postgres");
                Statement statement = connection.createStatement()) {
            for (Map.Entry<String, String> setting : settings.entrySet()) {
                statement.execute("ALTER SYSTEM SET " + setting.getKey() + " = '" + setting.getValue() + "'");
            }
            statement.execute("SELECT pg_reload_conf()");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        // A new session's settings are the postmaster's at that moment.
        Awaitility.await("the settings are in force").untilAsserted(() -> {
            try (Connection connection = superuser("postgres");
                    Statement statement = connection.createStatement()) {
                for (Map.Entry<String, String> setting : settings.entrySet()) {
                    try (ResultSet row = statement.executeQuery("SHOW " + setting.getKey())) {
                        row.next();
                        assertThat(row.getString(1)).isEqualTo(setting.getValue());
                    }
                }
            }
        });
    }

    private TestDatabase create(String kind, String options, String grant, String database) {
        String name = kind + "_" + SEQUENCE.incrementAndGet() + "_"
                + ProcessHandle.current().pid();
        String password = "s3cret%/+" + name;
        try (Connection connection = superuser("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE ROLE " + name + " LOGIN " + options + " PASSWORD '" + password + "'");
            statement.execute("CREATE DATABASE " + name + " OWNER " + name + database);
            if (!grant.isEmpty()) {
                statement.execute(grant.formatted(name));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return new TestDatabase(this, name, name, password);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
