package dev.ferry.notification;

import dev.ferry.journal.Journal;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts messages to a webhook, one after the other and in order, on a thread of its own. What fails is tried a few times and
 * then given up with a line in the log; the event log says so once, until a message goes through again. No failure is shown
 * by its own text, which may quote the address. Redirects are failures: whoever sits elsewhere was not given the address.
 */
public final class WebhookNotifier implements Notifier {
    static final List<Duration> PAUSES = List.of(Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(16));
    static final Duration TOTAL = Duration.ofSeconds(10);
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration END_WAIT = Duration.ofSeconds(1);
    private static final int WAITING = 100;
    private static final Logger LOG = LoggerFactory.getLogger(WebhookNotifier.class);

    private final WebhookUrl url;
    private final NotificationFormat format;
    private final Journal journal;
    private final List<Duration> pauses;
    private final Duration total;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final ThreadPoolExecutor worker = new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), WebhookNotifier::daemon);
    private boolean complained; // the worker's alone

    public WebhookNotifier(WebhookUrl url, NotificationFormat format, Journal journal) {
        this(url, format, journal, PAUSES, TOTAL);
    }

    /**
     * The same with another patience.
     *
     * @param pauses before the second try and each one after it
     * @param total of one try
     */
    public WebhookNotifier(
            WebhookUrl url, NotificationFormat format, Journal journal, List<Duration> pauses, Duration total) {
        this.url = url;
        this.format = format;
        this.journal = journal;
        this.pauses = List.copyOf(pauses);
        this.total = total;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "ferry-notifier");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public boolean offer(Delivery delivery) {
        try {
            worker.execute(() -> deliver(delivery));
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private void deliver(Delivery delivery) {
        try {
            if (closed() || (delivery.due().getAsBoolean() && !send(delivery.notice()))) {
                return;
            }
            delivery.over().run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.warn(
                    "The message \"{}\" was not sent ({})",
                    delivery.notice().milestone().label(),
                    e.getClass().getSimpleName());
        }
    }

    /** False if the process ends before it is known how it went. */
    private boolean send(Notice notice) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(url.uri())
                .timeout(total)
                .header("Content-Type", "application/json; charset=utf-8")
                .header("User-Agent", "ferry")
                .POST(HttpRequest.BodyPublishers.ofString(format.body(notice)))
                .build();
        for (int tried = 0; ; tried++) {
            Attempt attempt = attempt(request);
            if (attempt.failure() == null) {
                complained = false;
                return true;
            }
            if (!attempt.again() || tried == pauses.size()) {
                giveUp(notice, attempt.failure());
                return true;
            }
            if (closing.await(pauses.get(tried).toMillis(), TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
    }

    /** @param failure for people; null if it went well */
    private record Attempt(@Nullable String failure, boolean again) {}

    private Attempt attempt(HttpRequest request) throws InterruptedException {
        try {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            response.body().close(); // unread, however long it is
            int status = response.statusCode();
            return status / 100 == 2
                    ? new Attempt(null, false)
                    : new Attempt("HTTP status " + status, status == 408 || status == 429 || status >= 500);
        } catch (IOException e) {
            return new Attempt(e.getClass().getSimpleName(), true);
        }
    }

    private void giveUp(Notice notice, String failure) {
        LOG.warn("The message \"{}\" was given up: {}", notice.milestone().label(), failure);
        if (!complained) {
            complained = true;
            journal.warn("Notifications do not get through (" + failure
                    + "). The migration goes on without them; look at NOTIFICATION_WEBHOOK_URL.");
        }
    }

    private boolean closed() {
        return closing.getCount() == 0;
    }

    /** A request under way gets a moment, so that it need not be sent again. */
    @Override
    public void close() {
        closing.countDown();
        worker.shutdown();
        try {
            if (!worker.awaitTermination(END_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                worker.shutdownNow();
            }
        } catch (InterruptedException e) {
            worker.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
