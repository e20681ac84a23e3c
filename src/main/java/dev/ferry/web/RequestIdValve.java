package dev.ferry.web;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Gives every request a name, that of Heroku's router if it sent one, and says it in the answer and in each line that is
 * logged meanwhile. A valve and not a filter: it stands around what the container itself answers and logs, too.
 */
final class RequestIdValve extends ValveBase {
    static final String HEADER = "X-Request-Id";
    static final String LOGGED_AS = "request_id";

    private static final String ATTRIBUTE = RequestIdValve.class.getName();
    /** Anything else could forge lines of the log. */
    private static final Pattern VALID = Pattern.compile("[A-Za-z0-9+/=_.-]{1,200}");

    RequestIdValve() {
        super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        String id = id(request);
        response.setHeader(HEADER, id);
        MDC.put(LOGGED_AS, id);
        try {
            getNext().invoke(request, response);
        } finally {
            MDC.remove(LOGGED_AS);
        }
    }

    /** The same again when an asynchronous request comes back. */
    private static String id(Request request) {
        if (request.getAttribute(ATTRIBUTE) instanceof String known) {
            return known;
        }
        @Nullable String sent = request.getHeader(HEADER);
        String id = sent != null && VALID.matcher(sent).matches()
                ? sent
                : UUID.randomUUID().toString();
        request.setAttribute(ATTRIBUTE, id);
        return id;
    }

    /** Puts it in front of everything else. */
    @Configuration(proxyBeanMethods = false)
    static class Installation {
        @Bean
        WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> requestIds() {
            return factory -> factory.addEngineValves(new RequestIdValve());
        }
    }
}
