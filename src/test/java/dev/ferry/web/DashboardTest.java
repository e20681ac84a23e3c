package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.database.End;
import dev.ferry.journal.Event;
import dev.ferry.migration.Action;
import dev.ferry.migration.MigrationStatus.TableStatus;
import dev.ferry.preflight.Finding;
import dev.ferry.preflight.PreflightReport;
import dev.ferry.web.StoryMigration.Scene;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DashboardTest {
    private static final Pattern BUTTON = Pattern.compile("(?:formaction=\"/actions/|href=\"/confirm/)([a-z-]+)\"");
    private static RunningWeb web;
    private static RunningWeb.Client browser;

    @BeforeAll
    static void start() {
        web = RunningWeb.start();
        browser = web.browser();
    }

    @AfterAll
    static void stop() {
        web.close();
    }

    @BeforeEach
    void reset() {
        web.migration.reset();
    }

    private static String page(Scene scene) {
        web.migration.at(scene);
        return page();
    }

    private static String page() {
        HttpResponse<String> response = browser.get("/");
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    /** The page once the checks of this moment have run. */
    private static String checkedPage(String text) {
        web.bean(Checks.class).again();
        await().until(() -> page().contains(text));
        return page();
    }

    private static Set<String> buttons(String page) {
        Set<String> names = new HashSet<>();
        BUTTON.matcher(page).results().forEach(match -> names.add(match.group(1)));
        names.remove("check");
        return names;
    }

    @ParameterizedTest
    @EnumSource(Scene.class)
    void everySceneHasItsPageWithTheLegalButtonsAndNoInlineCode(Scene scene) {
        String page = page(scene);

        Set<String> legal = new HashSet<>();
        for (Action action : web.migration.status().legalActions()) {
            legal.add(PageAction.of(action).path());
        }
        assertThat(buttons(page)).isEqualTo(legal);
        assertThat(page)
                .doesNotContain("<style", " style=", "javascript:", "src=\"http", "href=\"http", "th:")
                .doesNotContainPattern("\\son[a-z]+=")
                .doesNotContainPattern("<script(?![^>]* src=)");
        assertThat(page.split("aria-current=\"step\"", -1)).hasSize(scene == Scene.COMPLETED ? 1 : 2);
    }

    @ParameterizedTest
    @CsvSource({
        "CLEAR, Check",
        "CONFIGURING, Schema",
        "READY, Schema",
        "COPYING, Copy",
        "IN_SYNC, In sync",
        "LOCKING, Switch",
        "SWITCHED, Switch",
        "CLEANING_UP, Complete",
        "FAILED, Copy"
    })
    void theCurrentStepIsInFront(Scene scene, String step) {
        assertThat(page(scene).replaceAll("\\s+", " "))
                .containsPattern(
                        "<li class=\"(current|failed)\" aria-current=\"step\"> <span [^>]*>[^<]*</span> <span class=\"name\">"
                                + step + "</span>");
    }

    @Test
    void namesFromTheDatabaseAreText() {
        String script = "<script>alert(1)</script>";
        String quotes = "o'rders\"&<b>";
        String emoji = "bestellungen 🐎 ü";
        List<TableStatus> tables = new ArrayList<>();
        for (String name : List.of(script, quotes, emoji)) {
            tables.add(new TableStatus(script, name, "copying", 1, 2, 3, 1, 2, false, 4, script));
        }
        web.migration.tables(tables);
        web.migration.excluded(List.of(script));
        web.migration.event(Event.Level.ERROR, script);
        web.migration.at(Scene.COPYING);
        web.migration.message(script);

        String copying = page();

        assertThat(copying).doesNotContain("<script>alert", "<b>").contains("&lt;script&gt;alert(1)", "🐎 ü");
        assertThat(copying).contains("o&#39;rders&quot;&amp;&lt;b&gt;");
        String stream = new String(
                java.util.Objects.requireNonNull(web.bean(LivePage.class).messageSince(0)),
                java.nio.charset.StandardCharsets.UTF_8);
        assertThat(stream).doesNotContain("<script>").contains("🐎");

        web.migration.at(Scene.BLOCKED);
        web.migration.report(new PreflightReport(
                Instant.now(),
                List.of(new Finding(
                        "\"><script>", Finding.Level.BLOCKER, script, script, "DROP TABLE \"" + script + "\";", true)),
                List.of(),
                List.of()));
        assertThat(checkedPage("DROP TABLE")).doesNotContain("<script>alert", "\"><script>");
    }

    @Test
    void thousandsOfTablesAreShownInPartTheOnesInWorkFirst() {
        List<TableStatus> tables = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            String state = i == 2_999 ? "copying" : i == 2_998 ? "suspended" : i < 1_000 ? "copied" : "pending";
            tables.add(new TableStatus("public", "t" + i, state, 5, 10, 1, 1, 2, false, 0, null));
        }
        web.migration.tables(tables);

        String page = page(Scene.COPYING);

        assertThat(page.split("<tr role=\"row\"", -1)).hasSize(41);
        assertThat(page.indexOf(">t2998<")).isPositive().isLessThan(page.indexOf(">t2999<"));
        assertThat(page.indexOf(">t2999<")).isLessThan(page.indexOf(">t0<"));
        assertThat(page).contains("and 2,960 more tables");
        assertThat(page.length()).isLessThan(100_000);
    }

    @Test
    void progressBarsShowTheLedgersBytes() {
        web.migration.tables(List.of(new TableStatus("public", "a", "copying", 400, 1_000, 7, 4, 10, false, 0, null)));

        String page = page(Scene.COPYING);

        assertThat(page).contains("value=\"400\" max=\"1000\"", "40 %", "400 B of 1 kB", "aria-label=\"a, copied\"");
    }

    @Test
    void aVerificationIsOfferedOnceInSync() {
        assertThat(page(Scene.IN_SYNC))
                .contains("The data was not verified row by row.", "formaction=\"/actions/verify\">Verify</button>")
                .doesNotContain("/actions/repair");
        assertThat(page(Scene.COPYING)).doesNotContain("<h2>Verify</h2>");
    }

    @Test
    void aVerificationShowsItsProgress() {
        assertThat(page(Scene.SOFT_BLOCKED))
                .contains("Comparing: 5 of 12 tables done.", "value=\"423\" max=\"1000\"", "48,211,004 rows compared");
    }

    @Test
    void aVerificationNamesWhatDiffersAndOffersTheRepair() {
        assertThat(page(Scene.DRIFTED))
                .contains(
                        "<code>public.customers</code>",
                        "3 rows differ: (ada@example.com) different, (bob@example.com) missing, (&lt;b&gt;eve&lt;/b&gt;) extra",
                        "it is suspended: its columns",
                        "<code>public.orders_placed_at</code>",
                        "index: missing on the target",
                        "formaction=\"/actions/repair\">Repair</button>",
                        ">Verify again</button>");
    }

    @Test
    void findingsAreGroupedBlockersFirstWithTheirRemedies() {
        web.migration.at(Scene.BLOCKED);

        String page = checkedPage("3 things stand in the way");

        assertThat(page.indexOf("3 tables belong to another role"))
                .isLessThan(page.indexOf("Old prepared transactions"));
        assertThat(page.indexOf("Old prepared transactions")).isLessThan(page.indexOf("1 table has no key"));
        assertThat(page).contains("<pre tabindex=\"0\">GRANT analytics TO u3k2j1;</pre>");
        assertThat(page)
                .contains("name=\"confirm\" id=\"confirm-prepared-transactions\" value=\"prepared-transactions\"");
        assertThat(page).doesNotContain("id=\"confirm-source-rights\"");
    }

    @Test
    void startTakesHoldAndConfirmedChecksFromThePage() {
        web.migration.at(Scene.BLOCKED);

        browser.form(
                "/actions/start",
                Map.of("_csrf", browser.token("/"), "hold", "true", "confirm", "prepared-transactions"));

        assertThat(web.migration.performed.get(0).options().hold()).isTrue();
        assertThat(web.migration.performed.get(0).options().confirmedChecks()).containsExactly("prepared-transactions");
        assertThat(page()).contains("Start was refused: These checks stand in the way");
    }

    @Test
    void theSwitchIsAskedAboutAndSoftBlockersNeedAYes() {
        web.migration.at(Scene.SOFT_BLOCKED);
        String page = browser.get("/confirm/switch").body();
        assertThat(page).contains("From then on the app cannot write to Heroku", "transaction open for 14 min");
        assertThat(page).contains("name=\"force\" value=\"true\" required");

        browser.form("/actions/switch", Map.of("_csrf", browser.token("/")));
        assertThat(web.migration.scene()).isEqualTo(Scene.SOFT_BLOCKED);

        browser.form("/actions/switch", Map.of("_csrf", browser.token("/"), "force", "true"));
        assertThat(web.migration.scene()).isEqualTo(Scene.SWITCHED);
    }

    @Test
    void aBlockedSwitchIsNotOffered() {
        web.migration.at(Scene.DRIFTED);

        assertThat(browser.get("/confirm/switch").body())
                .contains("column note was added")
                .doesNotContain("type=\"submit\"", "name=\"force\"");
    }

    @Test
    void revertSaysHowManyRowsAreLost() {
        web.migration.at(Scene.SWITCHED);
        web.migration.targetChanges(12_345);
        web.bean(LivePage.class).render();

        assertThat(browser.get("/confirm/revert").body()).contains("12,345 rows written on PlanetScale");
    }

    @ParameterizedTest
    @CsvSource({"COPYING, abort", "FAILED, abort", "SWITCHED, complete"})
    void whereHerokuIsGoneItMayBeLeftAlone(Scene scene, String action) {
        web.migration.at(scene);
        assertThat(browser.get("/confirm/" + action).body()).doesNotContain("name=\"force\"");

        web.migration.gone(End.SOURCE, "connection to <db-17> refused");
        assertThat(browser.get("/confirm/" + action).body())
                .contains(
                        "name=\"force\" value=\"true\"",
                        "since 2026-03-14T12:00:02Z: connection to &lt;db-17&gt; refused")
                .doesNotContain("value=\"true\" required");

        browser.form("/actions/" + action, Map.of("_csrf", browser.token("/"), "force", "true"));
        assertThat(web.migration.performed)
                .singleElement()
                .satisfies(asked -> assertThat(asked.options().force()).isTrue());
    }

    @Test
    void onlyTheSourceMayBeLeftAlone() {
        web.migration.at(Scene.SWITCHED);
        web.migration.gone(End.TARGET, "connection refused");
        assertThat(browser.get("/confirm/complete").body()).doesNotContain("name=\"force\"");

        web.migration.gone(End.SOURCE, "connection refused");
        assertThat(browser.get("/confirm/revert").body()).doesNotContain("name=\"force\"");
    }

    @Test
    void aCompleteThatWaitsForHerokuMayGoOnWithoutIt() {
        web.migration.at(Scene.CLEANING_UP);
        assertThat(page()).doesNotContain("/confirm/complete");
        assertThat(browser.get("/confirm/complete").body()).contains("the migration has moved on");

        web.migration.gone(End.SOURCE, "connection refused");
        assertThat(page()).contains("href=\"/confirm/complete\"", "Complete without Heroku", "gone for good");
        assertThat(browser.get("/confirm/complete").body())
                .contains("name=\"force\" value=\"true\" required", "type=\"submit\"")
                .doesNotContain("the migration has moved on");

        browser.form("/actions/complete", Map.of("_csrf", browser.token("/"), "force", "true"));
        assertThat(web.migration.scene()).isEqualTo(Scene.COMPLETED);
    }

    @Test
    void aConfirmationThatCameTooLateOffersNothing() {
        web.migration.at(Scene.COMPLETED);

        assertThat(browser.get("/confirm/revert").body())
                .contains("the migration has moved on")
                .doesNotContain("type=\"submit\"");
    }

    @ParameterizedTest
    @CsvSource({"/confirm/start", "/confirm/nothing", "/confirm/CLEANUP"})
    void onlyDangerousActionsHaveAConfirmation(String path) {
        assertThat(browser.get(path).statusCode()).isEqualTo(404);
    }

    @Test
    void anActionThatIsNoneIs404() {
        assertThat(browser.form("/actions/explode", Map.of("_csrf", browser.token("/")))
                        .statusCode())
                .isEqualTo(404);
        assertThat(browser.get("/actions/pause").statusCode()).isEqualTo(405);
    }

    @Test
    void afterTheSwitchThePageSaysHowToPointTheAppAtPlanetScale() {
        assertThat(page(Scene.SWITCHED))
                .contains(
                        "heroku addons:attach your-postgres-addon --as HEROKU_POSTGRES",
                        "heroku addons:detach DATABASE",
                        "heroku config:set DATABASE_URL=",
                        "heroku maintenance:off",
                        "1,840 ms",
                        "1,284 rows");
    }

    @Test
    void afterCompleteThePageShowsWhatOpensHerokuAgain() {
        web.migration.at(Scene.COMPLETED);

        await().until(() -> page().contains("GRANT INSERT"));

        assertThat(page())
                .doesNotContain("What Switch runs")
                .containsPattern("<details id=\"sql-grants\" open=\"open\">");
    }

    @Test
    void theStatementsOfTheCutoverAreShown() {
        web.migration.at(Scene.IN_SYNC);

        await().until(() -> page().contains("REVOKE INSERT, UPDATE, DELETE, TRUNCATE"));

        assertThat(page()).contains("What Switch runs on Heroku", "What Revert runs on Heroku");
        assertThat(browser.get("/cutover.sql").body()).contains("-- Switch", "LOCK TABLE", "-- Revert");
    }

    @Test
    void aProcessThatDoesNotLeadSaysSoAndOffersNothing() {
        String page = page(Scene.FOLLOWER);

        assertThat(page).contains("Another Ferry process leads this migration");
        assertThat(buttons(page)).isEmpty();
    }

    @Test
    void tablesLeftOutAreNamed() {
        assertThat(page(Scene.COPYING)).contains("Left out by EXCLUDE_TABLES", "archive.orders_2019");
    }

    @Test
    void anErrorIsShownWithRetry() {
        assertThat(page(Scene.FAILED)).contains("the disk is full (53100)", "/actions/retry", "class=\"failed\"");
    }

    @Test
    void nothingAsksForAStartBeforeTheChecksHaveRun() {
        web.migration.at(Scene.CHECKING);

        DashboardView view = DashboardView.of(web.migration.status(), null, null, true, null, List.of());

        assertThat(view.headline().title()).isEqualTo("Checking both databases");
        assertThat(view.headline().next()).startsWith("Wait for the checks");
    }

    @Test
    void theChecksOfAnEarlierMigrationAreForgotten() {
        web.migration.at(Scene.CLEAR);
        checkedPage("Ready to start");

        page(Scene.COPYING);

        assertThat(web.bean(Checks.class).report()).isNull();
    }

    @Test
    void aPausedSyncOffersResumeFirst() {
        String page = page(Scene.SYNC_PAUSED);

        assertThat(page).containsPattern("id=\"do-resume\" class=\"primary\"");
        assertThat(page.indexOf("do-resume")).isLessThan(page.indexOf("do-switch"));
    }

    @Test
    void noTimeIsPromisedOnceAllRowsAreThere() {
        web.migration.tables(
                List.of(new TableStatus("public", "a", "copied", 1_000, 1_000, 7, 10, 10, false, 0, null)));

        assertThat(page(Scene.COPYING)).contains("100 %", "Rows copied").doesNotContain("Time left", "Speed");
    }

    @Test
    void aTableThatIsNotPlannedHasNoSize() {
        web.migration.tables(List.of(
                new TableStatus("public", "a", "pending", 0, 0, 0, 0, 0, false, 0, null),
                new TableStatus("public", "empty", "copied", 0, 0, 0, 0, 0, false, 0, null)));

        String page = page(Scene.READY);

        assertThat(page).contains("<td role=\"cell\" class=\"number size\">–</td>");
        assertThat(page).contains("<td role=\"cell\" class=\"number size\">0 B</td>");
        assertThat(page).doesNotContain("2 tables, ");
    }
}
