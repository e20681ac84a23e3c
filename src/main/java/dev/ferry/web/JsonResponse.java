package dev.ferry.web;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Writes JSON where no controller is: from filters and their handlers. */
@Component
class JsonResponse {
    private final JsonMapper mapper;

    JsonResponse(JsonMapper mapper) {
        this.mapper = mapper;
    }

    String text(Object value) {
        return mapper.writeValueAsString(value);
    }

    void write(HttpServletResponse response, HttpStatus status, Object body) throws IOException {
        byte[] bytes = text(body).getBytes(StandardCharsets.UTF_8);
        response.setStatus(status.value());
        response.setContentType("application/json");
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
    }
}
