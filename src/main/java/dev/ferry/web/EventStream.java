package dev.ferry.web;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One viewer. Nothing in here waits: a message is written only when the connection takes it, and a viewer who cannot keep
 * up misses versions, never parts, because the next message holds all that changed since the one it got.
 */
final class EventStream implements WriteListener {
    private static final Logger log = LoggerFactory.getLogger(EventStream.class);
    private static final byte[] GREETING = "retry: 2000\n\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] HEARTBEAT = ":\n\n".getBytes(StandardCharsets.UTF_8);

    private final AsyncContext context;
    private final ServletOutputStream out;
    private final LivePage live;
    private final Duration heartbeat;
    private final Consumer<EventStream> ended;
    private final @Nullable String sessionId;
    private final long openedAt = System.nanoTime();

    private long version;
    private long writtenAt = System.nanoTime();
    private boolean greeted;
    private boolean unflushed;
    private boolean closed;
    private boolean begun;

    EventStream(
            AsyncContext context,
            LivePage live,
            long version,
            Duration heartbeat,
            @Nullable String sessionId,
            Consumer<EventStream> ended)
            throws IOException {
        this.context = context;
        this.out = context.getResponse().getOutputStream();
        this.live = live;
        this.version = version;
        this.heartbeat = heartbeat;
        this.sessionId = sessionId;
        this.ended = ended;
    }

    boolean belongsTo(String session) {
        return session.equals(sessionId);
    }

    boolean isOlderThan(Duration age) {
        return System.nanoTime() - openedAt > age.toNanos();
    }

    @Override
    public synchronized void onWritePossible() {
        begun = true;
        offer();
    }

    @Override
    public void onError(Throwable failure) {
        close();
    }

    /** Sends what is new, if the connection takes it now; else the container calls {@link #onWritePossible} later. */
    synchronized void offer() {
        if (closed || !begun) {
            return;
        }
        try {
            while (out.isReady()) {
                if (unflushed) {
                    unflushed = false;
                    out.flush();
                    continue;
                }
                byte[] next = next();
                if (next == null) {
                    return;
                }
                out.write(next);
                unflushed = true;
                writtenAt = System.nanoTime();
            }
        } catch (IOException | RuntimeException e) {
            close(); // The viewer is gone.
        }
    }

    private byte @Nullable [] next() {
        if (!greeted) {
            greeted = true;
            return GREETING;
        }
        long current = live.version();
        byte[] message = live.messageSince(version);
        if (message != null) {
            version = current;
            return message;
        }
        return System.nanoTime() - writtenAt > heartbeat.toNanos() ? HEARTBEAT : null;
    }

    /** Ends it. */
    void close() {
        if (forget()) {
            complete();
        }
    }

    /** Ends it because the container says so, which else would write an error page into the stream. */
    void abandon() {
        forget();
        complete();
    }

    private synchronized boolean forget() {
        boolean first = !closed;
        closed = true;
        if (first) {
            ended.accept(this);
        }
        return first;
    }

    private void complete() {
        try {
            context.complete();
        } catch (RuntimeException e) {
            log.debug("a stream was over already", e); // The time-out, or the connection broke.
        }
    }
}
