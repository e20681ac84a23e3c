package dev.ferry.demo;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The demo: a shop on a server that plays Heroku, its app that keeps writing, an empty server that plays PlanetScale, and
 * Ferry on the two. Servers and traffic live in this process, Ferry in one of its own; all end together.
 */
final class Demo implements AutoCloseable {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

    private final DemoOptions options;
    private final String password;
    private final PostgresServer herokuServer;
    private final PostgresServer planetScaleServer;
    private final TestDatabase heroku;
    private final TestDatabase planetScale;
    private volatile LocalFerry ferry;
    private final @Nullable ShopTraffic traffic;
    private final CountDownLatch closing = new CountDownLatch(1);

    /** Returns once the dashboard answers and the shop's app writes. */
    Demo(DemoOptions options) throws IOException, InterruptedException {
        this.options = options;
        this.password = newPassword();
        int port = options.port() == 0 ? freePort() : options.port();
        requireFree(port);
        say("Starting PostgreSQL 15 as Heroku and PostgreSQL " + options.targetVersion() + " as PlanetScale ...");
        herokuServer = PostgresServer.start(15, Map.of());
        planetScaleServer = PostgresServer.start(options.targetVersion(), Map.of());
        heroku = herokuServer.herokuDatabase();
        planetScale = planetScaleServer.planetScaleDatabase(true);
        say("Filling the shop with about %,d rows ...".formatted(options.rows()));
        Shop.create(heroku, options.rows());
        say("%,d rows in %d tables.".formatted(Shop.rows(heroku), Shop.TABLES.size()));
        say("Starting Ferry ...");
        ferry = LocalFerry.start(
                Path.of(System.getProperty("ferry.demo.jar", "target/ferry.jar")),
                port,
                heroku.url(),
                planetScale.url(),
                password,
                Path.of(System.getProperty("ferry.demo.log", "target/demo/ferry.log")));
        ferry.awaitHealthy();
        traffic = options.transactionsPerSecond() == 0
                ? null
                : ShopTraffic.start(
                        heroku::connect,
                        new SecureRandom().nextInt(1_000_000),
                        2,
                        options.transactionsPerSecond(),
                        Demo::say);
    }

    public static void main(String[] arguments) throws InterruptedException {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        DemoOptions options;
        try {
            options = DemoOptions.parse(List.of(arguments));
        } catch (IllegalArgumentException e) {
            System.err.println("bin/demo: " + e.getMessage() + "\n\n" + DemoOptions.USAGE);
            System.exit(2);
            return;
        }
        try {
            Demo demo = new Demo(options);
            // Ctrl-C and SIGTERM end up here; servers and Ferry have hooks of their own.
            Runtime.getRuntime().addShutdownHook(new Thread(demo::stopTraffic, "traffic-closer"));
            demo.welcome();
            demo.tell();
        } catch (IOException | IllegalStateException e) {
            System.err.println("bin/demo: " + e.getMessage());
            System.exit(1);
        }
    }

    URI dashboard() {
        return ferry.address();
    }

    String password() {
        return password;
    }

    LocalFerry ferry() {
        return ferry;
    }

    Optional<ShopTraffic> traffic() {
        return Optional.ofNullable(traffic);
    }

    private void welcome() {
        String line = "+" + "-".repeat(72) + "+";
        List<String> box = List.of(
                "",
                "Dashboard   " + dashboard(),
                "Password    " + password,
                "",
                "Log in, click Start, watch the copy, click Switch, then Complete.",
                "Ctrl-C ends everything, the servers included.",
                "");
        StringBuilder text = new StringBuilder("\n" + line + "\n");
        box.forEach(row -> text.append("|   %-69s|%n".formatted(row)));
        System.out.println(text.append(line).append('\n'));
        traffic()
                .ifPresent(running -> say("The shop's app writes about %d transactions a second to Heroku (seed %d)."
                        .formatted(options.transactionsPerSecond(), running.seed())));
    }

    /** Tells what happens, and plays the operator who changes the app's DATABASE_URL, until the process ends. */
    private void tell() throws IOException, InterruptedException {
        AtomicBoolean enter = new AtomicBoolean();
        Thread keyboard = new Thread(() -> awaitEnter(enter), "keyboard");
        keyboard.setDaemon(true);
        keyboard.start();
        boolean onPlanetScale = false;
        boolean asked = false;
        for (int second = 1; !closing.await(1, TimeUnit.SECONDS); second++) {
            if (!ferry.isAlive()) {
                say("Ferry ended with code %d. Starting it again, as Heroku would ...".formatted(ferry.exitCode()));
                ferry = ferry.startAgain();
                ferry.awaitHealthy();
            }
            ShopTraffic app = traffic;
            if (app == null) {
                continue;
            }
            String phase = ferry.phase().orElse("unknown");
            if (onPlanetScale && phase.equals("replicating")) {
                app.moveTo(heroku::connect);
                onPlanetScale = false;
                asked = false;
                say("Ferry reverted the switch: the shop's app uses Heroku again.");
            } else if (!onPlanetScale && phase.equals("switched")) {
                if (options.follow() || (asked && enter.get())) {
                    app.moveTo(planetScale::connect);
                    onPlanetScale = true;
                    say("The shop's app uses PlanetScale now. Click Complete on the dashboard, or Revert to go back.");
                } else if (!asked) {
                    say("Ferry says that PlanetScale is safe to write. Press Enter to point the shop's app at it,");
                    say("as 'heroku config:set DATABASE_URL=...' would.");
                    asked = true;
                }
            } else if (!onPlanetScale && enter.get()) {
                say("Not yet: the app may go to PlanetScale once Ferry says that it is safe.");
            }
            enter.set(false);
            if (second % 30 == 0) {
                report(app, onPlanetScale ? "PlanetScale" : "Heroku");
            }
        }
    }

    private static void report(ShopTraffic app, String host) {
        ShopTraffic.Counts counts = app.counts();
        say("The shop's app on %s: %,d transactions so far, the slowest took %,d ms%s."
                .formatted(
                        host,
                        counts.committed(),
                        app.longestWrite().toMillis(),
                        app.unavailableFor() == null ? "" : "; it cannot write at present"));
    }

    /** Without a terminal there is nobody to press Enter: the end of input is none. */
    private static void awaitEnter(AtomicBoolean enter) {
        try {
            for (int character = System.in.read(); character >= 0; character = System.in.read()) {
                if (character == '\n') {
                    enter.set(true);
                }
            }
        } catch (IOException e) {
            say("No keyboard: " + e.getMessage());
        }
    }

    private static String newPassword() {
        byte[] random = new byte[9];
        new SecureRandom().nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void requireFree(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket(port)) {
            assert socket.isBound();
        } catch (IOException e) {
            throw new IOException("port " + port + " is taken on "
                    + InetAddress.getLoopbackAddress().getHostName() + "; choose another one: bin/demo --port 8090");
        }
    }

    private static void say(String line) {
        System.out.println(LocalTime.now(java.time.ZoneId.systemDefault()).format(TIME) + "  " + line);
    }

    private void stopTraffic() {
        closing.countDown();
        if (traffic != null) {
            traffic.close();
        }
    }

    @Override
    public void close() throws IOException {
        stopTraffic();
        ferry.close();
        herokuServer.close();
        planetScaleServer.close();
    }
}
