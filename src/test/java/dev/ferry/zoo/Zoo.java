package dev.ferry.zoo;

import dev.ferry.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Collectors;

/** A source database that holds one of each. */
public final class Zoo {
    /** Row security that binds the owner too: only without it, or left out, can a migration start. */
    public static final String LEFT_OUT = "zoo.row_secured_forced";

    private final TestDatabase database;

    private Zoo(TestDatabase database) {
        this.database = database;
    }

    /** Fills an empty database. Its owner gets a second role to write as. */
    public static Zoo in(TestDatabase database) {
        Zoo zoo = new Zoo(database);
        for (String resource : new String[] {"objects.sql", "tables.sql", "values.sql"}) {
            zoo.load(resource(resource));
        }
        zoo.load("CREATE SCHEMA keys;\n"
                + KeyKind.ALL.stream().map(KeyKind::creation).collect(Collectors.joining("\n")));
        database.runAsSuperuser("""
                CREATE EXTENSION postgres_fdw SCHEMA public;
                GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO %1$s;
                CREATE ROLE %2$s;
                GRANT %2$s TO %1$s;
                """.formatted(database.owner(), zoo.writer()));
        zoo.load("""
                CREATE SERVER "Far; away" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'no''where', dbname 'x');
                CREATE FOREIGN TABLE zoo.far (id integer OPTIONS (column_name 'Id;'), b text NOT NULL DEFAULT 'x') SERVER "Far; away"
                  OPTIONS (table_name 'a "b"');
                COMMENT ON FOREIGN TABLE zoo.far IS 'of a foreign table';
                """);
        zoo.load("""
                DO $$ DECLARE s text; BEGIN
                FOR s IN SELECT quote_ident(nspname) FROM pg_namespace WHERE pg_get_userbyid(nspowner) = current_user LOOP
                  EXECUTE format('GRANT USAGE ON SCHEMA %1$s TO %2$s', s);
                  EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %1$s TO %2$s', s);
                  EXECUTE format('GRANT ALL ON ALL SEQUENCES IN SCHEMA %1$s TO %2$s', s);
                END LOOP;
                GRANT ALL ON ALL TABLES IN SCHEMA public TO WRITER;
                END $$
                """.replace("%2$s", zoo.writer()).replace("%1$s", "%s").replace("WRITER", zoo.writer()));
        return zoo;
    }

    /** What only a superuser can put there before a migration. */
    public static void prepare(TestDatabase target) {
        target.runAsSuperuser(
                "CREATE EXTENSION postgres_fdw SCHEMA public; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO "
                        + target.owner());
    }

    TestDatabase database() {
        return database;
    }

    String writer() {
        return database.name() + "_writer";
    }

    /** As psql sends it: whole, for the server to take apart. */
    private void load(String sql) {
        try (Connection connection = open(database.owner());
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    Connection open(String user) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (user.equals(database.owner())) {
            properties.setProperty("password", database.password());
        }
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("ApplicationName", "app");
        return DriverManager.getConnection(database.jdbcUrl(), properties);
    }

    static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(Zoo.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
