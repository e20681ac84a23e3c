package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.schema.PgClient;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import dev.ferry.testing.UnfinishedStart;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class LiveMigrationIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private @Nullable LiveMigration running;

    @AfterEach
    void end() {
        migration().close();
    }

    private LiveMigration migration() {
        return Objects.requireNonNull(running);
    }

    static FerryProperties properties(Map<String, String> values) {
        return new Binder(new MapConfigurationPropertySource(values)).bindOrCreate("ferry", FerryProperties.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void goesFromStartToCompleteAndBackOnce(boolean mayReplicate) {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(mayReplicate);
        source.run("""
                CREATE TABLE customer (id bigserial PRIMARY KEY, name text NOT NULL, touched int NOT NULL DEFAULT 0);
                CREATE TABLE purchase (id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE,
                  amount numeric(10, 2));
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.touched := NEW.touched + 1; RETURN NEW; END';
                CREATE TRIGGER touch BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION touch();
                INSERT INTO customer (name) SELECT 'customer ' || i FROM generate_series(1, 5000) i;
                INSERT INTO purchase (customer_id, amount) SELECT 1 + i % 5000, i FROM generate_series(1, 20000) i;
                """);
        running = new LiveMigration(
                new FerryEnvironment(source.url(), target.url(), null),
                properties(Map.of("ferry.chunk.size", "256KB")),
                PgClient.installed(),
                Clock.systemUTC());
        migration().start();
        accepted(Action.START);
        awaitPhase(Phase.REPLICATING);
        source.run("UPDATE customer SET name = 'changed' WHERE id < 100; DELETE FROM purchase WHERE id % 3 = 0;");
        source.run("INSERT INTO customer (name) VALUES ('new'); TRUNCATE purchase");
        source.run("INSERT INTO purchase (customer_id, amount) VALUES (5, 1), (6, 2)");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> migration().status().cutoverReadiness().level() == Readiness.Level.READY);
        accepted(Action.SWITCH);
        assertThat(rows(target)).isEqualTo(rows(source));
        assertThat(source.value("SELECT has_table_privilege(?, 'customer', 'INSERT')::text", source.owner()))
                .isEqualTo("false");
        target.run(
                "UPDATE customer SET name = 'on target' WHERE id = 7; INSERT INTO purchase (customer_id) VALUES (1)");
        accepted(Action.REVERT);
        source.run("UPDATE customer SET name = 'again' WHERE id = 8");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> migration().status().cutoverReadiness().level() == Readiness.Level.READY);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(rows(target)).isEqualTo(rows(source)));
        accepted(Action.SWITCH);
        assertThat(rows(target)).isEqualTo(rows(source));
        accepted(Action.CLEANUP);
        awaitPhase(Phase.COMPLETED);
        assertThat(source.count("SELECT count(*) FROM pg_namespace WHERE nspname = 'ferry'"))
                .isZero();
        accepted(Action.REMOVE_STATE);
        awaitPhase(Phase.WAITING);
    }

    @Test
    void saysThatAValueWasRefusedAndNotWhichOne() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("CREATE TABLE t (id int PRIMARY KEY, v text)");
        running = new LiveMigration(
                new FerryEnvironment(source.url(), target.url(), null),
                properties(Map.of()),
                PgClient.installed(),
                Clock.systemUTC());
        migration().start();
        accepted(Action.START);
        awaitPhase(Phase.REPLICATING);
        target.run("CREATE INDEX only_numbers ON t ((v::int))");

        source.run("INSERT INTO t VALUES (1, 'S3CRET')");

        await().atMost(Duration.ofSeconds(20))
                .until(() -> migration().status().phase().equals(Phase.ERROR.label()));
        assertThat(migration().status().error()).contains("a value was refused (SQLSTATE 22P02)");
        assertThat(migration().status().toString() + migration().events(100)).doesNotContain("S3CRET");
    }

    @Test
    void startsOverWhatAnEarlierStartLeftUnfinished() {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE SCHEMA ferry");
        UnfinishedStart.leaveIn(target);
        running = new LiveMigration(
                new FerryEnvironment(source.url(), target.url(), null),
                properties(Map.of()),
                PgClient.installed(),
                Clock.systemUTC());
        migration().start();

        accepted(Action.START);

        awaitPhase(Phase.REPLICATING);
        assertThat(target.count("SELECT count(*) FROM t")).isEqualTo(1);
    }

    private static List<String> rows(TestDatabase database) {
        return List.of(
                database.value("SELECT md5(string_agg(c::text, '|' ORDER BY id)) FROM customer c"),
                database.value("SELECT md5(string_agg(p::text, '|' ORDER BY id)) FROM purchase p"));
    }

    private void accepted(Action action) {
        assertThat(migration().perform(action, new Migration.Options(false, false, Set.of())))
                .as(() -> action + ", events: " + migration().events(50))
                .isInstanceOf(Outcome.Accepted.class);
    }

    private void awaitPhase(Phase phase) {
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            assertThat(migration().status().phase())
                    .as(() -> migration().events(50).toString())
                    .isNotEqualTo("error");
            return migration().status().phase().equals(phase.label());
        });
    }
}
