package dev.ferry.web;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.ferry.testing.Browser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Takes a picture of the dashboard in every scene: {@code main} of the test class path, with a folder and perhaps scenes. */
final class Screenshots {
    private Screenshots() {}

    public static void main(String[] arguments) {
        Path folder = Path.of(arguments.length > 0 ? arguments[0] : "target/screenshots");
        List<StoryMigration.Scene> scenes = new ArrayList<>();
        for (int i = 1; i < arguments.length; i++) {
            scenes.add(StoryMigration.Scene.valueOf(arguments[i]));
        }
        if (scenes.isEmpty()) {
            scenes.addAll(List.of(StoryMigration.Scene.values()));
        }
        try (RunningWeb web = RunningWeb.start(Map.of("ferry.web.sample-every", "30m"));
                Browser browser = Browser.startOrSkip()) {
            history(web);
            for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                for (int width : new int[] {1280, 375}) {
                    take(web, browser, folder, scheme, width, scenes);
                }
            }
            System.out.println("complaints: " + browser.complaints());
        }
    }

    private static void history(RunningWeb web) {
        Random random = new Random(7);
        long now = System.currentTimeMillis() / 1000;
        for (int i = 900; i > 0; i--) {
            double wave = 0.5 + 0.3 * Math.sin(i / 25.0) + random.nextDouble() * 0.4 + (i % 210 < 9 ? 2.5 : 0);
            web.bean(LivePage.class)
                    .history()
                    .add(new History.Sample(now - 2L * i, wave, Math.round(wave * 260 + random.nextInt(60))));
        }
    }

    private static void take(
            RunningWeb web,
            Browser browser,
            Path folder,
            ColorScheme scheme,
            int width,
            List<StoryMigration.Scene> scenes) {
        String suffix = "-" + scheme.name().toLowerCase(java.util.Locale.ROOT) + "-" + width + ".png";
        Page page = browser.open(width, 900, scheme);
        page.navigate(web.address() + "/");
        shoot(page, folder.resolve("login" + suffix));
        page.fill("#password", RunningWeb.PASSWORD);
        page.click("button[type=submit]");
        for (StoryMigration.Scene scene : scenes) {
            web.migration.at(scene);
            web.bean(Checks.class).again();
            page.navigate(web.address() + "/");
            page.waitForCondition(() -> page.locator("#connection.good").count() == 1);
            if (scene == StoryMigration.Scene.CLEAR || scene == StoryMigration.Scene.BLOCKED) {
                page.waitForCondition(() -> page.locator("#do-check:enabled").count() == 1);
            }
            shoot(page, folder.resolve(scene.name() + suffix));
            for (String button : List.of("switch", "revert", "complete", "abort", "remove-state")) {
                boolean worth = scene == StoryMigration.Scene.SOFT_BLOCKED
                        || scene == StoryMigration.Scene.SWITCHED
                        || scene == StoryMigration.Scene.COMPLETED;
                if (worth && page.locator("#do-" + button).count() == 1) {
                    page.click("#do-" + button);
                    page.waitForSelector("dialog[open]");
                    page.screenshot(new Page.ScreenshotOptions()
                            .setPath(folder.resolve("dialog-" + button + "-" + scene.name() + suffix)));
                    page.keyboard().press("Escape");
                }
            }
        }
        page.context().close();
    }

    private static void shoot(Page page, Path file) {
        page.screenshot(new Page.ScreenshotOptions().setPath(file).setFullPage(true));
        int excess = ((Number) page.evaluate(
                        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                .intValue();
        if (excess > 0) {
            System.out.println(file.getFileName() + " is " + excess + " px too wide");
        }
    }
}
