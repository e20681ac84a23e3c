package dev.ferry.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The other end of a webhook: a real HTTP server that keeps what it is sent and answers what a test wants. */
public final class WebhookReceiver implements AutoCloseable {
    /** In the address alone: whatever shows it shows the address. */
    public static final String SECRET = "T0K3N-of-the-webhook";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** A status that is never sent: the request is left without an answer. */
    private static final int SILENCE = 0;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final List<String> contentTypes = new CopyOnWriteArrayList<>();
    private volatile int status = 200;
    private volatile @Nullable String redirect;

    public WebhookReceiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::receive);
        server.start();
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            contentTypes.add(String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type")));
            if (status == SILENCE) {
                closed.await();
                return;
            }
            String elsewhere = redirect;
            if (elsewhere != null) {
                exchange.getResponseHeaders().add("Location", elsewhere);
            }
            if (status == 204) {
                exchange.sendResponseHeaders(status, -1);
                return;
            }
            exchange.sendResponseHeaders(status, 0);
            exchange.getResponseBody().write("an answer that nobody reads".getBytes(StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public String url() {
        return "http://localhost:" + server.getAddress().getPort() + "/services/" + SECRET + "?key=" + SECRET;
    }

    public WebhookReceiver answering(int answer) {
        status = answer;
        return this;
    }

    public WebhookReceiver redirectingTo(String address) {
        redirect = address;
        return answering(307);
    }

    public WebhookReceiver silent() {
        return answering(SILENCE);
    }

    /** All requests, whatever was answered. */
    public List<String> bodies() {
        return List.copyOf(bodies);
    }

    public List<String> contentTypes() {
        return List.copyOf(contentTypes);
    }

    /** One field of each message in turn. */
    public List<String> fields(String name) {
        return messages().stream()
                .map(message -> String.valueOf(message.get(name)))
                .toList();
    }

    public List<Map<String, Object>> messages() {
        return bodies.stream()
                .map(body -> JSON.readValue(body, new TypeReference<Map<String, Object>>() {}))
                .toList();
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
