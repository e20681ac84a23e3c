package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import dev.ferry.testing.WebhookReceiver;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A whole migration tells its milestones to a real HTTP server. */
class NotificationsIT {
    private static final Map<String, String> JSON = Map.of("ferry.notification.format", "json");

    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
    private final WebhookReceiver receiver = new WebhookReceiver();
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

    @BeforeEach
    void create() {
        source.run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1), (2)");
        logged.start();
        root.addAppender(logged);
    }

    @AfterEach
    void close() {
        root.detachAppender(logged);
        receiver.close();
        assertThat(List.copyOf(logged.list).toString()).doesNotContain(WebhookReceiver.SECRET);
    }

    private void awaitTold(String... events) {
        await("told " + List.of(events))
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(receiver.fields("event")).containsExactly(events));
    }

    @Test
    void eachMilestoneIsToldOnceAcrossRestartsAndAgainAfterARevert() {
        try (RunningMigration ferry = RunningMigration.telling(source, target, receiver.url(), null, JSON)) {
            ferry.inSync();
            ferry.restart(null);
            ferry.awaitReady();
            ferry.accepted(Action.SWITCH);
            ferry.restart(null); // before or after it was told
            awaitTold("started", "schema_copied", "copy_done", "in_sync", "switched");

            ferry.accepted(Action.REVERT);
            ferry.awaitReady();
            ferry.accepted(Action.SWITCH);
            ferry.accepted(Action.CLEANUP);
            ferry.awaitPhase(Phase.COMPLETED);
            ferry.restart(null);
            awaitTold(
                    "started",
                    "schema_copied",
                    "copy_done",
                    "in_sync",
                    "switched",
                    "reverted",
                    "switched",
                    "completed");

            assertThat(ferry.status().toString() + ferry.events()).doesNotContain(WebhookReceiver.SECRET);
            assertThat(target.count(
                            "SELECT count(*) FROM ferry.event WHERE message LIKE ?",
                            "%" + WebhookReceiver.SECRET + "%"))
                    .isZero();
        }
        assertThat(receiver.fields("run_id").stream().distinct()).hasSize(1);
        assertThat(receiver.fields("phase"))
                .containsExactly(
                        "starting",
                        "copying",
                        "copying",
                        "replicating",
                        "switched",
                        "replicating",
                        "switched",
                        "completed");
        assertThat(receiver.messages().get(2)).containsEntry("rows", 2).containsEntry("tables", 1);
        assertThat(receiver.fields("text").get(4)).matches(".*Writes were refused for [0-9,]+ ms\\.");
        assertThat(receiver.bodies().toString())
                .contains("localhost:" + source.server().port() + "/" + source.name())
                .doesNotContain(source.password())
                .doesNotContain(target.password());
    }

    @Test
    void slackIsToldByDefaultAndTheStateMayBeRemovedAtOnce() {
        try (RunningMigration ferry = RunningMigration.telling(source, target, receiver.url(), null, Map.of())) {
            ferry.inSync();
            ferry.accepted(Action.ABORT);
            ferry.awaitPhase(Phase.ABORTED);
            ferry.accepted(Action.REMOVE_STATE);
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(receiver.fields("text"))
                            .last()
                            .asString()
                            .endsWith(": Aborted."));
        }
        assertThat(receiver.messages())
                .hasSize(5)
                .allMatch(message -> message.keySet().equals(java.util.Set.of("text")));
    }

    @Test
    void anErrorIsToldWithoutTheRowThatCausedIt() {
        try (RunningMigration ferry = RunningMigration.telling(source, target, receiver.url(), null, JSON)) {
            ferry.inSync();
            target.run("CREATE INDEX only_numbers ON t ((v::int))");
            source.run("INSERT INTO t VALUES (3, 'S3CRET')");
            ferry.awaitPhase(Phase.ERROR);
            awaitTold("started", "schema_copied", "copy_done", "in_sync", "error");
        }
        assertThat(receiver.bodies().get(4))
                .contains("22P02")
                .contains("replicating")
                .doesNotContain("S3CRET");
    }

    @Test
    void aFailingReceiverIsTriedAgainAndHoldsUpNothing() {
        receiver.answering(500);
        try (RunningMigration ferry = RunningMigration.telling(source, target, receiver.url(), null, JSON)) {
            ferry.inSync();
            ferry.accepted(Action.SWITCH);
            assertThat(ferry.status().writeBlockedMs()).isLessThan(10_000);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> receiver.fields("event").stream()
                                    .filter("started"::equals)
                                    .count()
                            >= 2);
            receiver.answering(200);
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(
                            () -> assertThat(receiver.fields("event")).last().isEqualTo("switched"));
        }
    }

    @Test
    void aSilentReceiverHoldsUpNeitherTheMigrationNorItsEnd() {
        receiver.silent();
        RunningMigration ferry = RunningMigration.telling(source, target, receiver.url(), null, JSON);
        ferry.inSync();
        ferry.accepted(Action.SWITCH);
        Instant before = Instant.now();
        ferry.close();
        assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(7));
        assertThat(target.count("SELECT count(*) FROM ferry.milestone WHERE sent_at IS NULL"))
                .as("left to the next process")
                .isBetween(4L, 5L);
    }

    @Test
    void nothingIsToldWhenItIsDisabledNorLaterWhatWasThen() {
        try (RunningMigration ferry = RunningMigration.telling(source, target, receiver.url(), "True", JSON)) {
            ferry.inSync();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> target.count("SELECT count(*) FROM ferry.milestone WHERE sent_at IS NOT NULL") == 4);
        }
        assertThat(receiver.bodies()).isEmpty();
        try (RunningMigration ferry = RunningMigration.telling(source, target, receiver.url(), "false", JSON)) {
            ferry.awaitReady();
            ferry.accepted(Action.SWITCH);
            awaitTold("switched");
        }
    }

    @Test
    void anAddressThatCannotBeUsedIsAWarningThatDoesNotShowIt() {
        String address = "slack://hooks.example/" + WebhookReceiver.SECRET;
        try (RunningMigration ferry = RunningMigration.telling(source, target, address, null, JSON)) {
            ferry.inSync();
            assertThat(ferry.events())
                    .filteredOn(message -> message.contains("NOTIFICATION_WEBHOOK_URL"))
                    .singleElement()
                    .asString()
                    .startsWith("Notifications are off.")
                    .doesNotContain(WebhookReceiver.SECRET)
                    .doesNotContain("hooks.example");
        }
    }
}
