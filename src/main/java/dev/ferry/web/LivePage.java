package dev.ferry.web;

import dev.ferry.journal.Event;
import dev.ferry.migration.Migration;
import dev.ferry.migration.MigrationStatus;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.thymeleaf.ITemplateEngine;
import org.thymeleaf.context.Context;

/**
 * The parts of the dashboard that change, rendered once for all viewers: a page is put together from them, and a stream
 * sends those that changed since what its viewer has. A part holds nothing that belongs to a session; buttons belong to a
 * form outside of all parts, which has the token. Without viewers nothing is rendered; the chart's points are taken always.
 */
@Component
class LivePage {
    /** In the order of the page. Each is a template in {@code templates/live} and an element with this data-live name. */
    static final List<String> PARTS = List.of(
            "title",
            "announce",
            "banner",
            "steps",
            "now",
            "checks",
            "sync",
            "next",
            "readiness",
            "verification",
            "tables",
            "sql",
            "events",
            "discarded");

    private static final Logger log = LoggerFactory.getLogger(LivePage.class);
    private static final int EVENTS = 60;

    /** One part, and the version in which it came to be so. */
    record Part(String html, long version) {}

    /** The page as it is; never changed. */
    static final class Snapshot {
        private final long version;
        private final Map<String, Part> parts;
        private final DashboardView view;
        private final History.@Nullable Sample sample;
        private final long renderedAt = System.nanoTime();
        private final Map<Long, byte[]> messages = new ConcurrentHashMap<>();

        Snapshot(long version, Map<String, Part> parts, DashboardView view, History.@Nullable Sample sample) {
            this.version = version;
            this.parts = parts;
            this.view = view;
            this.sample = sample;
        }

        public long version() {
            return version;
        }

        public DashboardView view() {
            return view;
        }

        /** For the template. */
        public String html(String name) {
            Part part = parts.get(name);
            return part == null ? "" : part.html();
        }
    }

    private final Migration migration;
    private final Checks checks;
    private final ITemplateEngine templates;
    private final JsonResponse json;
    private final WebSettings settings;
    private final History history;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread daemon = new Thread(task, "dashboard-live");
        daemon.setDaemon(true);
        return daemon;
    });
    // Begins with the time, so that a viewer of an earlier process is older than everything in this one.
    private long lastVersion = System.currentTimeMillis() * 1000;
    private volatile long wantedAt = System.nanoTime() - TimeUnit.HOURS.toNanos(1);
    private volatile @Nullable Snapshot snapshot;
    private volatile boolean failing;

    LivePage(Migration migration, Checks checks, ITemplateEngine templates, JsonResponse json, WebSettings settings) {
        this.migration = migration;
        this.checks = checks;
        this.templates = templates;
        this.json = json;
        this.settings = settings;
        this.history = new History(settings.historySize());
    }

    @PostConstruct
    void start() {
        long sample = settings.sampleEvery().toMillis();
        long render = settings.renderEvery().toMillis();
        var unusedSamples = thread.scheduleWithFixedDelay(this::takeSample, sample, sample, TimeUnit.MILLISECONDS);
        var unusedPages = thread.scheduleWithFixedDelay(this::renderIfWanted, render, render, TimeUnit.MILLISECONDS);
    }

    History history() {
        return history;
    }

    /** Somebody watches. */
    void want() {
        wantedAt = System.nanoTime();
    }

    /** The page, at most one interval old. */
    Snapshot fresh() {
        want();
        Snapshot current = snapshot;
        if (current != null
                && System.nanoTime() - current.renderedAt
                        < settings.renderEvery().toNanos()) {
            return current;
        }
        return render();
    }

    /** The page right after something was done. */
    Snapshot render() {
        want();
        return renderNow();
    }

    /** The version that is current, or 0 before the first rendering. */
    long version() {
        Snapshot current = snapshot;
        return current == null ? 0 : current.version;
    }

    /** What a viewer who has a version must be sent; null if that is nothing. Made once for all who have that version. */
    byte @Nullable [] messageSince(long version) {
        Snapshot current = snapshot;
        if (current == null || current.version == version) {
            return null;
        }
        return current.messages.computeIfAbsent(version, since -> message(current, since));
    }

    private byte[] message(Snapshot current, long since) {
        // A version from the future was given by another process: it says nothing about what the viewer has.
        long known = since > current.version ? 0 : since;
        Map<String, Object> changed = new LinkedHashMap<>();
        current.parts.forEach((name, part) -> {
            if (part.version() > known) {
                changed.put(name, part.html());
            }
        });
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("parts", changed);
        body.put("chart", current.view.showsChart());
        if (current.sample != null) {
            body.put("sample", new Object[] {current.sample.at(), current.sample.lag(), current.sample.pending()});
        }
        return ("id: " + current.version + "\nevent: live\ndata: " + json.text(body) + "\n\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    private void takeSample() {
        try {
            history.add(History.Sample.of(migration.status()));
            failing = false;
        } catch (RuntimeException e) {
            complain(e);
        }
    }

    private void renderIfWanted() {
        try {
            long silence = System.nanoTime() - wantedAt;
            if (silence
                    < Math.max(
                            Duration.ofSeconds(3).toNanos(),
                            settings.renderEvery().toNanos() * 3)) {
                renderNow();
            }
        } catch (RuntimeException e) {
            complain(e);
        }
    }

    private void complain(RuntimeException e) {
        if (!failing) {
            log.warn("the dashboard cannot be brought up to date; it tries again every second", e);
        }
        failing = true;
    }

    private synchronized Snapshot renderNow() {
        MigrationStatus status = migration.status();
        if (DashboardView.showsChecks(status)) {
            checks.keepReportFresh();
        } else {
            checks.forgetReport();
        }
        if (DashboardView.showsSql(status)) {
            checks.keepSqlFresh();
        }
        List<Event> events = migration.events(EVENTS);
        DashboardView view = DashboardView.of(
                status,
                DashboardView.sourceTrouble(migration.vitals()),
                checks.report(),
                checks.running(),
                checks.sql(),
                events);
        Context context = new Context(Locale.ENGLISH, Map.of("view", view));
        Snapshot before = snapshot;
        long next = lastVersion + 1;
        boolean changed = before == null;
        Map<String, Part> parts = new LinkedHashMap<>();
        for (String name : PARTS) {
            String html = templates.process("live/" + name, context).strip();
            Part old = before == null ? null : before.parts.get(name);
            boolean same = old != null && old.html().equals(html);
            changed |= !same;
            parts.put(name, same ? old : new Part(html, next));
        }
        List<History.Sample> samples = history.all();
        History.Sample sample = samples.isEmpty() ? null : samples.get(samples.size() - 1);
        changed |= before != null && sample != null && !sample.equals(before.sample);
        if (changed) {
            lastVersion = next;
        }
        Snapshot rendered = new Snapshot(lastVersion, parts, view, sample);
        snapshot = rendered;
        return rendered;
    }

    @PreDestroy
    void stop() {
        thread.shutdownNow();
    }
}
