package dev.ferry.web;

import dev.ferry.failure.FerryException;
import dev.ferry.migration.Migration;
import dev.ferry.migration.MigrationStatus;
import dev.ferry.migration.Outcome;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.Authentication;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.View;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.springframework.web.servlet.view.RedirectView;

/** The pages, what their buttons post to, and what keeps them up to date. */
@Controller
class DashboardController {
    private static final Set<String> YES = Set.of("on", "true");

    private final Migration migration;
    private final LivePage live;
    private final EventStreams streams;
    private final Checks checks;

    DashboardController(Migration migration, LivePage live, EventStreams streams, Checks checks) {
        this.migration = migration;
        this.live = live;
        this.streams = streams;
        this.checks = checks;
    }

    /** What the last button did, shown once. */
    record Message(String tone, String text) {}

    @GetMapping("/")
    String dashboard(Model model) {
        LivePage.Snapshot snapshot = live.render();
        model.addAttribute("live", snapshot);
        model.addAttribute("view", snapshot.view());
        return "dashboard";
    }

    @GetMapping("/login")
    Object login(@Nullable Authentication user, HttpServletRequest request) {
        return user == null ? "login" : seeOther("/");
    }

    @GetMapping("/confirm/{action}")
    String confirm(@PathVariable String action, Model model) {
        PageAction page = known(action);
        if (!page.dangerous()) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND);
        }
        MigrationStatus status = migration.status();
        String gone = page.canLeaveSource() ? DashboardView.sourceTrouble(migration.vitals()) : null;
        boolean again = page == PageAction.COMPLETE && DashboardView.completeWaitsForSource(status, gone);
        LivePage.Snapshot snapshot = live.fresh();
        model.addAttribute("live", snapshot);
        model.addAttribute("view", snapshot.view());
        model.addAttribute("action", page.path());
        model.addAttribute("label", page.label());
        model.addAttribute("legal", again || status.legalActions().contains(page.action()));
        model.addAttribute("sourceGone", gone);
        model.addAttribute("onlyWithoutSource", again);
        model.addAttribute("readiness", status.cutoverReadiness());
        return "confirm";
    }

    @PostMapping("/actions/check")
    View check(RedirectAttributes redirect) {
        checks.again();
        redirect.addFlashAttribute("message", new Message("good", "Checking both databases."));
        return seeOther("/");
    }

    @PostMapping("/actions/{action}")
    View act(
            @PathVariable String action,
            @RequestParam(defaultValue = "") String hold,
            @RequestParam(defaultValue = "") String force,
            @RequestParam(required = false) @Nullable Set<String> confirm,
            RedirectAttributes redirect) {
        PageAction page = known(action);
        Migration.Options options = new Migration.Options(
                YES.contains(hold), YES.contains(force), confirm == null ? Set.of() : Set.copyOf(confirm));
        redirect.addFlashAttribute("message", perform(page, options));
        return seeOther("/");
    }

    private Message perform(PageAction page, Migration.Options options) {
        try {
            Outcome outcome = migration.perform(page.action(), options);
            if (outcome instanceof Outcome.Refused refused) {
                if (refused.code() == Outcome.Refused.Code.PREFLIGHT_BLOCKED) {
                    checks.again();
                }
                return new Message("bad", page.label() + " was refused: " + refused.message());
            }
            return new Message(outcome instanceof Outcome.Pending ? "working" : "good", outcome.message());
        } catch (FerryException e) {
            return new Message("bad", (e.getMessage() + " " + e.remedy()).strip());
        }
    }

    @GetMapping("/events")
    @Nullable ResponseEntity<Object> events(
            HttpServletRequest request,
            HttpServletResponse response,
            @RequestParam(defaultValue = "0") String since,
            @RequestHeader(name = "Last-Event-ID", defaultValue = "") String last)
            throws IOException {
        String version = last.isEmpty() ? since : last;
        boolean number = version.matches("[0-9]{1,18}");
        if (request.getMethod().equals("HEAD")) {
            return ResponseEntity.ok().contentType(MediaType.TEXT_EVENT_STREAM).build();
        }
        if (streams.open(request, response, number ? Long.parseLong(version) : 0)) {
            return null;
        }
        response.setHeader(HttpHeaders.RETRY_AFTER, "30");
        return Answer.failure(
                HttpStatus.SERVICE_UNAVAILABLE, "too_many_streams", "Too many dashboards are open; try again later.");
    }

    /** The chart's points, each {@code [seconds since 1970, lag in seconds or null, changes waiting or null]}. */
    @GetMapping("/history")
    ResponseEntity<String> history() {
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .body(live.history().all().stream()
                        .map(History.Sample::json)
                        .collect(Collectors.joining(",", "[", "]")));
    }

    /** All of the statements, where the page shows only a beginning. */
    @GetMapping("/cutover.sql")
    ResponseEntity<String> cutoverSql() {
        Migration.CutoverSql sql = migration.cutoverSql();
        return ResponseEntity.ok()
                .contentType(new MediaType("text", "plain", java.nio.charset.StandardCharsets.UTF_8))
                .body("-- Switch\n" + sql.switchSql() + "\n\n-- Revert\n" + sql.revertSql()
                        + "\n\n-- What undoes the write block after Complete\n" + sql.grantsAfterComplete() + "\n");
    }

    private static PageAction known(String path) {
        PageAction action = PageAction.ofPath(path);
        if (action == null) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND);
        }
        return action;
    }

    private static RedirectView seeOther(String path) {
        RedirectView view = new RedirectView(path);
        view.setStatusCode(HttpStatus.SEE_OTHER);
        view.setExposeModelAttributes(false);
        return view;
    }
}
