package dev.ferry.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LockCourtesyIT {
    private final TestDatabase heroku = PostgresServer.shared(15).herokuDatabase();

    @Test
    void aReadThatTheAppWaitsForIsCancelled() {
        heroku.run("CREATE TABLE busy (id int)");
        try (Database source = new Database(
                        DatabaseUrl.parse(End.SOURCE, heroku.url()), "ferry/test", 5, Duration.ofSeconds(10));
                LockCourtesy courtesy = new LockCourtesy(source);
                Session reader = source.open()) {
            reader.begin();
            courtesy.watch(reader);
            reader.execute("LOCK TABLE public.busy IN ACCESS SHARE MODE");
            CompletableFuture<String> read = CompletableFuture.supplyAsync(() -> {
                try {
                    reader.execute("SELECT pg_sleep(600)");
                    return "read to its end";
                } catch (RuntimeException e) {
                    reader.rollback();
                    return String.valueOf(SqlState.of(e));
                }
            });
            heroku.run("ALTER TABLE busy ADD COLUMN more int");
            assertThat(read.join()).isEqualTo(SqlState.QUERY_CANCELED);
            assertThat(courtesy.unwatch(reader)).isTrue();
        }
    }

    @Test
    void aReadThatNobodyWaitsForIsLeftAlone() {
        heroku.run("CREATE TABLE quiet (id int); CREATE TABLE other (id int)");
        try (Database source = new Database(
                        DatabaseUrl.parse(End.SOURCE, heroku.url()), "ferry/test", 5, Duration.ofSeconds(10));
                LockCourtesy courtesy = new LockCourtesy(source);
                Session reader = source.open()) {
            reader.begin();
            courtesy.watch(reader);
            reader.execute("LOCK TABLE public.quiet IN ACCESS SHARE MODE");
            heroku.run("ALTER TABLE other ADD COLUMN more int; INSERT INTO quiet VALUES (1)");
            CompletableFuture<Void> read = CompletableFuture.runAsync(() -> reader.execute("SELECT pg_sleep(2)"));
            await("the read").atMost(Duration.ofSeconds(30)).until(read::isDone);
            assertThat(read).isCompleted();
            assertThat(courtesy.unwatch(reader)).isFalse();
        }
    }
}
