package dev.ferry.schema;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Session;
import dev.ferry.journal.Event;
import dev.ferry.journal.Journal;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/** A source and a target of a test, with Ferry's tables on the target. */
final class SchemaEnds implements AutoCloseable, Journal {
    static final EpochFence NO_FENCE = fence((session, end) -> {});

    /** A fence for transactions; the restore has no DO blocks that would need the other half. */
    static EpochFence fence(BiConsumer<Session, End> hold) {
        return new EpochFence() {
            @Override
            public void hold(Session session, End end) {
                hold.accept(session, end);
            }

            @Override
            public String assertion(End end) {
                throw new UnsupportedOperationException("no fence inside of a block");
            }
        };
    }

    final TestDatabase heroku;
    final TestDatabase planetScale;
    final Database source;
    final Database target;
    final List<Event> events = new CopyOnWriteArrayList<>();

    private SchemaEnds(PostgresServer targetServer) {
        heroku = PostgresServer.shared(15).herokuDatabase();
        planetScale = targetServer.planetScaleDatabase(true);
        source = new Database(DatabaseUrl.parse(End.SOURCE, heroku.url()), "ferry test", 5, Duration.ofSeconds(10));
        target =
                new Database(DatabaseUrl.parse(End.TARGET, planetScale.url()), "ferry test", 8, Duration.ofSeconds(10));
        planetScale.run("CREATE SCHEMA ferry");
        planetScale.run(resource("/db/target/V2__schema_restore.sql"));
    }

    static SchemaEnds with(int targetVersion) {
        return new SchemaEnds(PostgresServer.shared(targetVersion));
    }

    static SchemaEnds with(PostgresServer targetServer) {
        return new SchemaEnds(targetServer);
    }

    /** As psql sends it: whole, for the server to take apart. */
    private static void load(TestDatabase database, String sql) {
        Properties properties = new Properties();
        properties.setProperty("user", database.owner());
        properties.setProperty("password", database.password());
        properties.setProperty("preferQueryMode", "simple");
        try (Connection connection = DriverManager.getConnection(database.jdbcUrl(), properties);
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    static void runAs(TestDatabase database, String role, String sql) {
        try (Connection connection = database.connectAs(role, "");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    static String valueAs(TestDatabase database, String role, String sql) {
        try (Connection connection = database.connectAs(role, "");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    SchemaEnds rich() {
        load(heroku, resource("/dev/ferry/schema/rich.sql"));
        return this;
    }

    SchemaEnds source(String sql) {
        load(heroku, sql);
        return this;
    }

    static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(SchemaEnds.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    DumpedSchema dump() {
        return new SchemaDump(PgClient.installed(), source, this).take();
    }

    SchemaRestore restore() {
        return restore(NO_FENCE);
    }

    SchemaRestore restore(EpochFence fence) {
        return new SchemaRestore(target, fence, this, null);
    }

    /** Dumped and stored. */
    SchemaRestore stored() {
        SchemaRestore restore = restore();
        restore.store(dump());
        return restore;
    }

    String journal() {
        return String.join("\n", events.stream().map(Event::message).toList());
    }

    @Override
    public void record(Event.Level level, String message) {
        events.add(new Event(java.time.Instant.now(), level, message));
    }

    @Override
    public void close() {
        source.close();
        target.close();
    }
}
