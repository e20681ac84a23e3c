package dev.ferry.web;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionListener;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * All viewers. One thread offers each of them what is new; none of them can hold it up. Streams end with the session that
 * opened them, after their lifetime, and first of all when the process stops, which otherwise would wait for them.
 */
@Component
class EventStreams implements SmartLifecycle, HttpSessionListener {
    private final LivePage live;
    private final WebSettings settings;
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    private @Nullable ScheduledExecutorService thread;
    private volatile boolean running;

    EventStreams(LivePage live, WebSettings settings) {
        this.live = live;
        this.settings = settings;
    }

    int count() {
        return streams.size();
    }

    /**
     * Opens a stream for a viewer who has a version of the page.
     *
     * @return false if there are too many
     */
    boolean open(HttpServletRequest request, HttpServletResponse response, long version) throws IOException {
        if (!running || streams.size() >= settings.maximumStreams()) {
            return false;
        }
        response.setContentType("text/event-stream;charset=UTF-8");
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Accel-Buffering", "no");
        HttpSession session = request.getSession(false);
        AsyncContext context = request.startAsync();
        context.setTimeout(settings.streamLifetime().toMillis() + 60_000);
        EventStream stream = new EventStream(
                context,
                live,
                version,
                settings.heartbeat(),
                session == null ? null : session.getId(),
                streams::remove);
        context.addListener(new Ending(stream));
        streams.add(stream);
        live.want();
        response.getOutputStream().setWriteListener(stream);
        return true;
    }

    private record Ending(EventStream stream) implements AsyncListener {
        @Override
        public void onComplete(AsyncEvent event) {
            stream.close();
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            stream.abandon();
        }

        @Override
        public void onError(AsyncEvent event) {
            stream.abandon();
        }

        @Override
        public void onStartAsync(AsyncEvent event) {}
    }

    private void offerAll() {
        if (!streams.isEmpty()) {
            live.want();
        }
        for (EventStream stream : streams) {
            if (stream.isOlderThan(settings.streamLifetime())) {
                stream.close();
            } else {
                stream.offer();
            }
        }
    }

    @Override
    public void sessionDestroyed(HttpSessionEvent event) {
        String id = event.getSession().getId();
        streams.stream().filter(stream -> stream.belongsTo(id)).toList().forEach(EventStream::close);
    }

    @Override
    public synchronized void start() {
        ScheduledExecutorService pump = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread daemon = new Thread(task, "dashboard-streams");
            daemon.setDaemon(true);
            return daemon;
        });
        long interval = Math.max(10, settings.renderEvery().toMillis() / 2);
        var unused = pump.scheduleWithFixedDelay(this::offerAll, interval, interval, TimeUnit.MILLISECONDS);
        thread = pump;
        running = true;
    }

    @Override
    public synchronized void stop() {
        running = false;
        if (thread != null) {
            thread.shutdownNow();
        }
        Set.copyOf(streams).forEach(EventStream::close);
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
