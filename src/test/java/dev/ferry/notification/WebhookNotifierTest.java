package dev.ferry.notification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.ferry.testing.WebhookReceiver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Against a real HTTP server. */
class WebhookNotifierTest {
    private static final List<Duration> SHORT =
            List.of(Duration.ofMillis(10), Duration.ofMillis(20), Duration.ofMillis(30));
    private static final List<Duration> LONG = List.of(Duration.ofHours(1));
    private static final Duration PATIENT = Duration.ofSeconds(10);

    private final WebhookReceiver receiver = new WebhookReceiver();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final AtomicInteger over = new AtomicInteger();
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final Logger log = (Logger) LoggerFactory.getLogger("dev.ferry");

    @BeforeEach
    void listen() {
        log.setLevel(Level.TRACE);
        logged.start();
        log.addAppender(logged);
    }

    @AfterEach
    void close() {
        receiver.close();
        log.detachAppender(logged);
        log.setLevel(null);
        assertThat(events.toString() + List.copyOf(logged.list)).doesNotContain(WebhookReceiver.SECRET);
    }

    private WebhookNotifier notifier(String url, List<Duration> pauses, Duration total) {
        return new WebhookNotifier(
                WebhookUrl.parse(url),
                NotificationFormat.JSON,
                (level, message) -> events.add(level + " " + message),
                pauses,
                total);
    }

    private Delivery delivery(Milestone milestone) {
        return new Delivery(
                new Notice(
                        milestone,
                        "copying",
                        new UUID(0, 1),
                        Instant.EPOCH,
                        Map.of(),
                        new Place("source", "target", "branch")),
                () -> true,
                over::incrementAndGet);
    }

    private void awaitOver(int deliveries) {
        await().atMost(Duration.ofSeconds(30)).until(() -> over.get() == deliveries);
    }

    @Test
    void sendsEachOnceAndInOrder() {
        try (WebhookNotifier notifier = notifier(receiver.url(), SHORT, PATIENT)) {
            notifier.offer(delivery(Milestone.STARTED));
            notifier.offer(delivery(Milestone.SCHEMA_COPIED));
            notifier.offer(delivery(Milestone.COPY_DONE));
            awaitOver(3);
        }
        assertThat(receiver.fields("event")).containsExactly("started", "schema_copied", "copy_done");
        assertThat(receiver.contentTypes()).allMatch(type -> type.startsWith("application/json"));
        assertThat(events).isEmpty();
    }

    @Test
    void doesNotSendWhatSomebodyElseHasSent() {
        Delivery sentAlready = new Delivery(delivery(Milestone.STARTED).notice(), () -> false, over::incrementAndGet);
        try (WebhookNotifier notifier = notifier(receiver.url(), SHORT, PATIENT)) {
            notifier.offer(sentAlready);
            awaitOver(1);
        }
        assertThat(receiver.bodies()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 503, 429, 408})
    void triesAgainAFewTimesThenGivesUpAndComplainsOnce(int status) {
        receiver.answering(status);
        try (WebhookNotifier notifier = notifier(receiver.url(), SHORT, PATIENT)) {
            notifier.offer(delivery(Milestone.STARTED));
            notifier.offer(delivery(Milestone.COPY_DONE));
            awaitOver(2);
            assertThat(receiver.fields("event")).hasSize(8).startsWith("started", "started", "started", "started");
            assertThat(events).singleElement().asString().contains("WARNING").contains("HTTP status " + status);

            receiver.answering(204);
            notifier.offer(delivery(Milestone.IN_SYNC));
            awaitOver(3);
            receiver.answering(status);
            notifier.offer(delivery(Milestone.SWITCHED));
            awaitOver(4);
        }
        assertThat(events).as("again after it worked in between").hasSize(2);
        assertThat(logged.list)
                .filteredOn(line -> line.getLoggerName().endsWith("WebhookNotifier"))
                .hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 404, 410})
    void doesNotRepeatWhatTheReceiverRefuses(int status) {
        receiver.answering(status);
        try (WebhookNotifier notifier = notifier(receiver.url(), SHORT, PATIENT)) {
            notifier.offer(delivery(Milestone.STARTED));
            awaitOver(1);
        }
        assertThat(receiver.bodies()).hasSize(1);
        assertThat(events).hasSize(1);
    }

    @Test
    void goesThroughWithTheSecondTry() {
        receiver.answering(502);
        try (WebhookNotifier notifier = notifier(receiver.url(), List.of(Duration.ofMillis(500)), PATIENT)) {
            notifier.offer(delivery(Milestone.STARTED));
            await().until(() -> receiver.bodies().size() == 1);
            receiver.answering(200);
            awaitOver(1);
        }
        assertThat(receiver.bodies()).hasSize(2);
        assertThat(events).isEmpty();
    }

    @Test
    void followsNoRedirect() {
        try (WebhookReceiver elsewhere = new WebhookReceiver();
                WebhookNotifier notifier =
                        notifier(receiver.redirectingTo(elsewhere.url()).url(), SHORT, PATIENT)) {
            notifier.offer(delivery(Milestone.STARTED));
            awaitOver(1);
            assertThat(elsewhere.bodies()).isEmpty();
        }
        assertThat(receiver.bodies()).hasSize(1);
        assertThat(events).singleElement().asString().contains("HTTP status 307");
    }

    @Test
    void waitsForASilentReceiverOnlySoLong() {
        receiver.silent();
        try (WebhookNotifier notifier = notifier(receiver.url(), SHORT, Duration.ofMillis(200))) {
            notifier.offer(delivery(Milestone.STARTED));
            awaitOver(1);
        }
        assertThat(receiver.bodies()).hasSize(4);
        assertThat(events).singleElement().asString().contains("HttpTimeoutException");
    }

    @Test
    void survivesARefusedConnection() throws IOException {
        int unused;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            unused = socket.getLocalPort();
        }
        try (WebhookNotifier notifier =
                notifier("http://localhost:" + unused + "/" + WebhookReceiver.SECRET, SHORT, PATIENT)) {
            notifier.offer(delivery(Milestone.STARTED));
            awaitOver(1);
        }
        assertThat(events).singleElement().asString().contains("ConnectException");
    }

    @Test
    void neverHoldsUpWhoeverTellsItAndTakesOnlySoMany() {
        receiver.silent();
        try (WebhookNotifier notifier = notifier(receiver.url(), LONG, PATIENT)) {
            Instant before = Instant.now();
            int taken = 0;
            while (notifier.offer(delivery(Milestone.STARTED))) {
                taken++;
            }
            assertThat(taken).isBetween(100, 102);
            assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(2));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void endsSoonAndLeavesTheRestToTheNextProcess(boolean inARequest) {
        if (inARequest) {
            receiver.silent();
        } else {
            receiver.answering(500);
        }
        WebhookNotifier notifier = notifier(receiver.url(), LONG, PATIENT);
        notifier.offer(delivery(Milestone.STARTED));
        notifier.offer(delivery(Milestone.COPY_DONE));
        await().until(() -> receiver.bodies().size() == 1);
        Instant before = Instant.now();

        notifier.close();

        assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(3));
        assertThat(notifier.offer(delivery(Milestone.IN_SYNC))).isFalse();
        assertThat(over).hasValue(0);
        assertThat(receiver.bodies()).hasSize(1);
    }

    @Test
    void anAbsentReceiverHasEverythingAtOnce() {
        try (Notifier off = Notifier.off()) {
            assertThat(off.offer(delivery(Milestone.STARTED))).isTrue();
        }
        assertThat(over).hasValue(1);
    }
}
