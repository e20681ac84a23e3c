package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.schema.PgClient;
import dev.ferry.testing.CatalogInventory;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.SortedSet;
import org.junit.jupiter.api.Test;

class RemovalScriptIT {
    @Test
    void takesEveryTraceOfARunningMigrationOffTheSource() throws IOException, InterruptedException {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("""
                CREATE SCHEMA "Odd ""one";
                CREATE TABLE "Odd ""one"."Select ""Me"" now" (id int PRIMARY KEY);
                CREATE TABLE keyless (v text);
                CREATE TABLE parted (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
                CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (1000);
                """);
        SortedSet<String> before = CatalogInventory.of(source);
        try (LiveMigration migration = new LiveMigration(
                new FerryEnvironment(source.url(), target.url(), null),
                LiveMigrationIT.properties(Map.of()),
                PgClient.installed(),
                Clock.systemUTC())) {
            migration.start();
            assertThat(migration.perform(Action.START, Migration.Options.NONE)).isInstanceOf(Outcome.Accepted.class);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> migration.status().phase().equals("replicating"));
        }

        ProcessBuilder psql = new ProcessBuilder(
                "psql", "-X", "-f", Path.of("docs", "remove-ferry.sql").toString());
        psql.environment()
                .putAll(Map.of(
                        "PGHOST", "localhost",
                        "PGPORT", Integer.toString(source.server().port()),
                        "PGDATABASE", source.name(),
                        "PGUSER", source.owner(),
                        "PGPASSWORD", source.password()));
        Process run = psql.redirectErrorStream(true).start();
        String output = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(run.waitFor()).as(output).isZero();
        assertThat(output).contains("Nothing of Ferry is left");
        assertThat(CatalogInventory.of(source)).isEqualTo(before);
        source.run("INSERT INTO keyless VALUES ('still works')");
    }
}
