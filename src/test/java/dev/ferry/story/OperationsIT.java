package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.FaultyProxy;
import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.SampleTables;
import dev.ferry.testing.TestDatabase;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What those see who watch over Ferry, while a database goes away and comes back. */
class OperationsIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration AT_ONCE = Duration.ofSeconds(5);
    private static final JsonMapper JSON = new JsonMapper();

    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
    private final List<String> shown = new ArrayList<>();

    private static double metric(FerryProcess ferry, String name) {
        return ferry.get("/metrics")
                .expect(200)
                .text()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name));
    }

    private static void awaitReadiness(FerryProcess ferry, int status) {
        Awaitility.await("readiness " + status)
                .atMost(PATIENCE)
                .until(() -> ferry.get("/actuator/health/readiness").status() == status);
    }

    private static String detail(FerryProcess ferry, String end) {
        JsonNode body = ferry.get("/actuator/health/readiness").body();
        return FerryProcess.text(
                body.path("components").path("ends").path("details").path(end));
    }

    private JsonNode diagnostics(FerryProcess ferry) {
        long asked = System.nanoTime();
        FerryProcess.Response answer = ferry.get("/diagnostics").expect(200);
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(AT_ONCE);
        shown.add(answer.text());
        shown.add(ferry.get("/metrics").expect(200).text());
        return answer.body();
    }

    private void assertNoSecretShown(FerryProcess ferry) {
        for (String secret : List.of(source.password(), target.password(), ferry.dashboardPassword())) {
            String encoded = URLEncoder.encode(secret, StandardCharsets.UTF_8);
            Stream.of(secret, encoded, encoded.replace("+", "%20"))
                    .forEach(text -> assertThat(shown).noneMatch(answer -> answer.contains(text)));
        }
        ferry.assertNoSecret();
    }

    @Test
    void healthNumbersAndDiagnosticsFollowBothDatabases() {
        SampleTables.create(source, 2_000);
        try (FaultyProxy toSource = FaultyProxy.before(source.server());
                FaultyProxy toTarget = FaultyProxy.before(target.server());
                FerryProcess ferry = FerryProcess.between(source, target)
                        .source(toSource.url(source))
                        .target(toTarget.url(target))
                        .set("SPRING_DATASOURCE_URL", "jdbc:postgresql://localhost:1/nothing")
                        .start()) {
            awaitReadiness(ferry, 200);
            assertThat(detail(ferry, "source")).isEqualTo("answers");
            assertThat(metric(ferry, "ferry_phase{phase=\"waiting\"}")).isEqualTo(1);

            ferry.start();
            ferry.awaitInSync();
            source.run("UPDATE orders SET note = 'seen' WHERE id <= 100");
            Awaitility.await("the keys are counted")
                    .atMost(PATIENCE)
                    .until(() -> metric(ferry, "ferry_keys_applied_total") >= 100);
            assertThat(metric(ferry, "ferry_phase{phase=\"replicating\"}")).isEqualTo(1);
            assertThat(metric(ferry, "ferry_copy_rows")).isGreaterThanOrEqualTo(2_000);
            assertThat(metric(ferry, "ferry_cycles_total")).isPositive();
            assertThat(metric(ferry, "ferry_cycle_duration_seconds_sum")).isPositive();
            assertThat(metric(ferry, "ferry_lag_seconds")).isBetween(0.0, 60.0);
            JsonNode well = diagnostics(ferry);
            assertThat(FerryProcess.text(well.path("ends").path(0).path("server_version")))
                    .startsWith("15.");
            assertThat(FerryProcess.text(well.path("ends").path(1).path("server_version")))
                    .startsWith("17.");
            assertThat(FerryProcess.text(well.path("ends").path(0).path("url")))
                    .startsWith("postgres://")
                    .contains(":***@localhost:" + toSource.port() + "/");
            assertThat(FerryProcess.text(well.path("version"))).isNotEqualTo("development");
            assertThat(well.path("threads").toString()).contains("ferry-runner");

            toSource.refuse();
            toSource.cutAll();
            awaitReadiness(ferry, 503);
            assertThat(detail(ferry, "source")).startsWith("cannot be worked with since 20");
            assertThat(detail(ferry, "target")).isEqualTo("answers");
            ferry.get("/actuator/health/liveness").expect(200);
            assertThat(diagnostics(ferry).path("ends").path(0).path("usable").booleanValue(true))
                    .isFalse();
            Awaitility.await("what is tried again is counted")
                    .atMost(PATIENCE)
                    .until(() -> metric(ferry, "ferry_retries_total") > 0);
            toSource.resume();
            awaitReadiness(ferry, 200);

            toTarget.blackHole();
            diagnostics(ferry);
            awaitReadiness(ferry, 503);
            diagnostics(ferry);
            ferry.get("/actuator/health/liveness").expect(200);
            toTarget.resume();
            awaitReadiness(ferry, 200);
            ferry.awaitInSync();
            assertNoSecretShown(ferry);
        }
    }

    @Test
    void diagnosticsWorkWhereNeitherUrlLeadsAnywhere() {
        try (FerryProcess ferry = FerryProcess.between(source, target)
                .source("postgres://app:s3cret%2Fsource@localhost:1/shop?sslmode=disable&token=s3cret-parameter")
                .target("postgres://app:s3cret%2Ftarget@localhost/")
                .secret("s3cret/source")
                .secret("s3cret/target")
                .secret("s3cret-parameter")
                .start()) {
            JsonNode all = diagnostics(ferry);

            assertThat(FerryProcess.text(all.path("ends").path(0).path("url")))
                    .isEqualTo("postgres://app:***@localhost:1/shop?sslmode=disable&token=***");
            assertThat(FerryProcess.text(all.path("ends").path(1).path("trouble")))
                    .contains("PLANETSCALE_URL");
            assertThat(shown).noneMatch(text -> text.contains("s3cret"));
            ferry.get("/actuator/health/readiness").expect(503);
            ferry.get("/actuator/health/liveness").expect(200);
        }
    }

    @Test
    void logsAreJsonByASettingAndInUtcWhereverFerryRuns() {
        for (String format : List.of("ecs", "logstash", "")) {
            FerryProcess.Builder builder = FerryProcess.between(source, target).set("TZ", "Asia/Kathmandu");
            if (!format.isEmpty()) {
                builder.set("LOGGING_STRUCTURED_FORMAT_CONSOLE", format);
            }
            try (FerryProcess ferry = builder.start()) {
                ferry.get("/health").expect(200); // the first request logs that the servlet begins
                ferry.terminate();
                List<String> lines = ferry.output().lines().toList();
                assertThat(lines).isNotEmpty();
                for (String line : lines) {
                    String at = format.isEmpty()
                            ? line.substring(0, Math.min(line.length(), 24))
                            : FerryProcess.text(JSON.readTree(line).path("@timestamp"));
                    assertThat(at).as(line).matches("20\\d\\d-\\d\\d-\\d\\dT[0-9:.]+Z");
                }
                if (!format.isEmpty()) {
                    assertThat(lines.toString()).contains("\"request_id\":\"");
                }
            }
        }
    }
}
