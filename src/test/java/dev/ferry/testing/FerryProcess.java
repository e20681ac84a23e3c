package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The product as its users run it: the jar in a process of its own, spoken to over HTTP. One object outlives several
 * processes, so that a test can kill one and start the next; all write into one output file. Closing asserts that no
 * password ever stood in the output or in the arguments of any process of the tree.
 */
public final class FerryProcess implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration GO = Duration.ofMinutes(3);
    private static final Pattern STACK_TRACE = Pattern.compile("^\\s+at [\\w.$/]+\\(.*\\)$", Pattern.MULTILINE);
    private static final JsonMapper JSON = new JsonMapper();
    private static final AtomicInteger SEQUENCE = new AtomicInteger();
    private static final Set<ProcessHandle> ALIVE = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> ALIVE.forEach(handle -> tree(handle).forEach(ProcessHandle::destroyForcibly))));
    }

    private final List<String> command;
    private final Map<String, String> environment;
    private final Set<String> secrets;
    private final int port;
    private final Path output;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final ScheduledExecutorService observer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "ferry-observer");
        thread.setDaemon(true);
        return thread;
    });
    private final Set<String> argumentsWithSecrets = ConcurrentHashMap.newKeySet();
    private @Nullable ScheduledFuture<?> observation;
    private volatile long peakResidentKilobytes;
    private volatile @Nullable Process process;

    private FerryProcess(Builder builder) {
        this.port = freePort();
        this.environment = Map.copyOf(builder.environment);
        this.secrets = Set.copyOf(builder.secrets);
        this.command = List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx" + builder.heap,
                "-jar",
                System.getProperty("ferry.test.jar", "target/ferry.jar"));
        this.output = outputFile();
    }

    /** What a test may set before the first process starts. */
    public static final class Builder {
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final Set<String> secrets = new TreeSet<>();
        private String heap = "300m";

        private Builder() {
            environment.put("FERRY_LEASE_HEARTBEAT", "500ms");
            environment.put("FERRY_LEASE_EXPIRY", "3s");
            environment.put("FERRY_CONNECT_TIMEOUT", "4s");
            environment.put("FERRY_CONNECT_SILENCE", "4s");
            environment.put("FERRY_CHUNK_SIZE", "256KB");
            environment.put("FERRY_SYNC_INTERVAL", "100ms");
            environment.put("DISABLE_NOTIFICATIONS", "true");
            set("PASSWORD", "dashboard-" + Long.toHexString(System.nanoTime()) + " & co.");
            secret(environment.get("PASSWORD"));
        }

        public Builder set(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        public Builder unset(String variable) {
            environment.remove(variable);
            return this;
        }

        public Builder source(String url) {
            return set("HEROKU_URL", url);
        }

        public Builder target(String url) {
            return set("PLANETSCALE_URL", url);
        }

        /** A text that must not appear in the output or in process arguments, as it is or percent-encoded. */
        public Builder secret(@Nullable String text) {
            if (text != null) {
                secrets.add(text);
                secrets.add(URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20"));
            }
            return this;
        }

        /** With the product's own chunk sizes and times instead of those for tests. */
        public Builder asShipped() {
            environment.keySet().removeIf(name -> name.startsWith("FERRY_"));
            return this;
        }

        public Builder heap(String size) {
            heap = size;
            return this;
        }

        /** Starts it and waits until it answers. */
        public FerryProcess start() {
            FerryProcess ferry = launch();
            ferry.awaitHealthy();
            return ferry;
        }

        /** Starts it and does not wait. */
        public FerryProcess launch() {
            FerryProcess ferry = new FerryProcess(this);
            ferry.launch();
            ferry.observation = ferry.observer.scheduleWithFixedDelay(ferry::observe, 100, 250, TimeUnit.MILLISECONDS);
            return ferry;
        }
    }

    /** For two databases, with times shortened for tests. */
    public static Builder between(TestDatabase source, TestDatabase target) {
        return new Builder()
                .source(source.url())
                .target(target.url())
                .secret(source.password())
                .secret(target.password());
    }

    /** An answer of the API; the body is a missing node where it is not JSON. */
    public record Response(int status, JsonNode body, String text) {
        public Response expect(int expected) {
            assertThat(status).as("status of the answer %s", text).isEqualTo(expected);
            return this;
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path outputFile() {
        try {
            Path folder = Files.createDirectories(Path.of("target", "ferry-output"));
            return folder.resolve("ferry-" + ProcessHandle.current().pid() + "-" + SEQUENCE.incrementAndGet() + ".log");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void launch() {
        File file = output.toFile();
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(file));
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("FERRY_")
                        || name.startsWith("PG")
                        || Set.of("HEROKU_URL", "PLANETSCALE_URL", "PASSWORD", "EXCLUDE_TABLES")
                                .contains(name));
        builder.environment().put("PORT", Integer.toString(port));
        builder.environment().putAll(environment);
        try {
            Process started = builder.start();
            process = started;
            ALIVE.add(started.toHandle());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process process() {
        Process current = process;
        if (current == null) {
            throw new IllegalStateException("never started");
        }
        return current;
    }

    /** Waits until the process answers {@code /health}. */
    public void awaitHealthy() {
        Awaitility.await("Ferry answers")
                .atMost(START)
                .pollInterval(100, TimeUnit.MILLISECONDS)
                .failFast(() -> {
                    if (!process().isAlive()) {
                        throw new AssertionError(
                                "Ferry ended with code " + process().exitValue() + ":\n" + tail());
                    }
                })
                .ignoreExceptions()
                .until(() -> get("/health").status() == 200);
    }

    /** Waits for the process to end by itself. */
    public int awaitExit() {
        try {
            assertThat(process().waitFor(START.toSeconds(), TimeUnit.SECONDS))
                    .as("Ferry ends by itself:%n%s", tail())
                    .isTrue();
            return process().exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public boolean isAlive() {
        return process().isAlive();
    }

    /** SIGKILL, to the process alone: its children are orphans then, as after a crash. */
    public void killHard() {
        process().destroyForcibly();
        awaitEnd();
    }

    /** SIGTERM, then the 30 seconds that a dyno gets. */
    public void terminate() {
        process().destroy();
        try {
            assertThat(process().waitFor(30, TimeUnit.SECONDS))
                    .as("ends within 30 s of SIGTERM:%n%s", tail())
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        ALIVE.remove(process().toHandle());
    }

    private void awaitEnd() {
        try {
            assertThat(process().waitFor(30, TimeUnit.SECONDS)).isTrue();
            ALIVE.remove(process().toHandle());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Starts a new process with the same settings after the last one ended, and waits until it answers. */
    public void restart() {
        if (process().isAlive()) {
            terminate();
        }
        launch();
        awaitHealthy();
    }

    public int port() {
        return port;
    }

    public String address() {
        return "http://localhost:" + port;
    }

    public String dashboardPassword() {
        return environment.getOrDefault("PASSWORD", "");
    }

    public Response get(String path) {
        return send(request(path).GET());
    }

    public Response post(String path) {
        return send(request(path).POST(HttpRequest.BodyPublishers.noBody()));
    }

    /** The same without waiting for the answer. */
    public CompletableFuture<Response> postLater(String path) {
        return http.sendAsync(
                        request(path).POST(HttpRequest.BodyPublishers.noBody()).build(),
                        HttpResponse.BodyHandlers.ofString())
                .thenApply(FerryProcess::response);
    }

    private HttpRequest.Builder request(String path) {
        String credentials = "admin:" + dashboardPassword();
        return HttpRequest.newBuilder(URI.create(address() + path))
                .timeout(Duration.ofSeconds(60))
                .header(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
    }

    private Response send(HttpRequest.Builder request) {
        try {
            return response(http.send(request.build(), HttpResponse.BodyHandlers.ofString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static Response response(HttpResponse<String> response) {
        String text = response.body();
        boolean json = response.headers().firstValue("Content-Type").orElse("").contains("json");
        return new Response(response.statusCode(), JSON.readTree(json ? text : ""), text);
    }

    public JsonNode status() {
        return get("/status").expect(200).body();
    }

    public String phase() {
        return text(status().path("phase"));
    }

    /** The text of a field, empty where there is none. */
    public static String text(JsonNode node) {
        return node.isString() ? node.stringValue() : "";
    }

    /** The checks of the preflight with this level: id, title, detail and remedy in one text each. */
    public List<String> checks(String level) {
        List<String> checks = new ArrayList<>();
        for (JsonNode check : get("/preflight-checks").expect(200).body().path("checks")) {
            if (text(check.path("level")).equals(level)) {
                checks.add(Stream.of("id", "title", "detail", "remedy")
                        .map(field -> text(check.path(field)))
                        .collect(java.util.stream.Collectors.joining(" | ")));
            }
        }
        return checks;
    }

    /** Everything that the API says of what happened. */
    public String logs() {
        return get("/logs?lines=1000").expect(200).text();
    }

    public void start() {
        post("/start-migration").expect(200);
    }

    public void awaitPhase(String phase) {
        awaitPhase(phase, GO);
    }

    /** Waits for a phase; fails at once when the process dies or the migration stops in another phase for good. */
    public void awaitPhase(String phase, Duration atMost) {
        awaitStatus(
                "phase " + phase, atMost, status -> text(status.path("phase")).equals(phase), phase);
    }

    /** Waits until the target follows the source closely and nothing hard stands against a switch. */
    public void awaitInSync() {
        awaitInSync(GO);
    }

    public void awaitInSync(Duration atMost) {
        awaitStatus(
                "in sync",
                atMost,
                status -> text(status.path("phase")).equals("replicating")
                        && text(status.path("progress_signals")
                                        .path("replication_delay")
                                        .path("health_state"))
                                .equals("healthy")
                        && status.path("cutover_readiness")
                                .path("hard_blockers")
                                .isEmpty(),
                "replicating");
    }

    /** Waits until a status is as wanted; fails at once when the process dies or a phase is reached that nothing leaves. */
    public JsonNode awaitStatus(String what, Duration atMost, Predicate<JsonNode> wanted) {
        return awaitStatus(what, atMost, wanted, "");
    }

    private JsonNode awaitStatus(String what, Duration atMost, Predicate<JsonNode> wanted, String wantedPhase) {
        JsonNode[] last = {JSON.readTree("")};
        try {
            Awaitility.await(what)
                    .atMost(atMost)
                    .pollInterval(20, TimeUnit.MILLISECONDS)
                    .until(() -> {
                        if (!process().isAlive()) {
                            throw new IllegalStateException(
                                    "Ferry ended with code " + process().exitValue());
                        }
                        JsonNode status = status();
                        last[0] = status;
                        if (wanted.test(status)) {
                            return true;
                        }
                        String phase = text(status.path("phase"));
                        if (!wantedPhase.isEmpty()
                                && Set.of("error", "aborted").contains(phase)
                                && !text(last[0].path("state")).equals("retrying")
                                && !phase.equals(wantedPhase)) {
                            throw new IllegalStateException("the migration stopped in phase " + phase);
                        }
                        return false;
                    });
        } catch (org.awaitility.core.ConditionTimeoutException | IllegalStateException | UncheckedIOException e) {
            throw new AssertionError(
                    "waiting for %s: %s%nstatus: %s%noutput:%n%s".formatted(what, e.getMessage(), last[0], tail()), e);
        }
        return last[0];
    }

    /**
     * Asks for a switch until it is through: under load it may give up and be asked again, as the dashboard says. Soft
     * blockers are overridden.
     */
    public void switchTraffic() {
        for (int attempt = 1; attempt <= 5; attempt++) {
            if (phase().equals("switched")) {
                return; // an earlier attempt went through after all
            }
            awaitInSync();
            Response answer = post("/switch-traffic?force=true");
            assertThat(answer.status())
                    .as("answer to the switch: %s", answer.text())
                    .isIn(200, 202, 409);
            JsonNode status = awaitStatus(
                    "end of the switch",
                    GO,
                    now -> text(now.path("phase")).equals("switched")
                            || !text(now.path("state")).equals("switching"),
                    "replicating");
            if (text(status.path("phase")).equals("switched")) {
                return;
            }
            System.out.println("switch attempt " + attempt + " did not go through: " + status.path("switch"));
        }
        throw new AssertionError("the switch did not go through: " + status() + "\n" + tail());
    }

    /** Reverts and waits until the target follows again. */
    public void revertSwitch() {
        Response answer = post("/revert-switch");
        assertThat(answer.status())
                .as("answer to the revert: %s", answer.text())
                .isIn(200, 202);
        awaitPhase("replicating");
    }

    /** Completes and waits for the end. */
    public void complete() {
        post("/cleanup").expect(200);
        awaitPhase("completed");
    }

    /** Of the process and all its children, now. */
    public long residentMegabytes() {
        return residentKilobytes() / 1024;
    }

    /** The largest figure of {@link #residentMegabytes()} so far, looked at four times a second. */
    public long peakResidentMegabytes() {
        return Math.max(peakResidentKilobytes, residentKilobytes()) / 1024;
    }

    private static Stream<ProcessHandle> tree(ProcessHandle root) {
        return Stream.concat(Stream.of(root), root.descendants());
    }

    private long residentKilobytes() {
        return tree(process().toHandle())
                .mapToLong(handle -> read(handle, "status")
                        .lines()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .sum())
                .sum();
    }

    private static String read(ProcessHandle handle, String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(handle.pid()), file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // the process ended meanwhile
        }
    }

    private void observe() {
        peakResidentKilobytes = Math.max(peakResidentKilobytes, residentKilobytes());
        tree(process().toHandle()).forEach(handle -> {
            String arguments = read(handle, "cmdline").replace('\0', ' ');
            if (secrets.stream().anyMatch(arguments::contains)) {
                argumentsWithSecrets.add("process " + handle.pid());
            }
        });
    }

    /** Everything that all processes wrote. */
    public String output() {
        try {
            return Files.exists(output) ? Files.readString(output) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String tail() {
        List<String> lines = output().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    }

    public void assertNoStackTrace() {
        assertThat(STACK_TRACE.matcher(output()).find())
                .as("a stack trace in the output:%n%s", tail())
                .isFalse();
    }

    /** Neither the output nor the arguments of any process held a password. */
    public void assertNoSecret() {
        String written = output();
        assertThat(secrets.stream().filter(written::contains).count())
                .as("passwords in %s", output)
                .isZero();
        assertThat(argumentsWithSecrets)
                .as("processes with a password in their arguments")
                .isEmpty();
    }

    @Override
    public void close() {
        observer.shutdownNow();
        if (observation != null) {
            observation.cancel(false);
        }
        if (process().isAlive()) {
            List<ProcessHandle> children = process().descendants().toList();
            process().destroy();
            try {
                if (!process().waitFor(30, TimeUnit.SECONDS)) {
                    process().destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            children.forEach(ProcessHandle::destroyForcibly);
        }
        ALIVE.remove(process().toHandle());
        assertNoSecret();
    }
}
