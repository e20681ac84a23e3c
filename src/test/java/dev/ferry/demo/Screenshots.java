package dev.ferry.demo;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.LoadState;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/** Takes the pictures of the README: the dashboard of the demo while it is in sync. */
final class Screenshots {
    private static final Duration IN_SYNC_LIMIT = Duration.ofMinutes(10);

    /** So that the charts have something to show. */
    private static final Duration OF_HISTORY = Duration.ofSeconds(75);

    private static final List<String> FLAGS = List.of(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync");

    private record Picture(String file, int width, int height, ColorScheme scheme) {}

    private static final List<Picture> PICTURES = List.of(
            new Picture("dashboard.png", 1280, 1000, ColorScheme.LIGHT),
            new Picture("dashboard-dark.png", 1280, 1000, ColorScheme.DARK),
            new Picture("dashboard-phone.png", 390, 844, ColorScheme.LIGHT),
            new Picture("dashboard-phone-dark.png", 390, 844, ColorScheme.DARK));

    private Screenshots() {}

    /** @param arguments the folder that takes the pictures */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        Path folder = Path.of(arguments[0]);
        Files.createDirectories(folder);
        try (Demo demo = new Demo(DemoOptions.DEFAULT.withPort(0))) {
            HttpResponse<String> answer = demo.ferry().post("start-migration");
            if (answer.statusCode() / 100 != 2) {
                throw new IOException("the migration did not start: " + answer.body());
            }
            awaitInSync(demo.ferry());
            boolean ended = new CountDownLatch(1).await(OF_HISTORY.toSeconds(), TimeUnit.SECONDS);
            assert !ended;
            takeAll(demo, folder);
        } catch (IOException e) {
            System.err.println("bin/screenshot: " + e.getMessage());
            System.exit(1);
        }
        System.exit(0);
    }

    private static void awaitInSync(LocalFerry ferry) throws IOException, InterruptedException {
        long giveUp = System.nanoTime() + IN_SYNC_LIMIT.toNanos();
        CountDownLatch never = new CountDownLatch(1);
        while (!never.await(1, TimeUnit.SECONDS)) {
            String phase = ferry.phase().orElse("unknown");
            if (phase.equals("replicating") && ferry.readiness().orElse("").equals("ready")) {
                return;
            }
            if (phase.equals("error") || !ferry.isAlive() || System.nanoTime() > giveUp) {
                throw new IOException("not in sync, but " + phase + ". Ferry's last lines:\n" + ferry.lastWords());
            }
        }
    }

    private static void takeAll(Demo demo, Path folder) {
        try (Playwright playwright = Playwright.create(
                        new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
                Browser browser = playwright
                        .chromium()
                        .launch(new BrowserType.LaunchOptions()
                                .setExecutablePath(Path.of(Objects.requireNonNull(
                                        System.getenv("FERRY_CHROMIUM"), "FERRY_CHROMIUM names no browser")))
                                .setArgs(FLAGS))) {
            for (Picture picture : PICTURES) {
                take(demo, browser, picture, folder.resolve(picture.file()));
            }
        }
    }

    private static void take(Demo demo, Browser browser, Picture picture, Path file) {
        try (BrowserContext context = browser.newContext(new Browser.NewContextOptions()
                .setViewportSize(picture.width(), picture.height())
                .setColorScheme(picture.scheme())
                .setDeviceScaleFactor(picture.width() < 1000 ? 2 : 1)
                .setLocale("en-GB"))) {
            Page page = context.newPage();
            page.navigate(demo.dashboard().resolve("login").toString());
            page.fill("input[name=password]", demo.password());
            page.press("input[name=password]", "Enter");
            page.waitForURL(url -> !url.contains("/login"));
            // Never NETWORKIDLE: the page keeps a stream open.
            page.waitForLoadState(LoadState.LOAD);
            page.locator("canvas").first().waitFor();
            page.screenshot(new Page.ScreenshotOptions().setPath(file));
            System.out.println("wrote " + file);
        }
    }
}
