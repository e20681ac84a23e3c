package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class BlockedTimeIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    /** Whatever is written on the migration's row after the transaction that switched it waits for the test. */
    @Test
    void isKnownAfterAKillThatFollowsTheSwitchAtOnce() throws SQLException {
        source.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
        try (FerryProcess ferry = FerryProcess.between(source, target).start();
                Connection gate = target.connect()) {
            ferry.start();
            ferry.awaitInSync();
            target.runAsSuperuser("""
                    CREATE FUNCTION public.wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS
                      'BEGIN PERFORM pg_advisory_xact_lock(4712); RETURN NEW; END';
                    CREATE TRIGGER wait_for_the_test BEFORE UPDATE ON ferry.migration FOR EACH ROW
                      WHEN (OLD.phase = 'switched' AND OLD.xmin::text <> pg_current_xact_id()::text) EXECUTE FUNCTION public.wait_for_the_test();
                    """);
            gate.createStatement().execute("SELECT pg_advisory_lock(4712)");
            CompletableFuture<?> asked = ferry.postLater("/switch-traffic?force=true");
            Awaitility.await("the switch is committed, and nothing after it")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> target.count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                                    + " AND objid = 4712 AND NOT granted")
                            == 1);
            ferry.killHard();
            assertThat(asked)
                    .as("answered just before, or cut")
                    .satisfiesAnyOf(
                            done -> assertThat(done).succeedsWithin(Duration.ofSeconds(5)),
                            cut -> assertThat(cut).failsWithin(Duration.ofSeconds(5)));
            gate.createStatement().execute("SELECT pg_advisory_unlock(4712)");
            target.runAsSuperuser("DROP FUNCTION public.wait_for_the_test() CASCADE");

            ferry.restart();
            JsonNode status = ferry.awaitStatus(
                    "switched",
                    Duration.ofSeconds(60),
                    now -> FerryProcess.text(now.path("phase")).equals("switched"));
            assertThat(status.path("write_blocked_ms").longValue(-1)).isBetween(0L, 60_000L);
        }
    }
}
