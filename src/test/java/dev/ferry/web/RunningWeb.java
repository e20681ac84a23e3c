package dev.ferry.web;

import dev.ferry.migration.Migration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.support.GenericApplicationContext;

/** The web layer alone, on a port of its own. */
final class RunningWeb implements AutoCloseable {
    /** What no placeholder may touch, no header may cut and no charset may bend. */
    static final String PASSWORD = "corr${ect} horse: pässwörd 🐎%2B+";

    private static final Pattern TOKEN = Pattern.compile("name=\"_csrf\" value=\"([^\"]+)\"");

    // Not a @Configuration: a scan by the application's own tests must not find it.
    @EnableAutoConfiguration
    @ComponentScan
    static class WebLayer {}

    final StoryMigration migration = new StoryMigration();
    private final ConfigurableApplicationContext context;

    private RunningWeb(Map<String, Object> properties) {
        Map<String, Object> all = new HashMap<>(properties);
        all.putIfAbsent("server.port", "0");
        ApplicationContextInitializer<GenericApplicationContext> beans = application -> {
            application.registerBean(Migration.class, () -> migration);
            application.registerBean(AdminPassword.class, () -> AdminPassword.of(PASSWORD));
        };
        this.context = new SpringApplicationBuilder(WebLayer.class)
                .initializers(beans)
                .properties(all)
                .run("--server.port=" + all.get("server.port"));
    }

    static RunningWeb start() {
        return new RunningWeb(Map.of());
    }

    static RunningWeb start(Map<String, Object> properties) {
        return new RunningWeb(properties);
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    int port() {
        return Integer.parseInt(String.valueOf(context.getEnvironment().getProperty("local.server.port")));
    }

    String address() {
        return "http://localhost:" + port();
    }

    static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** A client with its own cookies that follows no redirect. */
    Client client() {
        return new Client();
    }

    /** As a script: Basic, no cookies. */
    Client script() {
        Client client = new Client();
        client.headers.put("Authorization", basic("admin", PASSWORD));
        return client;
    }

    /** As a browser that has logged in. */
    Client browser() {
        Client client = new Client();
        client.headers.put("Accept", "text/html,application/xhtml+xml");
        client.logIn(PASSWORD);
        return client;
    }

    final class Client {
        final Map<String, String> headers = new HashMap<>();
        private final HttpClient http = HttpClient.newBuilder()
                .cookieHandler(new CookieManager())
                .connectTimeout(Duration.ofSeconds(5))
                .build();

        HttpResponse<String> get(String path, String... extra) {
            return send("GET", path, HttpRequest.BodyPublishers.noBody(), extra);
        }

        HttpResponse<String> post(String path, String... extra) {
            return send("POST", path, HttpRequest.BodyPublishers.noBody(), extra);
        }

        HttpResponse<String> form(String path, Map<String, String> fields, String... extra) {
            StringBuilder body = new StringBuilder();
            fields.forEach((name, value) -> body.append(body.isEmpty() ? "" : "&")
                    .append(URLEncoder.encode(name, StandardCharsets.UTF_8))
                    .append('=')
                    .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
            String[] all = java.util.Arrays.copyOf(extra, extra.length + 2);
            all[extra.length] = "Content-Type";
            all[extra.length + 1] = "application/x-www-form-urlencoded";
            return send("POST", path, HttpRequest.BodyPublishers.ofString(body.toString()), all);
        }

        HttpResponse<String> send(String method, String path, HttpRequest.BodyPublisher body, String... extra) {
            try {
                return http.send(request(method, path, body, extra), HttpResponse.BodyHandlers.ofString());
            } catch (IOException e) {
                throw new UncheckedIOException(method + " " + path, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        HttpRequest request(String method, String path, HttpRequest.BodyPublisher body, String... extra) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address() + path))
                    .timeout(Duration.ofSeconds(40))
                    .method(method, body);
            headers.forEach(request::setHeader);
            for (int i = 0; i < extra.length; i += 2) {
                request.setHeader(extra[i], extra[i + 1]);
            }
            return request.build();
        }

        HttpClient http() {
            return http;
        }

        /** The CSRF token of a page's forms. */
        String token(String page) {
            Matcher matcher = TOKEN.matcher(get(page).body());
            if (!matcher.find()) {
                throw new IllegalStateException("no token in " + page);
            }
            return matcher.group(1);
        }

        HttpResponse<String> logIn(String password) {
            return form("/login", Map.of("_csrf", token("/login"), "username", "admin", "password", password));
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
