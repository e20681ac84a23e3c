package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import dev.ferry.testing.AccessRights;
import dev.ferry.testing.Browser;
import dev.ferry.testing.CatalogInventory;
import dev.ferry.testing.FaultyProxy;
import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RandomWriter;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SampleTables;
import dev.ferry.testing.SchemaComparison;
import dev.ferry.testing.SequenceComparison;
import dev.ferry.testing.TestDatabase;
import java.util.SortedSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A whole migration by nothing but the dashboard's buttons, in a browser, while the app writes. */
class BrowserStoryIT {
    private static final int ORDERS = 40_000;
    /** So slow that several sights of the copy's progress differ. */
    private static final long SLOW_BYTES_PER_SECOND = 1_500_000;

    private static final double PATIENCE_MILLISECONDS = 180_000;
    private static final int SWITCH_ATTEMPTS = 5;

    private Browser browser;
    private Page page;
    private Page phone;

    @BeforeEach
    void open() {
        browser = Browser.startOrSkip();
        page = browser.open(1280, 900, ColorScheme.LIGHT);
        phone = browser.open(390, 844, ColorScheme.DARK);
    }

    @AfterEach
    void close() {
        if (browser != null) {
            browser.close();
        }
    }

    @Test
    void everyRowArrivesByTheDashboardsButtonsWhileTheAppWrites() {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        SampleTables.create(source, ORDERS);
        RandomWriter.createTables(source, 1000);
        SortedSet<String> inventory = CatalogInventory.of(source);
        SortedSet<String> rights = AccessRights.of(source);
        SortedSet<String> triggers = SchemaComparison.triggers(source);

        try (RandomWriter app = RandomWriter.start(source, 2, 4_017);
                FaultyProxy network = FaultyProxy.before(target.server());
                FerryProcess ferry = FerryProcess.between(source, target)
                        .target(network.url(target))
                        .start()) {
            app.awaitCommitted(100);
            logIn(page, ferry);
            logIn(phone, ferry);

            shows("h1", "Ready to start");
            shows("[data-live=checks]", "Checks");
            shows("#check-fine summary", "Fine");
            assertThat(page.locator("#do-start").getAttribute("class")).isEqualTo("primary");
            fitsThePhone(ferry, "/");

            network.limit(SLOW_BYTES_PER_SECOND);
            page.click("#do-start");
            shows(".message", "Started.");
            stays(() -> {
                shows("h1", "Copying");
                watchTheCopy();
                fitsThePhone(ferry, "/");
                network.resume();
                shows("h1", "In sync");
                shows("[data-live=readiness]", "Ready");
            });
            fitsThePhone(ferry, "/");
            app.awaitCommitted(200);

            page.click("#do-pause");
            shows(".message", "Paused.");
            shows("h1", "Sync paused");
            shows("#do-resume", "Resume");
            fitsThePhone(ferry, "/");
            app.awaitCommitted(100);
            page.click("#do-resume");
            shows(".message", "Resumed.");
            stays(() -> shows("h1", "In sync"));

            fitsThePhone(ferry, "/confirm/switch");
            switchTraffic(app);
            app.awaitRefused();
            RowComparison.assertEqual(source, target);
            fitsThePhone(ferry, "/");
            fitsThePhone(ferry, "/confirm/revert");

            assertThat(confirm("revert", "will be discarded")).isTrue();
            stays(() -> shows("h1", "In sync"));
            app.expectWrites();
            app.awaitCommitted(200);
            assertThat(AccessRights.of(source)).isEqualTo(rights);

            switchTraffic(app);
            app.awaitRefused();
            fitsThePhone(ferry, "/confirm/complete");
            assertThat(confirm("complete", "There is no Revert after this")).isTrue();
            stays(() -> shows("h1", "Migration complete"));
            shows("[data-live=now]", "Writes were blocked for");
            shows("[data-live=sql]", "GRANT");
            fitsThePhone(ferry, "/");
            assertThat(CatalogInventory.of(source)).isEqualTo(inventory);

            assertThat(confirm("remove-state", "Schema ferry is dropped")).isTrue();
            shows(".message", "Nothing of Ferry is left on the target.");
            assertThat(CatalogInventory.of(source)).isEqualTo(inventory);
            assertThat(CatalogInventory.of(target)).noneMatch(line -> line.contains("ferry"));
            app.awaitRefused();
            RowComparison.assertEqual(source, target);
            SequenceComparison.assertNotBehind(source, target);
            SchemaComparison.assertEqual(source, target);
            assertThat(SchemaComparison.triggers(target)).isEqualTo(triggers);
            fitsThePhone(ferry, "/");

            app.stop();
            app.assertUndisturbed();
            ferry.assertNoStackTrace();
            assertThat(browser.complaints()).as("complaints of the browser").isEmpty();
        }
    }

