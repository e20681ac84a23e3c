package dev.ferry.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The product as its users run it: the jar in a process of its own, spoken to by HTTP. */
final class LocalFerry implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Pattern PHASE = Pattern.compile("\"phase\"\\s*:\\s*\"([a-z_]+)\"");
    private static final Pattern LEVEL = Pattern.compile("\"level\"\\s*:\\s*\"([a-z_]+)\"");

    private final ProcessBuilder command;
    private final Process process;
    private final URI address;
    private final String password;
    private final Path log;
    private volatile boolean closed;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private LocalFerry(ProcessBuilder command, URI address, String password, Path log) throws IOException {
        this.command = command;
        this.address = address;
        this.password = password;
        this.log = log;
        this.process = command.start();
        // However this JVM ends, short of SIGKILL, it leaves no Ferry behind.
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(this::close, "ferry-closer"));
        } catch (IllegalStateException e) {
            process.destroyForcibly();
            throw new IOException("the demo is ending", e);
        }
    }

    /**
     * Starts the jar with the memory of a small dyno.
     *
     * @param log takes what the process prints
     */
    static LocalFerry start(Path jar, int port, String herokuUrl, String planetScaleUrl, String password, Path log)
            throws IOException {
        if (!Files.isRegularFile(jar)) {
            throw new IOException("there is no " + jar + "; build it with: mvn package -DskipTests");
        }
        Files.createDirectories(log.toAbsolutePath().getParent());
        Files.deleteIfExists(log);
        ProcessBuilder command = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx300m",
                        "-jar",
                        jar.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        command.environment()
                .putAll(Map.of(
                        "HEROKU_URL", herokuUrl,
                        "PLANETSCALE_URL", planetScaleUrl,
                        "PASSWORD", password,
                        "PORT", Integer.toString(port)));
        return new LocalFerry(command, URI.create("http://localhost:" + port + "/"), password, log);
    }

    /** The same once more, as a dyno is started again after its process ended. */
    LocalFerry startAgain() throws IOException {
        return new LocalFerry(command, address, password, log);
    }

    URI address() {
        return address;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Of a process that ended. */
    int exitCode() {
        return process.exitValue();
    }

    /** What people need to know when the process ended. */
    String lastWords() {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    /**
     * Returns once the web server answers.
     *
     * @throws IOException if the process ended or did not answer in time
     */
    void awaitHealthy() throws IOException, InterruptedException {
        long giveUp = System.nanoTime() + START_LIMIT.toNanos();
        while (System.nanoTime() < giveUp) {
            if (process.waitFor(250, TimeUnit.MILLISECONDS)) {
                if (closed) {
                    throw new IOException("Ferry was ended while it started.");
                }
                throw new IOException(
                        "Ferry ended with code " + process.exitValue() + ". Its last lines:\n" + lastWords());
            }
            if (isHealthy()) {
                return;
            }
        }
        throw new IOException("Ferry did not answer GET /health within " + START_LIMIT.toSeconds()
                + " s. Its last lines:\n" + lastWords());
    }

    private boolean isHealthy() throws InterruptedException {
        try {
            return send("GET", "health").statusCode() == 200;
        } catch (IOException e) {
            return false; // not listening yet
        }
    }

    /** The phase that GET /status names, if it answers. */
    Optional<String> phase() throws InterruptedException {
        return statusField(PHASE);
    }

    /** The level of the cutover's readiness. */
    Optional<String> readiness() throws InterruptedException {
        return statusField(LEVEL);
    }

    private Optional<String> statusField(Pattern field) throws InterruptedException {
        try {
            HttpResponse<String> status = send("GET", "status");
            Matcher matcher = field.matcher(status.body());
            return status.statusCode() == 200 && matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Asks for an action as a script would. */
    HttpResponse<String> post(String path) throws IOException, InterruptedException {
        return send("POST", path);
    }

    private HttpResponse<String> send(String method, String path) throws IOException, InterruptedException {
        String credentials = Base64.getEncoder().encodeToString(("admin:" + password).getBytes(StandardCharsets.UTF_8));
        return http.send(
                HttpRequest.newBuilder(address.resolve(path))
                        .timeout(Duration.ofSeconds(30))
                        .header("Authorization", "Basic " + credentials)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** As a dyno is stopped: SIGTERM, and SIGKILL if that does not help. */
    @Override
    public void close() {
        closed = true;
        process.destroy();
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
