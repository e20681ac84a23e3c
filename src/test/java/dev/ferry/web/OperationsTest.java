package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.End;
import dev.ferry.migration.Phase;
import dev.ferry.web.StoryMigration.Scene;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Health, numbers, diagnostics and request ids, over real HTTP. */
@ExtendWith(OutputCaptureExtension.class)
class OperationsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static RunningWeb web;

    @BeforeAll
    static void start() {
        web = RunningWeb.start();
    }

    @AfterAll
    static void stop() {
        web.close();
    }

    @BeforeEach
    void reset() {
        web.migration.reset();
        web.migration.at(Scene.COPYING);
    }

    private static JsonNode json(HttpResponse<String> response) {
        return JSON.readTree(response.body());
    }

    private static String metrics() {
        HttpResponse<String> response = web.script().get("/metrics");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain;version=0.0.4");
        return response.body();
    }

    private static double metric(String name) {
        String line = metrics()
                .lines()
                .filter(found -> found.startsWith(name + " "))
                .collect(Collectors.collectingAndThen(
                        Collectors.toList(), found -> found.size() == 1 ? found.get(0) : name + " is " + found));
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness"})
    void healthIsOpenAndShowsNothingButItsStatus(String path) {
        HttpResponse<String> response = web.client().get(path);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(json(response).get("status").stringValue()).isEqualTo("UP");
        assertThat(json(response).propertyNames()).isSubsetOf("status", "groups");
        assertThat(response.headers().firstValue("Set-Cookie")).isEmpty();
    }

    @Test
    void readinessFollowsTheDatabasesAndLivenessDoesNot() {
        for (End end : End.values()) {
            web.migration.gone(end, "connection to db-17.internal.example refused");

            assertThat(web.client().get("/actuator/health/readiness").statusCode())
                    .isEqualTo(503);
            assertThat(web.client().get("/actuator/health").statusCode()).isEqualTo(503);
            assertThat(web.client().get("/actuator/health/liveness").statusCode())
                    .isEqualTo(200);
            assertThat(web.client().get("/health").statusCode()).isEqualTo(200);

            web.migration.gone(end, null);
            assertThat(web.client().get("/actuator/health/readiness").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void whoLogsInIsToldWhichEndIsGoneAndNobodyWhereItIs() {
        web.migration.gone(End.SOURCE, "connection to db-17.internal.example refused");

        HttpResponse<String> told = web.script().get("/actuator/health/readiness");
        HttpResponse<String> open = web.client().get("/actuator/health/readiness");

        assertThat(told.statusCode()).isEqualTo(503);
        assertThat(json(told).at("/components/ends/details/source").stringValue())
                .isEqualTo("cannot be worked with since 2026-03-14T12:00:02Z; the dashboard says why");
        assertThat(json(told).at("/components/ends/details/target").stringValue())
                .isEqualTo("answers");
        assertThat(told.body()).doesNotContain("db-17");
        assertThat(open.body()).doesNotContain("db-17", "source", "since");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/actuator",
                "/actuator/env",
                "/actuator/beans",
                "/actuator/heapdump",
                "/actuator/prometheus",
                "/actuator/metrics",
                "/actuator/info",
                "/actuator/loggers",
                "/actuator/shutdown",
                "/livez",
                "/readyz"
            })
    void nothingElseOfTheActuatorIsThere(String path) {
        assertThat(web.client().get(path).statusCode()).isEqualTo(401);
        assertThat(web.script().get(path).statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/actuator/health/ends", "/actuator/health/nothing"})
    void healthHasNoOtherDoors(String path) {
        assertThat(web.client().get(path).statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/metrics", "/diagnostics"})
    void numbersAndDiagnosticsAreBehindThePassword(String path) {
        for (HttpResponse<String> response : Set.of(
                web.client().get(path),
                web.client().get(path, "Accept", "text/html"),
                web.client().get(path, "Authorization", RunningWeb.basic("admin", "wrong")))) {
            assertThat(response.statusCode()).isEqualTo(401);
            assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
            assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
            assertThat(json(response).get("code").stringValue()).isEqualTo("unauthorized");
        }
        assertThat(web.script().get(path).statusCode()).isEqualTo(200);
        assertThat(web.browser().get(path).statusCode()).isEqualTo(200);
        assertThat(web.script().get(path, "Sec-Fetch-Site", "cross-site").statusCode())
                .isEqualTo(403);
        assertThat(web.script().post(path).statusCode()).isEqualTo(405);
    }

    @Test
    void exactlyOnePhaseIsOne() {
        for (Scene scene : Set.of(Scene.COPYING, Scene.IN_SYNC, Scene.SWITCHED)) {
            web.migration.at(scene);
            String all = metrics();
            for (Phase phase : Phase.values()) {
                assertThat(all)
                        .contains("\nferry_phase{phase=\"" + phase.label() + "\"} "
                                + (phase == scene.phase ? "1.0" : "0.0") + "\n");
            }
        }
    }

    @Test
    void theNumbersAreThoseOfTheStatus() {
        web.migration.at(Scene.IN_SYNC);
        web.migration.lag(3.4, 1_234);
        JsonNode status = json(web.script().get("/status"));

        assertThat(metric("ferry_lag_seconds")).isEqualTo(3.4);
        assertThat(metric("ferry_pending_changes")).isEqualTo(1_234);
        assertThat(metric("ferry_leader")).isEqualTo(1);
        assertThat(metric("ferry_tables")).isEqualTo(12);
        assertThat(metric("ferry_tables_suspended")).isZero();
        assertThat(metric("ferry_copy_bytes_done"))
                .isEqualTo(status.at("/progress_signals/byte_weighted/copied_bytes")
                        .doubleValue(0));
        assertThat(metric("ferry_copy_bytes_planned")).isGreaterThan(12e9);
        assertThat(metric("ferry_copy_rows")).isPositive();
        assertThat(metric("ferry_copy_chunks_done")).isEqualTo(metric("ferry_copy_chunks_planned"));
        assertThat(metric("ferry_write_blocked_ms")).isNaN();

        web.migration.at(Scene.SWITCHED);
        assertThat(metric("ferry_write_blocked_ms")).isEqualTo(1_840);
        web.migration.at(Scene.DRIFTED);
        assertThat(metric("ferry_tables_suspended")).isEqualTo(1);
        web.migration.at(Scene.FOLLOWER);
        assertThat(metric("ferry_leader")).isZero();
    }

    @Test
    void countersAreThoseOfTheProcess() {
        assertThat(metric("ferry_cycles_total")).isEqualTo(1_204);
        assertThat(metric("ferry_cycle_duration_seconds_count")).isEqualTo(1_204);
        assertThat(metric("ferry_cycle_duration_seconds_sum")).isEqualTo(96.32);
        assertThat(metric("ferry_keys_applied_total")).isEqualTo(88_412);
        assertThat(metric("ferry_retries_total")).isEqualTo(3);
        assertThat(metric("ferry_end_up{end=\"source\"}")).isEqualTo(1);
        assertThat(metric("ferry_pool_connections{end=\"target\",state=\"active\"}"))
                .isEqualTo(2);
        assertThat(metrics())
                .contains("jvm_memory_used_bytes{", "process_uptime_seconds ", "jvm_threads_live_threads ");
    }

    @Test
    void everyMetricOfFerryIsDocumented() throws java.io.IOException {
        String documented = java.nio.file.Files.readString(java.nio.file.Path.of("docs/operations.md"));
        Set<String> names = metrics()
                .lines()
                .filter(line -> line.startsWith("# TYPE ferry_"))
                .map(line -> line.split(" ")[2])
                .collect(Collectors.toSet());

        assertThat(names)
                .hasSizeGreaterThan(15)
                .allSatisfy(name -> assertThat(documented).contains("`" + name));
    }

    @Test
    void diagnosticsHoldTheSettingsOfTheDashboardBesideTheOthers() {
        JsonNode settings = json(web.script().get("/diagnostics")).get("settings");

        assertThat(settings.propertyNames())
                .contains("ferry.copy.workers")
                .containsAll(Arrays.stream(WebSettings.class.getRecordComponents())
                        .map(component -> "ferry.web."
                                + component
                                        .getName()
                                        .replaceAll("([A-Z])", "-$1")
                                        .toLowerCase(Locale.ROOT))
                        .toList());
        assertThat(settings.get("ferry.web.session-timeout").stringValue()).isEqualTo("PT12H");
    }

    @Test
    void diagnosticsHoldWhatAHelperNeeds() {
        HttpResponse<String> response = web.script().get("/diagnostics");

        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(response.headers().firstValue("Content-Disposition").orElseThrow())
                .matches("attachment; filename=\"ferry-diagnostics-\\d{8}T\\d{6}Z\\.json\"");
        JsonNode all = json(response);
        assertThat(all.propertyNames())
                .containsExactly(
                        "timestamp",
                        "version",
                        "commit",
                        "java",
                        "process",
                        "memory",
                        "settings",
                        "variables",
                        "ends",
                        "counts",
                        "retries",
                        "status",
                        "preflight",
                        "events",
                        "threads");
        assertThat(all.get("timestamp").stringValue()).matches("\\d{4}-.*Z");
        assertThat(all.at("/java/version").stringValue())
                .startsWith(Integer.toString(Runtime.version().feature()));
        assertThat(all.at("/process/uptime_seconds").longValue(0)).isPositive();
        assertThat(all.at("/memory/heap_used").longValue(0)).isPositive();
        assertThat(all.at("/settings/ferry.copy.workers").stringValue()).isEqualTo("2");
        assertThat(all.at("/ends/0/server_version").stringValue()).isEqualTo("16.8");
        assertThat(all.at("/ends/1/pool/maximum").intValue(0)).isEqualTo(11);
        assertThat(all.at("/status/phase").stringValue()).isEqualTo("copying");
        assertThat(all.at("/status/tables")).hasSize(12);
        assertThat(all.at("/preflight/checks").isEmpty()).isFalse();
        assertThat(all.at("/events/0/message").stringValue()).startsWith("Preflight");
        assertThat(all.at("/retries/total").longValue(0)).isEqualTo(3);
        assertThat(all.get("threads").toString()).contains("\"name\":\"main\"", "\"state\":\"RUNNABLE\"");
    }

    @Test
    void diagnosticsTellOfDifferencesAndNotTheirKeys() {
        web.migration.verified(StoryMigration.DAMAGED);

        String all = web.script().get("/diagnostics").body();

        assertThat(all).contains("\"differences\":3", "customers").doesNotContain("@example.com");
        assertThat(web.script().get("/status").body()).contains("ada@example.com");
    }

    @Test
    void ofTheEnvironmentOnlyNamesAreShown() {
        assertThat(Diagnostics.variablesIn(Set.of("PASSWORD", "FERRY_CHUNK_SIZE", "AWS_SECRET", "PATH", "SPRING_X")))
                .containsExactly("FERRY_CHUNK_SIZE", "PASSWORD", "SPRING_X");
    }

    @Test
    void noneOfItHoldsThePassword() {
        for (String path : Set.of("/metrics", "/diagnostics", "/actuator/health")) {
            assertThat(web.script().get(path).body()).as(path).doesNotContain("horse", "🐎");
        }
    }

    @Test
    void thereIsNoDataSourceOfSprings() {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> web.bean(DataSource.class))
                .isInstanceOf(org.springframework.beans.factory.NoSuchBeanDefinitionException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/health", "/status", "/nothing", "/actuator/health", "/assets/none.js"})
    void everyAnswerHasARequestIdOfItsOwn(String path) {
        for (RunningWeb.Client client : Set.of(web.client(), web.script())) {
            String first = client.get(path).headers().firstValue("X-Request-Id").orElseThrow();
            String second =
                    client.get(path).headers().firstValue("X-Request-Id").orElseThrow();
            assertThat(first).matches("[0-9a-f-]{36}").isNotEqualTo(second);
        }
    }

    @Test
    void whatTheFirewallRefusesHasARequestIdToo() {
        assertThat(RawRequest.send(web.port(), "GET /status;x=1").headers().firstValue("X-Request-Id"))
                .isPresent();
        assertThat(RawRequest.send(web.port(), "BREW /status").headers().firstValue("X-Request-Id"))
                .isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "8d5f6a1e-0c1b-4b53-9a0e-5a8d7a0f6c11, true",
        "abc+/=_.9, true",
        "'', false",
        "two words, false",
        "<script>, false",
        "quote\"it, false"
    })
    void aValidIdIsKeptAndAnyOtherReplaced(String sent, boolean kept) {
        String answered = web.client()
                .get("/health", "X-Request-Id", sent)
                .headers()
                .firstValue("X-Request-Id")
                .orElseThrow();

        assertThat(answered.equals(sent)).isEqualTo(kept);
        assertThat(answered).matches(Pattern.compile("[A-Za-z0-9+/=_.-]{1,200}"));
    }

    @Test
    void aVeryLongIdIsReplaced() {
        assertThat(web.client()
                        .get("/health", "X-Request-Id", "x".repeat(201))
                        .headers()
                        .firstValue("X-Request-Id")
                        .orElseThrow())
                .hasSize(36);
    }

    @Test
    void theIdStandsInTheLogLinesOfItsRequestAndInNoOthers(CapturedOutput output) {
        web.migration.failWith(new IllegalStateException("planned"));

        web.script().get("/status", "X-Request-Id", "the-one-that-failed");
        web.migration.failWith(null);
        org.slf4j.LoggerFactory.getLogger("outside").info("of no request");

        assertThat(output.toString().lines().filter(line -> line.contains("GET /status failed")))
                .singleElement()
                .asString()
                .contains("[the-one-that-failed] ");
        assertThat(output.toString().lines().filter(line -> line.contains("of no request")))
                .singleElement()
                .asString()
                .doesNotContain("[]", "the-one-that-failed");
    }
}
