package dev.ferry.web;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of an API call: of the query alone. A servlet's parameters would hold those of a form body as well, and
 * bodies are ignored.
 */
final class Query {
    /** A parameter is not what it must be; nothing was done. */
    static final class Invalid extends RuntimeException {
        Invalid(String message) {
            super(message);
        }
    }

    private record Parameter(String name, String value) {}

    private final List<Parameter> parameters = new ArrayList<>();

    private Query(@Nullable String text) {
        for (String pair : text == null ? new String[0] : text.split("&")) {
            int equals = pair.indexOf('=');
            parameters.add(new Parameter(
                    decode(equals < 0 ? pair : pair.substring(0, equals)),
                    equals < 0 ? "" : decode(pair.substring(equals + 1))));
        }
    }

    static Query of(HttpServletRequest request) {
        return new Query(request.getQueryString());
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new Invalid("The query holds a percent sign that two hex digits do not follow.");
        }
    }

    Set<String> all(String name) {
        Set<String> values = new LinkedHashSet<>();
        for (Parameter parameter : parameters) {
            if (parameter.name().equals(name)) {
                values.add(parameter.value());
            }
        }
        return values;
    }

    /** Only {@code true} and {@code false} are understood: whoever writes something else means something. */
    boolean flag(String name) {
        Set<String> values = all(name);
        if (values.isEmpty() || values.equals(Set.of("false"))) {
            return false;
        }
        if (values.equals(Set.of("true"))) {
            return true;
        }
        throw new Invalid("The parameter " + name + " must be true or false.");
    }

    /** A number from 1; above the maximum it is the maximum. */
    int count(String name, int usual, int maximum) {
        Set<String> values = all(name);
        if (values.isEmpty()) {
            return usual;
        }
        String value = values.iterator().next();
        if (values.size() > 1 || !value.matches("[0-9]+") || value.matches("0+")) {
            throw new Invalid("The parameter " + name + " must be a whole number from 1 to " + maximum + ".");
        }
        return value.length() > 9 ? maximum : Math.min(maximum, Integer.parseInt(value));
    }
}
