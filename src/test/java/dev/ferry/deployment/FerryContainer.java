package dev.ferry.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import dev.ferry.testing.FerryProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The image as a careful user runs it: 512 MB and no swap, a file system that cannot be written, a user id that nobody
 * knows. Killed, stopped and started again it is the same container on the same port.
 */
final class FerryContainer implements AutoCloseable {
    static final String IMAGE = System.getProperty("ferry.test.image", "ferry:test");

    private static final long MEMORY = 512L << 20;
    private static final int PORT = 8080;
    private static final Duration GO = Duration.ofMinutes(5);
    private static final String PASSWORD = "dashboard & co.";
    private static final JsonMapper JSON = new JsonMapper();

    private final int port = freePort();
    private final GenericContainer<?> container;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    /** @param certificates a folder of this machine that the container sees as {@code /certificates} */
    FerryContainer(Network network, Map<String, String> environment, Path certificates) {
        container = new GenericContainer<>(DockerImageName.parse(IMAGE))
                .withNetwork(network)
                .withEnv(environment)
                .withEnv("PASSWORD", PASSWORD)
                .withTmpFs(Map.of("/tmp", "rw"))
                .withExposedPorts(PORT)
                .withCreateContainerCmdModifier(create -> {
                    HostConfig host = Objects.requireNonNull(create.getHostConfig());
                    host.withMemory(MEMORY)
                            .withMemorySwap(MEMORY)
                            .withReadonlyRootfs(true)
                            .withBinds(Bind.parse(certificates.toAbsolutePath() + ":/certificates:ro"))
                            .withPortBindings(new PortBinding(
                                    Ports.Binding.bindIpAndPort("127.0.0.1", port), ExposedPort.tcp(PORT)));
                    create.withUser("12345");
                })
                .waitingFor(Wait.forHttp("/health").withStartupTimeout(Duration.ofMinutes(2)));
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void start() {
        container.start();
    }

    /** As {@code docker kill}. */
    void kill() {
        container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
        awaitEnd();
    }

    /** As {@code docker stop}, which kills after ten seconds. Returns the exit code. */
    long stop() {
        container
                .getDockerClient()
                .stopContainerCmd(container.getContainerId())
                .withTimeout(10)
                .exec();
        awaitEnd();
        return Objects.requireNonNull(state().getExitCodeLong());
    }

    /** As {@code docker start}. */
    void startAgain() {
        container
                .getDockerClient()
                .startContainerCmd(container.getContainerId())
                .exec();
        Awaitility.await("Ferry answers")
                .atMost(GO)
                .pollInterval(100, TimeUnit.MILLISECONDS)
                .ignoreExceptions()
                .until(() -> send("GET", "/health").statusCode() == 200);
    }

    private void awaitEnd() {
        Awaitility.await("end of the container")
                .atMost(30, TimeUnit.SECONDS)
                .until(() -> !Boolean.TRUE.equals(state().getRunning()));
    }

    InspectContainerResponse.ContainerState state() {
        return container.getCurrentContainerInfo().getState();
    }

    void awaitHealthy() {
        Awaitility.await("Docker calls it healthy")
                .atMost(GO)
                .until(() -> state().getHealth() != null
                        && "healthy".equals(state().getHealth().getStatus()));
    }

    String output() {
        return container.getLogs();
    }

    /** The largest resident memory of the JVM since it started; that of pg_dump beside it is not in it. */
    long peakResidentMegabytes() {
        String status = read("/proc/1/status");
        return status.lines()
                        .filter(line -> line.startsWith("VmHWM:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .sum()
                / 1024;
    }

    /** A file of the container. */
    String read(String path) {
        try {
            return container.execInContainer("cat", path).getStdout();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    HttpResponse<String> send(String method, String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(60))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .header(
                        "Authorization",
                        "Basic "
                                + Base64.getEncoder()
                                        .encodeToString(("admin:" + PASSWORD).getBytes(StandardCharsets.UTF_8)))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private HttpResponse<String> post(String path, Integer... expected) {
        HttpResponse<String> answer = send("POST", path);
        assertThat(answer.statusCode())
                .as("answer to %s: %s", path, answer.body())
                .isIn((Object[]) expected);
        return answer;
    }

    void startMigration() {
        post("/start-migration", 200);
    }

    void complete() {
        post("/cleanup", 200);
        awaitPhase("completed");
    }

    /** Asks until it is through: on a busy machine it may not get its locks in time. */
    void switchTraffic() {
        Awaitility.await("switch").atMost(GO).until(() -> {
            awaitInSync();
            post("/switch-traffic?force=true", 200, 202, 409);
            JsonNode status = await(
                    "end of the switch",
                    now -> phase(now).equals("switched") || !text(now, "state").equals("switching"));
            return phase(status).equals("switched");
        });
    }

    void awaitPhase(String phase) {
        await("phase " + phase, status -> phase(status).equals(phase));
    }

    void awaitInSync() {
        await(
                "in sync",
                status -> phase(status).equals("replicating")
                        && text(status.path("progress_signals").path("replication_delay"), "health_state")
                                .equals("healthy")
                        && status.path("cutover_readiness")
                                .path("hard_blockers")
                                .isEmpty());
    }

    JsonNode status() {
        HttpResponse<String> answer = send("GET", "/status");
        assertThat(answer.statusCode()).as("status: %s", answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    JsonNode await(String what, Predicate<JsonNode> wanted) {
        return Awaitility.await(what)
                .atMost(GO)
                .pollInterval(20, TimeUnit.MILLISECONDS)
                .failFast(() ->
                        assertThat(state().getRunning()).as("%s", output()).isTrue())
                .until(this::status, status -> {
                    assertThat(phase(status))
                            .as("waiting for %s: %s", what, status)
                            .isNotIn("error", "aborted");
                    return wanted.test(status);
                });
    }

    static String phase(JsonNode status) {
        return text(status, "phase");
    }

    private static String text(JsonNode status, String field) {
        return FerryProcess.text(status.path(field));
    }

    @Override
    public void close() {
        container.stop();
    }
}
