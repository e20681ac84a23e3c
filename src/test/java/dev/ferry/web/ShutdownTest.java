package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.web.StoryMigration.Scene;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ShutdownTest {
    /** Docker kills after ten seconds. A request that is waited for takes 20 or more. */
    private static final Duration MOST = Duration.ofSeconds(8);

    @Test
    void aRequestThatWaitsForADatabaseDoesNotHoldUpTheEnd() {
        CountDownLatch never = new CountDownLatch(1);
        RunningWeb web = RunningWeb.start();
        web.migration.at(Scene.CLEAR);
        web.migration.checksWaitFor(never);
        RunningWeb.Client script = web.script();
        CompletableFuture<Void> request = CompletableFuture.runAsync(() -> script.get("/preflight-checks"));
        Awaitility.await("the checks run").until(web.bean(Checks.class)::running);

        assertThat(CompletableFuture.runAsync(web::close)).succeedsWithin(MOST);
        assertThat(request).failsWithin(MOST);
    }
}
