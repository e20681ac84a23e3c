package dev.ferry.web;

import dev.ferry.migration.Migration;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.GitProperties;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** For those who run Ferry: numbers for Prometheus, and everything that a helper needs in one file. Neither waits for a database. */
@RestController
class OperationsController {
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final DateTimeFormatter IN_FILE_NAMES =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final Migration migration;
    private final PrometheusMeterRegistry metrics;
    private final WebSettings settings;
    private final String version;
    private final @Nullable String commit;

    OperationsController(
            Migration migration,
            PrometheusMeterRegistry metrics,
            WebSettings settings,
            Environment environment,
            ObjectProvider<GitProperties> git) {
        this.migration = migration;
        this.metrics = metrics;
        this.settings = settings;
        this.version = environment.getProperty("spring.application.version", "development");
        @Nullable GitProperties built = git.getIfAvailable();
        this.commit = built == null ? null : built.getCommitId();
    }

    @GetMapping("/metrics")
    ResponseEntity<String> metrics() {
        return ResponseEntity.ok()
                .contentType(MediaType.parseMediaType(PROMETHEUS_TEXT))
                .body(metrics.scrape(PROMETHEUS_TEXT));
    }

    @GetMapping("/diagnostics")
    ResponseEntity<Object> diagnostics() {
        Instant now = Instant.now();
        ResponseEntity<Object> answer = Answer.json(
                HttpStatus.OK,
                Diagnostics.of(now, version, commit, settings.shown(), migration.status(), migration.vitals()));
        return ResponseEntity.status(answer.getStatusCode())
                .headers(answer.getHeaders())
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        "attachment; filename=\"ferry-diagnostics-" + IN_FILE_NAMES.format(now) + ".json\"")
                .body(answer.getBody());
    }
}
