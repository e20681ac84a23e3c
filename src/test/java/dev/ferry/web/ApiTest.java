package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Event;
import dev.ferry.migration.Action;
import dev.ferry.migration.Outcome;
import dev.ferry.web.StoryMigration.Scene;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ApiTest {
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
    }

    private static JsonNode json(HttpResponse<String> response) {
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        return JSON.readTree(response.body());
    }

    private static JsonNode get(String path) {
        HttpResponse<String> response = web.script().get(path);
        assertThat(response.statusCode()).isEqualTo(200);
        return json(response);
    }

    @Test
    void healthIsOpen() {
        HttpResponse<String> response = web.client().get("/health");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(json(response).get("ok").booleanValue()).isTrue();
        assertThat(json(response).get("timestamp").stringValue()).matches("\\d{4}-.*Z");
        assertThat(response.headers().firstValue("Set-Cookie")).isEmpty();
    }

    @Test
    void statusHasTheNamesOfTheDocumentation() {
        web.migration.at(Scene.SOFT_BLOCKED);

        JsonNode status = get("/status");

        assertThat(status.propertyNames())
                .containsExactly(
                        "phase",
                        "state",
                        "message",
                        "error",
                        "started_at",
                        "switched_at",
                        "completed_at",
                        "write_blocked_ms",
                        "timestamp",
                        "leader",
                        "legal_actions",
                        "excluded_tables",
                        "target_changes",
                        "switch",
                        "cutover_readiness",
                        "progress_signals",
                        "tables",
                        "verification");
        assertThat(status.get("verification").propertyNames())
                .containsExactly(
                        "state",
                        "message",
                        "started_at",
                        "finished_at",
                        "tables_compared",
                        "tables_total",
                        "rows_compared",
                        "percent",
                        "differences",
                        "tables",
                        "definitions");
        assertThat(status.get("switch").propertyNames())
                .containsExactly("attempt", "state", "waiting_for", "last_error");
        JsonNode readiness = status.get("cutover_readiness");
        assertThat(readiness.propertyNames())
                .containsExactly("level", "can_force", "message", "hard_blockers", "soft_blockers", "notes");
        assertThat(readiness.get("level").stringValue()).isEqualTo("warning");
        assertThat(readiness.at("/soft_blockers/0/code").stringValue()).isEqualTo("long_transaction_open");
        JsonNode signals = status.get("progress_signals");
        assertThat(signals.propertyNames())
                .containsExactly(
                        "table_phase",
                        "byte_weighted",
                        "replication_delay",
                        "throughput_eta",
                        "event_checklist",
                        "stall_detection");
        assertThat(signals.get("table_phase").propertyNames())
                .containsExactly("phase", "current_table", "tables_completed", "total_tables");
        assertThat(signals.get("byte_weighted").propertyNames())
                .containsExactly("copied_bytes", "total_bytes", "percent");
        assertThat(signals.get("replication_delay").propertyNames())
                .containsExactly(
                        "seconds",
                        "seconds_since_last_good",
                        "last_good_sync",
                        "pending_changes",
                        "backlog_trend",
                        "health_state",
                        "blocker_reason");
        assertThat(signals.get("throughput_eta").isNull()).isTrue();
        assertThat(signals.get("stall_detection").propertyNames())
                .containsExactly("stalled", "no_progress_minutes", "message", "next_steps");
        assertThat(signals.at("/event_checklist").propertyNames()).containsExactly("steps", "completed", "total");
        assertThat(status.get("tables")).hasSize(12);
        assertThat(status.get("started_at").stringValue()).isEqualTo("2026-03-14T09:12:21Z");
        assertThat(status.get("switched_at").isNull()).isTrue();
    }

    @Test
    void throughputHasItsFourNumbersDuringTheCopy() {
        web.migration.at(Scene.COPYING);

        assertThat(get("/status").at("/progress_signals/throughput_eta").propertyNames())
                .containsExactly("bytes_per_min", "mb_per_min", "eta_min_minutes", "eta_max_minutes");
    }

    @Test
    void preflightChecksListWhatRunbooksReadAndEveryFinding() {
        web.migration.at(Scene.BLOCKED);

        JsonNode report = get("/preflight-checks");

        assertThat(report.at("/tables_without_pk_or_unique/0").stringValue())
                .isEqualTo("warehouse.inventory_movements");
        assertThat(report.at("/tables_with_generated_columns/0/table").stringValue())
                .isEqualTo("orders");
        assertThat(report.at("/tables_with_generated_columns/0/columns/0").stringValue())
                .isEqualTo("total_cents");
        assertThat(report.get("all_tables_valid").booleanValue()).isFalse();
        assertThat(report.at("/checks/0").propertyNames())
                .containsExactly("id", "level", "title", "detail", "remedy", "could_not_run");
        assertThat(report.at("/checks/3/level").stringValue()).isEqualTo("blocker");
        assertThat(report.at("/checks/5/could_not_run").booleanValue()).isTrue();
    }

    @Test
    void allTablesAreValidWithoutBlockers() {
        assertThat(get("/preflight-checks").get("all_tables_valid").booleanValue())
                .isTrue();
    }

    @Test
    void logsAreAHundredLinesUnlessMoreAreAskedForAndNeverAboveAThousand() {
        for (int i = 0; i < 1_100; i++) {
            web.migration.event(Event.Level.INFO, "line " + i);
        }

        assertThat(get("/logs").get("logs")).hasSize(100);
        assertThat(get("/logs?lines=3").get("logs")).hasSize(3);
        assertThat(get("/logs?lines=3").at("/logs/2").propertyNames()).containsExactly("at", "level", "message");
        assertThat(get("/logs?lines=1001").get("logs")).hasSize(1000);
        assertThat(get("/logs?lines=99999999999999999999").get("logs")).hasSize(1000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "ten", "", "1.5", "%F0%9F%90%8E", "1&lines=2", "%zz", "%00"})
    void aNumberOfLinesThatIsNoneIsABadRequest(String lines) {
        HttpResponse<String> response = raw("GET /logs?lines=" + lines);

        assertThat(response.statusCode()).isEqualTo(400);
    }

    /** HttpClient refuses to send some of these. */
    private static HttpResponse<String> raw(String line) {
        return RawRequest.send(web.port(), line, "Authorization: " + RunningWeb.basic("admin", RunningWeb.PASSWORD));
    }

    @ParameterizedTest
    @CsvSource({
        "CLEAR, /start-migration, START",
        "READY, /start-copy, START_COPY",
        "COPYING, /pause-sync, PAUSE",
        "COPY_PAUSED, /resume-sync, RESUME",
        "IN_SYNC, /switch-traffic, SWITCH",
        "SWITCHED, /revert-switch, REVERT",
        "SWITCHED, /cleanup, CLEANUP",
        "FAILED, /retry, RETRY",
        "COPYING, /abort, ABORT",
        "COMPLETED, /remove-state, REMOVE_STATE",
        "IN_SYNC, /verify, VERIFY",
        "SOFT_BLOCKED, /pause-verification, PAUSE_VERIFICATION",
        "GAVE_UP, /resume-verification, RESUME_VERIFICATION",
        "DRIFTED, /repair, REPAIR"
    })
    void eachPathAsksForItsAction(Scene scene, String path, Action action) {
        web.migration.at(scene);

        HttpResponse<String> response = web.script().post(path);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(json(response).propertyNames()).containsExactly("success", "message");
        assertThat(json(response).get("success").booleanValue()).isTrue();
        assertThat(web.migration.performed)
                .extracting(StoryMigration.Performed::action)
                .containsExactly(action);
    }

    @Test
    void startTakesHoldAndTheChecksThatAreConfirmed() {
        web.migration.at(Scene.BLOCKED);

        web.script().post("/start-migration?hold=true&confirm=source-rights&confirm=prepared%2Dtransactions");

        assertThat(web.migration.performed.get(0).options().hold()).isTrue();
        assertThat(web.migration.performed.get(0).options().confirmedChecks())
                .isEqualTo(Set.of("source-rights", "prepared-transactions"));
    }

    @Test
    void forceIsTakenFromTheQueryAndNeverFromABody() {
        web.migration.at(Scene.SOFT_BLOCKED);

        HttpResponse<String> body = web.script()
                .send(
                        "POST",
                        "/switch-traffic",
                        HttpRequest.BodyPublishers.ofString("force=true"),
                        "Content-Type",
                        "application/x-www-form-urlencoded");
        assertThat(body.statusCode()).isEqualTo(409);
        assertThat(json(body).get("code").stringValue()).isEqualTo("cutover_override_required");

        assertThat(web.script().post("/switch-traffic?force=true").statusCode()).isEqualTo(200);
    }

    @Test
    void aFlagThatIsNeitherTrueNorFalseDoesNothing() {
        web.migration.at(Scene.SOFT_BLOCKED);

        assertThat(web.script().post("/switch-traffic?force=yes").statusCode()).isEqualTo(400);
        assertThat(web.script().post("/switch-traffic?force=true&force=false").statusCode())
                .isEqualTo(400);
        assertThat(web.migration.performed).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"application/json", "multipart/form-data; boundary=x", "text/plain", "nonsense", "a/b/c;;;=", ""
            })
    void bodiesAndContentTypesAreIgnored(String type) {
        web.migration.at(Scene.COPYING);

        HttpResponse<String> response = RawRequest.send(
                web.port(),
                "POST /pause-sync",
                "Authorization: " + RunningWeb.basic("admin", RunningWeb.PASSWORD),
                "Content-Type: " + type,
                "Content-Length: 9",
                "",
                "{\"broken\"");

        assertThat(response.statusCode()).isEqualTo(200);
    }

    @Test
    void whateverTheClientAcceptsTheAnswerIsJson() {
        assertThat(json(web.script().get("/status", "Accept", "application/xml"))
                        .get("phase"))
                .isNotNull();
        assertThat(json(web.script().get("/status", "Accept", "text/html")).get("phase"))
                .isNotNull();
    }

    @Test
    void aRefusalNamesPhaseAndCode() {
        HttpResponse<String> response = web.script().post("/cleanup");

        assertThat(response.statusCode()).isEqualTo(409);
        JsonNode body = json(response);
        assertThat(body.propertyNames()).containsExactly("success", "error", "message", "phase", "code");
        assertThat(body.get("success").booleanValue()).isFalse();
        assertThat(body.get("error")).isEqualTo(body.get("message"));
        assertThat(body.get("phase").stringValue()).isEqualTo("waiting");
        assertThat(body.get("code").stringValue()).isEqualTo("wrong_phase");
    }

    @ParameterizedTest
    @CsvSource({
        "BLOCKED, /start-migration, preflight_blocked, false",
        "DRIFTED, /switch-traffic?force=true, cutover_blocked, true",
        "SOFT_BLOCKED, /switch-traffic, cutover_override_required, true",
        "FOLLOWER, /pause-sync, not_leader, false"
    })
    void readinessStandsBesideTheTwoCutoverCodes(Scene scene, String path, String code, boolean withReadiness) {
        web.migration.at(scene);

        HttpResponse<String> response = web.script().post(path);

        assertThat(response.statusCode()).isEqualTo(409);
        assertThat(json(response).get("code").stringValue()).isEqualTo(code);
        assertThat(json(response).has("readiness")).isEqualTo(withReadiness);
        assertThat(web.migration.scene()).isEqualTo(scene);
    }

    @Test
    void whatIsNotOverInTimeIsPending() {
        web.migration.at(Scene.IN_SYNC);
        web.migration.answerNext(() -> new Outcome.Pending("The switch goes on."));

        HttpResponse<String> response = web.script().post("/switch-traffic");

        assertThat(response.statusCode()).isEqualTo(202);
        assertThat(json(response).get("pending").booleanValue()).isTrue();
        assertThat(json(response).get("success").booleanValue()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /start-migration",
        "GET, /abort",
        "PUT, /switch-traffic",
        "DELETE, /status",
        "POST, /health",
        "POST, /status",
        "HEAD, /abort",
        "PATCH, /cleanup"
    })
    void aWrongMethodIs405AsJson(String method, String path) {
        HttpResponse<String> response = web.script().send(method, path, HttpRequest.BodyPublishers.noBody());

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("Allow")).isPresent();
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        if (!method.equals("HEAD")) {
            assertThat(json(response).get("code").stringValue()).isEqualTo("method_not_allowed");
        }
        assertThat(web.migration.performed).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nothing", "/status/", "/error", "/actuator", "/v1/status", "/logs/x", "/favicon.ico"})
    void anUnknownPathIs404AsJsonForScriptsAndAPageForBrowsers(String path) {
        HttpResponse<String> script = web.script().get(path);
        assertThat(script.statusCode()).isEqualTo(404);
        assertThat(json(script).get("code").stringValue()).isEqualTo("not_found");

        HttpResponse<String> browser = web.browser().get(path);
        assertThat(browser.statusCode()).isEqualTo(404);
        assertThat(browser.body()).contains("There is nothing at this address").doesNotContain("Whitelabel");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /%2e%2e/etc",
                "GET //status",
                "GET /status;x=1",
                "GET /a%00b",
                "TRACE /status",
                "BREW /status"
            })
    void whatTheFirewallRefusesShowsNothingOfTheInside(String line) {
        HttpResponse<String> response = raw(line);

        assertThat(response.statusCode()).isBetween(400, 405);
        assertThat(response.body()).doesNotContain("Exception", "Whitelabel", "Tomcat", "at org.");
    }

    @Test
    void aFailureOfFerrySaysWhatAndWhatToDo() {
        web.migration.failWith(
                new FerryException(FailureCode.TARGET, "The target cannot be reached.", "Look at PLANETSCALE_URL."));

        HttpResponse<String> response = web.script().get("/status");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(json(response).get("message").stringValue())
                .isEqualTo("The target cannot be reached. Look at PLANETSCALE_URL.");
        assertThat(json(response).get("code").stringValue()).isEqualTo("target");
    }

    @Test
    void aDefectShowsNoStackTraceAndNoMessage() {
        web.migration.failWith(new IllegalStateException("secret detail"));

        for (HttpResponse<String> response : List.of(
                web.script().get("/status"),
                web.script().post("/abort"),
                web.script().get("/"))) {
            assertThat(response.statusCode()).isEqualTo(500);
            assertThat(response.body()).doesNotContain("secret detail", "IllegalState", "\tat ");
        }
        web.migration.failWith(null);
        assertThat(web.browser().get("/").statusCode()).isEqualTo(200);
    }
}
