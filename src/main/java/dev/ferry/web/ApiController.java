package dev.ferry.web;

import dev.ferry.journal.Event;
import dev.ferry.migration.Action;
import dev.ferry.migration.Migration;
import dev.ferry.preflight.PreflightReport;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** The JSON API (docs/api.md). Every action is {@link Migration#perform}, as from the dashboard. */
@RestController
class ApiController {
    private static final int USUAL_LINES = 100;
    private static final int MOST_LINES = 1000;

    private final Migration migration;
    private final Checks checks;

    ApiController(Migration migration, Checks checks) {
        this.migration = migration;
        this.checks = checks;
    }

    record Health(boolean ok, Instant timestamp) {}

    record Logs(List<Line> logs) {
        record Line(Instant at, String level, String message) {
            static Line of(Event event) {
                return new Line(event.at(), Answer.lower(event.level()), event.message());
            }
        }
    }

    @GetMapping("/health")
    ResponseEntity<Object> health() {
        return Answer.json(HttpStatus.OK, new Health(true, Instant.now()));
    }

    @GetMapping("/status")
    ResponseEntity<Object> status() {
        return Answer.json(HttpStatus.OK, StatusJson.of(migration.status()));
    }

    @GetMapping("/preflight-checks")
    ResponseEntity<Object> preflightChecks() {
        try {
            PreflightReport report = checks.await();
            return Answer.json(HttpStatus.OK, PreflightJson.of(report));
        } catch (TimeoutException e) {
            return Answer.failure(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "preflight_running",
                    "The checks are still running; an end may be out of reach. Ask again in a few seconds.");
        }
    }

    @GetMapping("/logs")
    ResponseEntity<Object> logs(HttpServletRequest request) {
        int lines = Query.of(request).count("lines", USUAL_LINES, MOST_LINES);
        return Answer.json(
                HttpStatus.OK,
                new Logs(migration.events(lines).stream().map(Logs.Line::of).toList()));
    }

    @PostMapping("/start-migration")
    ResponseEntity<Object> startMigration(HttpServletRequest request) {
        Query query = Query.of(request);
        Set<String> confirmed = query.all("confirm");
        return perform(Action.START, new Migration.Options(query.flag("hold"), false, confirmed));
    }

    @PostMapping("/start-copy")
    ResponseEntity<Object> startCopy() {
        return perform(Action.START_COPY, Migration.Options.NONE);
    }

    @PostMapping("/pause-sync")
    ResponseEntity<Object> pauseSync() {
        return perform(Action.PAUSE, Migration.Options.NONE);
    }

    @PostMapping("/resume-sync")
    ResponseEntity<Object> resumeSync() {
        return perform(Action.RESUME, Migration.Options.NONE);
    }

    @PostMapping("/switch-traffic")
    ResponseEntity<Object> switchTraffic(HttpServletRequest request) {
        return perform(Action.SWITCH, forced(request));
    }

    @PostMapping("/revert-switch")
    ResponseEntity<Object> revertSwitch() {
        return perform(Action.REVERT, Migration.Options.NONE);
    }

    @PostMapping("/cleanup")
    ResponseEntity<Object> cleanup(HttpServletRequest request) {
        return perform(Action.CLEANUP, forced(request));
    }

    @PostMapping("/retry")
    ResponseEntity<Object> retry() {
        return perform(Action.RETRY, Migration.Options.NONE);
    }

    @PostMapping("/abort")
    ResponseEntity<Object> abort(HttpServletRequest request) {
        return perform(Action.ABORT, forced(request));
    }

    @PostMapping("/verify")
    ResponseEntity<Object> verify() {
        return perform(Action.VERIFY, Migration.Options.NONE);
    }

    @PostMapping("/pause-verification")
    ResponseEntity<Object> pauseVerification() {
        return perform(Action.PAUSE_VERIFICATION, Migration.Options.NONE);
    }

    @PostMapping("/resume-verification")
    ResponseEntity<Object> resumeVerification() {
        return perform(Action.RESUME_VERIFICATION, Migration.Options.NONE);
    }

    @PostMapping("/repair")
    ResponseEntity<Object> repair() {
        return perform(Action.REPAIR, Migration.Options.NONE);
    }

    @PostMapping("/remove-state")
    ResponseEntity<Object> removeState() {
        return perform(Action.REMOVE_STATE, Migration.Options.NONE);
    }

    private static Migration.Options forced(HttpServletRequest request) {
        return new Migration.Options(false, Query.of(request).flag("force"), Set.of());
    }

    private ResponseEntity<Object> perform(Action action, Migration.Options options) {
        return Answer.of(migration.perform(action, options));
    }
}
