package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import dev.ferry.migration.Action;
import dev.ferry.migration.MigrationStatus.TableStatus;
import dev.ferry.testing.Browser;
import dev.ferry.web.StoryMigration.Scene;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DashboardBrowserTest {
    private static Browser browser;
    private static RunningWeb web;
    private static Page page;

    @BeforeAll
    static void start() {
        browser = Browser.startOrSkip();
        web = RunningWeb.start(Map.of("ferry.web.render-every", "200ms", "ferry.web.sample-every", "1s"));
        page = browser.open(1280, 900, ColorScheme.LIGHT);
        page.navigate(web.address() + "/");
        page.getByLabel("Password").fill(RunningWeb.PASSWORD);
        page.keyboard().press("Enter");
        PlaywrightAssertions.assertThat(page).hasURL(web.address() + "/");
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
            web.close();
        }
    }

    @BeforeEach
    void reset() {
        web.migration.reset();
        browser.complaints().clear();
        page.setViewportSize(1280, 900);
    }

    private static void open(Scene scene) {
        web.migration.at(scene);
        page.navigate(web.address() + "/");
        shows("#connection", "Live");
    }

    private static void shows(String selector, String text) {
        PlaywrightAssertions.assertThat(page.locator(selector)).containsText(text);
    }

    @Test
    void theWrongPasswordStaysOutside() {
        Page stranger = browser.open(375, 800, ColorScheme.DARK);
        stranger.navigate(web.address() + "/");
        stranger.getByLabel("Password").fill("wrong");
        stranger.getByRole(com.microsoft.playwright.options.AriaRole.BUTTON).click();

        PlaywrightAssertions.assertThat(stranger.getByRole(com.microsoft.playwright.options.AriaRole.ALERT))
                .hasText("That is not the password.");
        assertThat(browser.complaints()).isEmpty();
        stranger.context().close();
    }

    @Test
    void updatesArriveByThemselves() {
        open(Scene.COPYING);

        web.migration.at(Scene.IN_SYNC);
        web.migration.lag(3.4, 1_234);

        shows("h1", "In sync");
        shows("[data-live=sync]", "3.4 s");
        shows("[data-live=sync]", "1,234");
        PlaywrightAssertions.assertThat(page).hasTitle("In sync · Ferry");
        PlaywrightAssertions.assertThat(page.locator("#chart-lag canvas")).isVisible();
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void whatTheReaderOpenedTickedAndFocusedStaysSo() {
        open(Scene.BLOCKED);
        web.bean(Checks.class).again();
        Locator notes = page.locator("#check-notes");
        notes.locator("summary").click();
        page.check("#hold");
        page.check("#confirm-prepared-transactions");
        page.focus("#do-start");

        web.migration.message("Something else now.");
        shows(".lead", "Something else now.");

        PlaywrightAssertions.assertThat(notes).hasAttribute("open", "");
        PlaywrightAssertions.assertThat(page.locator("#hold")).isChecked();
        PlaywrightAssertions.assertThat(page.locator("#confirm-prepared-transactions"))
                .isChecked();
        PlaywrightAssertions.assertThat(page.locator("#do-start")).isFocused();
    }

    @Test
    void aDialogAsksStaysOpenUnderUpdatesAndCanBeLeft() {
        open(Scene.SWITCHED);
        page.click("#do-revert");
        Locator dialog = page.locator("dialog");
        PlaywrightAssertions.assertThat(dialog).containsText("1,284 rows written on PlanetScale");

        web.migration.targetChanges(2_000);

        PlaywrightAssertions.assertThat(dialog).containsText("2,000 rows written on PlanetScale");
        PlaywrightAssertions.assertThat(dialog).isVisible();
        page.keyboard().press("Escape");
        PlaywrightAssertions.assertThat(dialog).isHidden();
        PlaywrightAssertions.assertThat(page.locator("#do-revert")).isFocused();
        assertThat(web.migration.performed).isEmpty();

        page.click("#do-revert");
        dialog.getByText("Cancel").click();
        PlaywrightAssertions.assertThat(dialog).isHidden();
        assertThat(web.migration.performed).isEmpty();
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void softBlockersNeedATick() {
        open(Scene.SOFT_BLOCKED);
        page.click("#do-switch");
        Locator confirm = page.locator("dialog button.primary");

        confirm.click();
        assertThat(web.migration.performed).isEmpty();

        page.locator("dialog").getByText("Switch anyway").click();
        confirm.click();
        shows("h1", "Safe to use PlanetScale");
        assertThat(web.migration.performed).hasSize(1);
        assertThat(web.migration.performed.get(0).options().force()).isTrue();
    }

    @Test
    void buttonsActOnceAndSayWhatTheyDid() {
        open(Scene.COPYING);

        page.click("#do-pause");

        shows(".message", "Done: pause.");
        shows("h1", "Copy paused");
        assertThat(web.migration.performed)
                .extracting(StoryMigration.Performed::action)
                .containsExactly(Action.PAUSE);
    }

    @Test
    void enterInACheckboxPressesNoButton() {
        open(Scene.CLEAR);
        page.focus("#hold");
        page.keyboard().press("Enter");
        web.migration.message("Still here.");
        shows(".lead", "Still here.");

        assertThat(web.migration.performed).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Scene.class)
    void noSceneScrollsSidewaysOnAPhoneOrComplains(Scene scene) {
        web.migration.tables(List.of(
                new TableStatus("public", "x".repeat(63), "copying", 1, 2, 3, 1, 2, true, 4, null),
                new TableStatus(
                        "w".repeat(63), "<script>alert(1)</script>", "pending", 0, 2, 3, 0, 2, false, 4, null)));
        page.setViewportSize(375, 800);
        open(scene);
        web.migration.message("averylongwordwithoutanyspace".repeat(8));
        shows(".lead", "averylongword");

        assertThat(page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
                .isEqualTo(true);
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void theStepsStandAtEqualDistances() {
        open(Scene.IN_SYNC);

        assertThat(page.evaluate("""
                        () => {
                          const middles = [...document.querySelectorAll(".steps .mark")]
                            .map((mark) => mark.getBoundingClientRect())
                            .map((box) => box.left + box.width / 2);
                          return new Set(middles.slice(1).map((middle, i) => Math.round(middle - middles[i]))).size;
                        }""")).isEqualTo(1);
    }

    @Test
    void everythingWorksWithoutScripts() {
        Page plain = browser.openWithoutScripts(1280, 900);
        web.migration.at(Scene.SWITCHED);
        plain.navigate(web.address() + "/");
        plain.locator("#password").fill(RunningWeb.PASSWORD);
        plain.locator("button[type=submit]").click();
        plain.locator("#do-complete").click();
        PlaywrightAssertions.assertThat(plain.locator("#confirmation")).containsText("There is no Revert after this");
        plain.locator("#confirmation button[type=submit]").click();

        PlaywrightAssertions.assertThat(plain.locator("h1")).hasText("Migration complete");
        assertThat(web.migration.performed)
                .extracting(StoryMigration.Performed::action)
                .containsExactly(Action.CLEANUP);
        plain.context().close();
    }

    @Test
    void afterALogOutElsewhereThePageGoesToTheLogIn() {
        Page other = browser.open(1280, 900, ColorScheme.LIGHT);
        other.navigate(web.address() + "/");
        other.locator("#password").fill(RunningWeb.PASSWORD);
        other.locator("button[type=submit]").click();
        PlaywrightAssertions.assertThat(other.locator("#connection")).containsText("Live");
        Page tab = other.context().newPage();
        tab.navigate(web.address() + "/");

        tab.getByText("Log out").click();

        PlaywrightAssertions.assertThat(other)
                .hasURL(
                        web.address() + "/login?expired",
                        new com.microsoft.playwright.assertions.PageAssertions.HasURLOptions().setTimeout(20_000));
        other.context().close();
    }
}
