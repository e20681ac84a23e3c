package dev.ferry.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLSession;

/** Sends what no well-behaved client sends. */
final class RawRequest {
    private RawRequest() {}

    /** The request line without its version, then headers; after an empty line the body. */
    static HttpResponse<String> send(int port, String line, String... headers) {
        StringBuilder text = new StringBuilder(line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        boolean body = false;
        for (String header : headers) {
            if (header.isEmpty()) {
                text.append("\r\n");
                body = true;
            } else {
                text.append(header).append(body ? "" : "\r\n");
            }
        }
        text.append(body ? "" : "\r\n");
        try (Socket socket = new Socket("localhost", port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(text.toString().getBytes(StandardCharsets.UTF_8));
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int end = all.indexOf("\r\n\r\n");
            String[] head = all.substring(0, end).split("\r\n");
            Map<String, List<String>> map = new HashMap<>();
            for (int i = 1; i < head.length; i++) {
                int colon = head[i].indexOf(':');
                map.computeIfAbsent(head[i].substring(0, colon), name -> new ArrayList<>())
                        .add(head[i].substring(colon + 1).strip());
            }
            return new Answered(
                    Integer.parseInt(head[0].split(" ")[1]),
                    all.substring(end + 4),
                    HttpHeaders.of(map, (a, b) -> true));
        } catch (IOException e) {
            throw new UncheckedIOException(line, e);
        }
    }

    private record Answered(int statusCode, String body, HttpHeaders headers) implements HttpResponse<String> {
        @Override
        public HttpRequest request() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<HttpResponse<String>> previousResponse() {
            return Optional.empty();
        }

        @Override
        public Optional<SSLSession> sslSession() {
            return Optional.empty();
        }

        @Override
        public URI uri() {
            throw new UnsupportedOperationException();
        }

        @Override
        public HttpClient.Version version() {
            return HttpClient.Version.HTTP_1_1;
        }
    }
}