    private static void logIn(Page visitor, FerryProcess ferry) {
        visitor.navigate(ferry.address() + "/");
        PlaywrightAssertions.assertThat(visitor).hasURL(ferry.address() + "/login");
        visitor.getByLabel("Password").fill(ferry.dashboardPassword());
        visitor.keyboard().press("Enter");
        PlaywrightAssertions.assertThat(visitor).hasURL(ferry.address() + "/");
        PlaywrightAssertions.assertThat(visitor.locator("#connection")).containsText("Live");
    }

    private void shows(String selector, String text) {
        PlaywrightAssertions.assertThat(page.locator(selector))
                .containsText(text, new LocatorAssertions.ContainsTextOptions().setTimeout(PATIENCE_MILLISECONDS));
    }

    /** What happens is seen on one and the same page, which is not loaded again. */
    private void stays(Runnable sight) {
        page.evaluate("() => { document.body.dataset.sameAs = 'before'; }");
        sight.run();
        assertThat(page.evaluate("() => document.body.dataset.sameAs"))
                .as("mark on the page that was there before")
                .isEqualTo("before");
    }

    /** The percentage and the bar grow twice before the copy is over. */
    private void watchTheCopy() {
        Locator bar = page.locator("#total-progress");
        double copied = 0;
        for (int sight = 0; sight < 2; sight++) {
            double before = copied;
            page.waitForCondition(() -> value(bar) > before, new Page.WaitForConditionOptions().setTimeout(60_000));
            copied = value(bar);
            assertThat(copied).isLessThan(Double.parseDouble(bar.getAttribute("max")));
        }
        PlaywrightAssertions.assertThat(page.locator(".percent")).hasText(Pattern.compile("[0-9.]+ ?%"));
        PlaywrightAssertions.assertThat(page).hasTitle(Pattern.compile("[0-9.]+ ?% copied · Ferry"));
        PlaywrightAssertions.assertThat(page.locator("[data-live=tables]")).containsText("orders");
    }

    private static double value(Locator bar) {
        return Double.parseDouble(bar.getAttribute("value"));
    }

    /**
     * Presses a button, reads what it asks, and says yes.
     *
     * @return whether it could be said: a switch that cannot be done now offers Cancel alone
     */
    private boolean confirm(String action, String question) {
        page.click("#do-" + action);
        Locator dialog = page.locator("dialog[open]");
        PlaywrightAssertions.assertThat(dialog).containsText(question);
        if (dialog.locator("button.primary").count() == 0) {
            System.out.println(action + " is not offered: " + dialog.innerText());
            dialog.getByText("Cancel").click();
            PlaywrightAssertions.assertThat(dialog).isHidden();
            return false;
        }
        Locator anyway = dialog.getByText("Switch anyway");
        if (anyway.count() == 1) {
            anyway.click();
        }
        dialog.locator("button.primary").click();
        // The page that comes then has none open.
        PlaywrightAssertions.assertThat(dialog)
                .isHidden(new LocatorAssertions.IsHiddenOptions().setTimeout(PATIENCE_MILLISECONDS));
        return true;
    }

    /** Until it is through: under load a switch may give up and be asked for again, as the dashboard says. */
    private void switchTraffic(RandomWriter app) {
        app.expectRefusals();
        for (int attempt = 1; attempt <= SWITCH_ATTEMPTS; attempt++) {
            shows("h1", "In sync");
            shows("[data-live=readiness]", "Ready");
            if (!confirm("switch", "From then on the app cannot write to Heroku.")) {
                continue;
            }
            PlaywrightAssertions.assertThat(page.locator("[data-live=now]"))
                    .containsText(
                            Pattern.compile("Safe to use PlanetScale|The last switch gave up|was refused"),
                            new LocatorAssertions.ContainsTextOptions().setTimeout(PATIENCE_MILLISECONDS));
            if (page.locator("h1").innerText().equals("Safe to use PlanetScale")) {
                PlaywrightAssertions.assertThat(page.locator("[data-live=now]"))
                        .containsText(Pattern.compile("Writes were blocked for\\s*[0-9.,]+ (ms|s)"));
                shows("[data-live=next]", "Point the app at PlanetScale");
                return;
            }
            System.out.println("switch attempt " + attempt + " did not go through: "
                    + page.locator("[data-live=now]").innerText());
        }
        throw new AssertionError("the switch did not go through");
    }

    /** The page is not wider than a phone, nor is what stands in it. */
    private void fitsThePhone(FerryProcess ferry, String path) {
        phone.navigate(ferry.address() + path);
        assertThat(phone.evaluate("() => document.documentElement.scrollWidth"))
                .as("width of %s: %s", path, phone.title())
                .isEqualTo(390);
    }
}
