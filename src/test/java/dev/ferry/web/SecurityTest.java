package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.web.StoryMigration.Scene;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecurityTest {
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/status",
                "/preflight-checks",
                "/logs",
                "/events",
                "/history",
                "/cutover.sql",
                "/metrics",
                "/diagnostics",
                "/actuator",
                "/actuator/env",
                "/nothing",
                "/error",
                "/assets-of-others"
            })
    void withoutALogInTheApiAnswers401AsJsonAndChallengesNobody(String path) {
        HttpResponse<String> response = web.client().get(path, "Accept", "text/html");

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
        assertThat(response.headers().firstValue("Location")).isEmpty();
        assertThat(response.headers().firstValue("Set-Cookie")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/abort", "/switch-traffic", "/start-migration", "/cleanup", "/remove-state"})
    void withoutALogInNothingIsDone(String path) {
        HttpResponse<String> response = web.client().post(path);

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
        assertThat(web.migration.performed).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/confirm/abort"})
    void withoutALogInPagesLeadToTheLogIn(String path) {
        HttpResponse<String> response = web.client().get(path);

        assertThat(response.statusCode()).isEqualTo(302);
        assertThat(response.headers().firstValue("Location")).hasValue("/login");
    }

    @Test
    void aButtonPressedAfterTheSessionEndedLeadsToTheLogIn() {
        HttpResponse<String> response = web.client().form("/actions/abort", Map.of("_csrf", "old"));

        assertThat(response.statusCode()).isEqualTo(302);
        assertThat(response.headers().firstValue("Location")).hasValue("/login");
        assertThat(web.migration.performed).isEmpty();
    }

    @Test
    void theRightPasswordOpensAndItsBytesAreTakenAsTheyAre() {
        assertThat(web.script().get("/status").statusCode()).isEqualTo(200);
        assertThat(web.browser().get("/").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "admin, wrong",
        "admin, ''",
        "Admin, RIGHT",
        "root, RIGHT",
        "'', RIGHT",
        "admin, 'corr${ect} horse: passwörd 🐎%2B+'",
        "admin, 'RIGHT '"
    })
    void aWrongUserOrPasswordIs401(String user, String password) {
        String actual = password.replace("RIGHT", RunningWeb.PASSWORD);

        HttpResponse<String> response = web.client().get("/status", "Authorization", RunningWeb.basic(user, actual));

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
        assertThat(response.body()).contains("\"code\":\"unauthorized\"").doesNotContain("horse");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic", "Basic %%%", "Basic bm9jb2xvbg==", "Bearer x", "Negotiate abc", "x"})
    void anAuthorizationThatIsNoneIs401(String header) {
        assertThat(web.client().get("/status", "Authorization", header).statusCode())
                .isEqualTo(401);
        assertThat(web.client().get("/", "Authorization", header).statusCode()).isEqualTo(401);
    }

    @Test
    void healthIsOpenWhateverTheAuthorization() {
        assertThat(web.client().get("/health", "Authorization", "Basic wrong").statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"cross-site, 403", "same-site, 403", "anything, 403", "same-origin, 200", "none, 200"})
    void basicIsRefusedWhereABrowserSaysThatAnotherSiteAsks(String site, int status) {
        HttpResponse<String> response = web.script().post("/pause-sync", "Sec-Fetch-Site", site);

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(web.migration.performed).hasSize(status == 200 ? 1 : 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/abort", "/switch-traffic?force=true", "/actions/abort", "/actions/check", "/logout"})
    void aSessionWithoutItsTokenIs403AndNothingIsDone(String path) {
        RunningWeb.Client browser = web.browser();

        for (HttpResponse<String> response : List.of(
                browser.post(path),
                browser.post(path, "X-CSRF-TOKEN", "guess"),
                browser.form(path, Map.of("_csrf", "guess")))) {
            assertThat(response.statusCode()).isEqualTo(403);
            assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
            assertThat(response.body()).contains("\"code\":\"csrf\"");
        }
        assertThat(web.migration.performed).isEmpty();
        assertThat(browser.get("/").statusCode()).isEqualTo(200);
    }

    @Test
    void aSessionWithItsTokenInAHeaderMayUseTheApi() {
        RunningWeb.Client browser = web.browser();

        assertThat(browser.post("/pause-sync", "X-CSRF-TOKEN", browser.token("/"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(web.migration.performed).hasSize(1);
    }

    @Test
    void aHeaderCannotSwitchTheTokenOffForASession() {
        RunningWeb.Client browser = web.browser();

        HttpResponse<String> response = browser.post("/abort", "Authorization", RunningWeb.basic("admin", "wrong"));

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(web.migration.performed).isEmpty();
    }

    @Test
    void aFormPostActsAndComesBackWithAMessage() {
        RunningWeb.Client browser = web.browser();

        HttpResponse<String> response = browser.form("/actions/pause", Map.of("_csrf", browser.token("/")));

        assertThat(response.statusCode()).isEqualTo(303);
        assertThat(response.headers().firstValue("Location")).hasValue("/");
        assertThat(browser.get("/").body()).contains("Done: pause.");
        assertThat(browser.get("/").body()).doesNotContain("Done: pause.");
    }

    @Test
    void logInGivesANewSessionAndLogOutEndsIt() {
        RunningWeb.Client browser = web.client();
        browser.get("/login");
        HttpResponse<String> in = browser.logIn(RunningWeb.PASSWORD);
        assertThat(in.headers().firstValue("Location")).hasValue("/");
        String cookie = in.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(cookie).startsWith("ferry_session=").contains("HttpOnly", "SameSite=Lax", "Path=/");
        assertThat(cookie).doesNotContain("Secure");
        assertThat(browser.get("/").statusCode()).isEqualTo(200);

        HttpResponse<String> out = browser.form("/logout", Map.of("_csrf", browser.token("/")));

        assertThat(out.headers().firstValue("Location")).hasValue("/login?out");
        assertThat(browser.get("/").statusCode()).isEqualTo(302);
        String old = cookie.substring(0, cookie.indexOf(';'));
        assertThat(web.client().get("/status", "Cookie", old).statusCode()).isEqualTo(401);
    }

    @Test
    void aWrongPasswordInTheFormSaysSo() {
        RunningWeb.Client browser = web.client();

        HttpResponse<String> response = browser.logIn("wrong");

        assertThat(response.headers().firstValue("Location")).hasValue("/login?failed");
        assertThat(browser.get("/login?failed").body()).contains("That is not the password.");
        assertThat(browser.get("/").statusCode()).isEqualTo(302);
    }

    @Test
    void aLogInPageThatWasOpenForTooLongIsOfferedAgain() {
        HttpResponse<String> response = web.client()
                .form("/login", Map.of("_csrf", "old", "username", "admin", "password", RunningWeb.PASSWORD));

        assertThat(response.statusCode()).isEqualTo(302);
        assertThat(response.headers().firstValue("Location")).hasValue("/login?expired");
    }

    @Test
    void aLongPasswordFitsTheForm() {
        assertThat(web.client().logIn("x".repeat(64_000)).headers().firstValue("Location"))
                .hasValue("/login?failed");
    }

    @Test
    void behindHerokusProxyTheCookieIsSecureAndTransportIsStrict() {
        RunningWeb.Client browser = web.client();

        HttpResponse<String> response = browser.get("/login", "X-Forwarded-Proto", "https");

        assertThat(response.headers().firstValue("Set-Cookie").orElseThrow()).contains("Secure");
        assertThat(response.headers().firstValue("Strict-Transport-Security").orElseThrow())
                .contains("max-age=31536000");
        assertThat(web.client().get("/login").headers().firstValue("Strict-Transport-Security"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/login",
                "/status",
                "/health",
                "/confirm/abort",
                "/nothing",
                "/metrics",
                "/diagnostics",
                "/actuator/health"
            })
    void everyAnswerHasStrictHeadersAndIsNotKept(String path) {
        var headers = web.script().get(path).headers();

        assertThat(headers.firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe", "http:", "https:");
        assertThat(headers.firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(headers.firstValue("X-Frame-Options")).hasValue("DENY");
        assertThat(headers.firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(headers.firstValue("Cache-Control").orElseThrow()).contains("no-store");
    }

    @Test
    void assetsAreOpenAndMayBeKeptBecauseTheirAddressChangesWithThem() {
        String page = web.client().get("/login").body();
        var matcher = java.util.regex.Pattern.compile("(?:href|src)=\"(/(?:assets|webjars)/[^\"]+)\"")
                .matcher(page);
        int found = 0;
        while (matcher.find()) {
            HttpResponse<String> asset = web.client().get(matcher.group(1));
            assertThat(asset.statusCode()).as(matcher.group(1)).isEqualTo(200);
            assertThat(matcher.group(1)).containsPattern("-[0-9a-f]{32}\\.|/\\d+\\.\\d+\\.\\d+/");
            assertThat(asset.headers().firstValue("Cache-Control")).hasValue("max-age=604800");
            found++;
        }
        assertThat(found).isEqualTo(5);
    }

    @Test
    void scriptsGetNoSession() {
        assertThat(web.script().get("/status").headers().firstValue("Set-Cookie"))
                .isEmpty();
        assertThat(web.script().post("/pause-sync").headers().firstValue("Set-Cookie"))
                .isEmpty();
    }

    @Test
    void noAnswerHoldsThePassword() {
        for (String path : List.of("/", "/status", "/logs", "/preflight-checks", "/confirm/abort")) {
            assertThat(web.script().get(path).body()).as(path).doesNotContain("horse", "🐎");
        }
    }
}
