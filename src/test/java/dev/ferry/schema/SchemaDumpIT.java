package dev.ferry.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class SchemaDumpIT {
    private static SchemaDump patient(SchemaEnds ends, Duration patience) {
        return new SchemaDump(PgClient.installed(), ends.source, ends, Duration.ofMillis(700), patience);
    }

    @Test
    void aTableLockedByTheAppMakesTheDumpWaitBrieflyAndNameTheHolder() throws SQLException {
        try (SchemaEnds ends =
                        SchemaEnds.with(17).source("CREATE TABLE a (id integer); CREATE TABLE \"B b\" (id integer)");
                Connection app = ends.heroku.connect();
                Statement statement = app.createStatement()) {
            app.setAutoCommit(false);
            statement.execute("LOCK TABLE \"B b\" IN ACCESS EXCLUSIVE MODE");

            assertThatThrownBy(() -> patient(ends, Duration.ofSeconds(3)).take())
                    .isInstanceOfSatisfying(FerryException.class, failure -> {
                        assertThat(failure.code()).isEqualTo(FailureCode.SOURCE);
                        assertThat(failure)
                                .hasMessageContaining("of " + ends.heroku.owner() + " (app)")
                                .hasMessageContaining("public.\"B b\"");
                    });
            assertThat(ends.journal()).contains("has to wait").contains("public.\"B b\"");

            CompletableFuture<DumpedSchema> later = CompletableFuture.supplyAsync(
                    () -> patient(ends, Duration.ofMinutes(5)).take());
            Awaitility.await().until(() -> ends.heroku.count("""
                                    SELECT count(*) FROM pg_stat_activity
                                    WHERE application_name LIKE 'ferry schema%' AND wait_event_type = 'Lock'
                                    """) > 0);
            app.rollback();
            assertThat(later.join().size()).isPositive();
        }
    }

    /** Holds the lock that pg_dump holds, for as long as nobody ends its connection. */
    private record SlowPgDump(SchemaEnds ends) implements PgClient {
        @Override
        public Optional<Integer> majorVersion() {
            return Optional.of(15);
        }

        @Override
        public void dump(DatabaseUrl source, String applicationName, List<String> options, Path archive) {
            try (Connection connection = ends.heroku.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("SET application_name = '" + applicationName + "'");
                statement.execute("LOCK TABLE a IN ACCESS SHARE MODE");
                statement.execute("SELECT pg_sleep(60)");
            } catch (SQLException e) {
                throw new FerryException(FailureCode.DUMP, "The connection was ended.", "None.", e);
            }
        }

        @Override
        public void restore(Path archive, List<String> options, Path output) {
            throw new AssertionError("there is no archive");
        }
    }

    @Test
    void theDumpGivesWayToWhomeverWaitsForIt() {
        try (SchemaEnds ends = SchemaEnds.with(17).source("CREATE TABLE a (id integer)")) {
            SchemaDump dump = new SchemaDump(
                    new SlowPgDump(ends), ends.source, ends, Duration.ofSeconds(2), Duration.ofMillis(1));
            CompletableFuture<Void> alter = CompletableFuture.runAsync(() -> {
                Awaitility.await()
                        .until(() -> ends.heroku.count(
                                        "SELECT count(*) FROM pg_locks WHERE relation = 'a'::regclass AND granted")
                                > 0);
                ends.heroku.run("ALTER TABLE a ADD COLUMN b integer");
            });

            assertThatThrownBy(dump::take)
                    .isInstanceOf(FerryException.class)
                    .hasMessageContaining("wants to change a table that the dump reads");
            assertThat(alter).succeedsWithin(Duration.ofSeconds(10));
        }
    }

    @Test
    void aSourceThatCannotBeReadIsAFailureAtOnce() {
        try (SchemaEnds ends = SchemaEnds.with(17)) {
            ends.heroku.runAsSuperuser("CREATE TABLE forbidden (id integer)");

            assertThatThrownBy(ends::dump)
                    .isInstanceOf(FerryException.class)
                    .hasMessageContaining("permission denied for table forbidden")
                    .hasMessageNotContaining(ends.heroku.password());
        }
    }

    @Test
    void aLatin1SourceArrivesAsUtf8() {
        try (SchemaEnds ends = SchemaEnds.with(17)) {
            String name = "latin_" + ends.heroku.name();
            ends.heroku.runAsSuperuser("CREATE DATABASE " + name + " OWNER " + ends.heroku.owner()
                    + " ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
            TestDatabase latin =
                    new TestDatabase(ends.heroku.server(), name, ends.heroku.owner(), ends.heroku.password());
            latin.run("CREATE TABLE \"Größe\" (a text DEFAULT 'é'); COMMENT ON TABLE \"Größe\" IS 'ü'");
            try (Database source =
                    new Database(DatabaseUrl.parse(End.SOURCE, latin.url()), "ferry test", 3, Duration.ofSeconds(10))) {
                SchemaRestore restore = ends.restore();
                restore.store(new SchemaDump(PgClient.installed(), source, ends).take());
                restore.restore(Stage.PRE_DATA, 1, () -> true);
            }
            assertThat(ends.planetScale.value("SELECT obj_description('\"Größe\"'::regclass)"))
                    .isEqualTo("ü");
        }
    }
}
