package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Rows that take much of the memory that a small container has. */
class WideRowsIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    /** Four rows of 60 MB as text, with two workers and room for one and a half of them. */
    @Test
    void wideRowsPassOneAfterTheOtherAndOneThatIsTooWideIsNamed() {
        source.run("""
                CREATE TABLE a (id int PRIMARY KEY, body bytea);
                CREATE TABLE b (id int PRIMARY KEY, body bytea);
                CREATE TABLE c (id int PRIMARY KEY, body bytea);
                ALTER TABLE a ALTER body SET STORAGE EXTERNAL;
                ALTER TABLE b ALTER body SET STORAGE EXTERNAL;
                ALTER TABLE c ALTER body SET STORAGE EXTERNAL;
                INSERT INTO a SELECT i, convert_to(repeat('x', 30000000), 'UTF8') FROM generate_series(1, 2) i;
                INSERT INTO b SELECT * FROM a;
                INSERT INTO c VALUES (1, 'small'), (2, convert_to(repeat('x', 80000000), 'UTF8'));
                """);
        try (FerryProcess ferry = FerryProcess.between(source, target)
                .heap("190m")
                .set("JAVA_TOOL_OPTIONS", "-XX:+ExitOnOutOfMemoryError")
                .start()) {
            ferry.start();
            ferry.awaitPhase("error");

            assertThat(FerryProcess.text(ferry.status().path("error")))
                    .contains("public.c", "id = 2", "too large for Ferry's memory");
            assertThat(target.count("SELECT count(*) FROM a")).isEqualTo(2);
            assertThat(target.count("SELECT count(*) FROM b")).isEqualTo(2);

            source.run("UPDATE c SET body = 'smaller' WHERE id = 2");
            ferry.post("/retry");
            ferry.awaitInSync();
            source.run("UPDATE a SET id = -id; UPDATE b SET id = -id");
            ferry.awaitInSync();
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
            ferry.assertNoStackTrace();
        }
    }

    /** Which ends the process. The next one must not end by it again, and again. */
    @Test
    void aTooWideRowThatArrivesLiveIsNamedByTheNextProcess() {
        source.run("""
                CREATE TABLE c (id int PRIMARY KEY, body bytea);
                ALTER TABLE c ALTER body SET STORAGE EXTERNAL;
                CREATE TABLE other (id int PRIMARY KEY);
                INSERT INTO c VALUES (1, 'small');
                """);
        try (FerryProcess ferry = FerryProcess.between(source, target)
                .heap("190m")
                .set("JAVA_TOOL_OPTIONS", "-XX:+ExitOnOutOfMemoryError")
                .start()) {
            ferry.start();
            ferry.awaitInSync();
            source.run("INSERT INTO other VALUES (0)");
            await("a first cycle, which is careful")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> target.count("SELECT count(*) FROM other") == 1);
            source.run("INSERT INTO c VALUES (2, convert_to(repeat('x', 120000000), 'UTF8'))");
            ferry.awaitExit();
            source.run("INSERT INTO other VALUES (1)");
            ferry.restart();
            await("the others go on")
                    .atMost(Duration.ofSeconds(90))
                    .until(() -> target.count("SELECT count(*) FROM other") == 2);
            assertThat(ferry.awaitStatus(
                                    "the table named",
                                    Duration.ofSeconds(60),
                                    status -> status.path("cutover_readiness")
                                            .path("hard_blockers")
                                            .toString()
                                            .contains("schema_drift"))
                            .path("cutover_readiness")
                            .toString())
                    .contains("public.c", "id = 2", "too large for Ferry's memory");

            source.run("UPDATE c SET body = 'smaller' WHERE id = 2");
            ferry.awaitInSync();
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
        }
    }
}
