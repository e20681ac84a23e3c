package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.web.StoryMigration.Scene;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class EventStreamsTest {
    private static final Map<String, Object> QUICK =
            Map.of("ferry.web.render-every", "50ms", "ferry.web.sample-every", "50ms");

    private static RunningWeb quick(String... more) {
        Map<String, Object> properties = new java.util.HashMap<>(QUICK);
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        return RunningWeb.start(properties);
    }

    /** Reads a stream on a thread of its own. */
    private static final class Viewer implements AutoCloseable {
        final List<String> lines = new CopyOnWriteArrayList<>();
        final HttpResponse<InputStream> response;
        volatile boolean ended;

        Viewer(RunningWeb.Client client, String path, String... headers) throws IOException, InterruptedException {
            response = client.http()
                    .send(
                            client.request("GET", path, HttpRequest.BodyPublishers.noBody(), headers),
                            HttpResponse.BodyHandlers.ofInputStream());
            Thread reader = new Thread(
                    () -> {
                        try (var text = new java.io.BufferedReader(
                                new java.io.InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                            text.lines().forEach(lines::add);
                        } catch (IOException | java.io.UncheckedIOException e) {
                            // The stream was cut, which is an end as well.
                        }
                        ended = true;
                    },
                    "viewer");
            reader.setDaemon(true);
            reader.start();
        }

        boolean saw(String text) {
            return lines.stream().anyMatch(line -> line.contains(text));
        }

        @Override
        public void close() throws IOException {
            response.body().close();
        }
    }

    @Test
    void sendsThePartsThatChangedAndOnlyThose() throws Exception {
        try (RunningWeb web = quick()) {
            web.migration.at(Scene.COPYING);
            try (Viewer viewer = new Viewer(web.script(), "/events")) {
                assertThat(viewer.response.headers().firstValue("Content-Type"))
                        .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
                assertThat(viewer.response.headers().firstValue("Cache-Control"))
                        .hasValue("no-store");
                await().until(() -> viewer.saw("\"steps\""));
                viewer.lines.clear();

                web.migration.message("Half of it is there.");

                await().until(() -> viewer.saw("Half of it is there."));
                String data = viewer.lines.stream()
                        .filter(line -> line.contains("Half of it"))
                        .findFirst()
                        .orElseThrow();
                assertThat(data).contains("\"now\"").doesNotContain("\"steps\"", "\"tables\"", "\"events\"");
            }
        }
    }

    @Test
    void aViewerWhoHasAVersionGetsWhatIsNewerOnReconnecting() throws Exception {
        try (RunningWeb web = quick("ferry.web.sample-every", "1h")) {
            web.migration.at(Scene.COPYING);
            String version = web.bean(LivePage.class).render().version() + "";
            web.migration.message("While you were away.");
            try (Viewer viewer = new Viewer(web.script(), "/events?since=0", "Last-Event-ID", version)) {
                await().until(() -> viewer.saw("While you were away."));
                assertThat(viewer.saw("\"steps\"")).isFalse();
            }
            try (Viewer viewer = new Viewer(web.script(), "/events", "Last-Event-ID", "999999999999999999")) {
                await().until(() -> viewer.saw("\"steps\""));
            }
            try (Viewer viewer = new Viewer(web.script(), "/events?since=nonsense")) {
                await().until(() -> viewer.saw("\"steps\""));
            }
        }
    }

    @Test
    void saysThatItIsAliveWhenNothingHappens() throws Exception {
        try (RunningWeb web = quick("ferry.web.sample-every", "1h", "ferry.web.heartbeat", "200ms")) {
            try (Viewer viewer = new Viewer(web.script(), "/events")) {
                await().until(() ->
                        viewer.lines.stream().filter(line -> line.equals(":")).count() >= 2);
            }
        }
    }

    @Test
    void endsByItselfAfterItsLifetime() throws Exception {
        try (RunningWeb web = quick("ferry.web.stream-lifetime", "300ms")) {
            try (Viewer viewer = new Viewer(web.script(), "/events")) {
                await().until(() -> viewer.ended);
                assertThat(web.bean(EventStreams.class).count()).isZero();
            }
        }
    }

    @Test
    void refusesMoreViewersThanItsMaximumAndTakesAnotherWhenOneLeaves() throws Exception {
        try (RunningWeb web = quick("ferry.web.maximum-streams", "2")) {
            Viewer first = new Viewer(web.script(), "/events");
            try (Viewer second = new Viewer(web.script(), "/events")) {
                HttpResponse<String> third = web.script().get("/events");
                assertThat(third.statusCode()).isEqualTo(503);
                assertThat(third.body()).contains("too_many_streams");
                assertThat(third.headers().firstValue("Retry-After")).isPresent();
                assertThat(second.response.statusCode()).isEqualTo(200);

                first.close();

                await().until(() -> web.bean(EventStreams.class).count() == 1);
            }
        }
    }

    @Test
    void viewersWhoDoNotReadHoldUpNobody() throws Exception {
        try (RunningWeb web = quick()) {
            web.migration.at(Scene.COPYING);
            List<Socket> silent = new ArrayList<>();
            for (int i = 0; i < 80; i++) { // more than there are threads
                Socket socket = new Socket();
                socket.setReceiveBufferSize(1024);
                socket.connect(new java.net.InetSocketAddress("localhost", web.port()));
                socket.getOutputStream()
                        .write(("GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                                        + RunningWeb.basic("admin", RunningWeb.PASSWORD) + "\r\n\r\n")
                                .getBytes(StandardCharsets.UTF_8));
                silent.add(socket);
            }
            await().until(() -> web.bean(EventStreams.class).count() == 80);
            String filler = "x".repeat(200_000);
            try (Viewer viewer = new Viewer(web.script(), "/events")) {
                for (int i = 0; i < 10; i++) {
                    String word = "word " + i;
                    web.migration.message(word + filler);
                    await().atMost(Duration.ofSeconds(5)).until(() -> viewer.saw(word));
                }
                assertThat(web.script().get("/status").statusCode()).isEqualTo(200);
            }
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void endsWithTheSessionThatOpenedIt() throws Exception {
        try (RunningWeb web = quick()) {
            RunningWeb.Client browser = web.browser();
            try (Viewer viewer = new Viewer(browser, "/events")) {
                await().until(() -> viewer.saw("\"steps\""));

                browser.form("/logout", Map.of("_csrf", browser.token("/")));

                await().until(() -> viewer.ended);
            }
        }
    }

    @Test
    void doesNotHoldUpTheEndOfTheProcess() throws Exception {
        RunningWeb web = quick();
        try (Viewer viewer = new Viewer(web.script(), "/events")) {
            await().until(() -> viewer.saw("\"steps\""));
            long begun = System.nanoTime();

            web.close();

            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
            await().until(() -> viewer.ended);
        }
    }

    @Test
    void rendersNothingWhileNobodyWatchesButKeepsTheChartsPoints() {
        try (RunningWeb web = quick("ferry.web.history-size", "3", "ferry.web.sample-every", "400ms")) {
            web.migration.at(Scene.IN_SYNC);
            LivePage live = web.bean(LivePage.class);

            await().until(() -> live.history().all().stream()
                            .filter(sample -> sample.lag() != null)
                            .count()
                    == 3);

            assertThat(live.version()).isZero();
            assertThat(web.script().get("/history").body()).matches("\\[(\\[\\d+,0\\.8,42],?){3}]");
        }
    }
}
