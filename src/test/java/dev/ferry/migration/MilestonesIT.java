package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.notification.Delivery;
import dev.ferry.notification.Notifier;
import dev.ferry.testing.FaultyProxy;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.SettableClock;
import dev.ferry.testing.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Troubles are told of once, until they are over, whichever process leads. */
class MilestonesIT {
    private static final FerryProperties PROPERTIES = LiveMigrationIT.properties(
            Map.of("ferry.notification.lag", "60s", "ferry.notification.log", "64KB", "ferry.connect.timeout", "1s"));

    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
    private final SettableClock clock = new SettableClock();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private boolean takes = true;

    /** Keeps what it is given, and has it delivered at once. */
    private final Notifier notifier = new Notifier() {
        @Override
        public boolean offer(Delivery delivery) {
            if (takes && delivery.due().getAsBoolean()) {
                told.add(delivery.notice().milestone().label());
                delivery.over().run();
            }
            return takes;
        }

        @Override
        public void close() {}
    };

    @BeforeEach
    void create() {
        try (Database database =
                new Database(DatabaseUrl.parse(End.TARGET, target.url()), "ferry/setup", 2, Duration.ofSeconds(5))) {
            MigrationStore.migrateSchema(database);
        }
        source.run("CREATE SCHEMA ferry; CREATE TABLE ferry.delta_1 (id bigint)");
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
    }

    /** A process that leads. */
    private final class Leader {
        private final Ends ends;
        private final MigrationStore store;
        private final Leadership leadership;
        private final Milestones milestones;

        Leader(String targetUrl) {
            ends = new Ends(new FerryEnvironment(source.url(), targetUrl, null), PROPERTIES);
            open.add(ends);
            store = new MigrationStore(ends::target);
            leadership = new Leadership(ends.applicationName(), ends::source, ends::target, Duration.ZERO);
            open.add(leadership::resign);
            assertThat(leadership.acquire()).isTrue();
            if (store.read().isEmpty()) {
                store.create(leadership, UUID.randomUUID(), "source", false, "");
            }
            milestones = new Milestones(ends, store, leadership, PROPERTIES.notification(), notifier, clock);
        }

        List<String> sees(MigrationStatus status) {
            int before = told.size();
            milestones.look(status);
            return List.copyOf(told.subList(before, told.size()));
        }
    }

    private Leader process() {
        return new Leader(target.url());
    }

    private Leader started() {
        Leader process = process();
        assertThat(process.sees(following(0.2))).containsExactly("started");
        return process;
    }

    private MigrationStatus status(
            Phase phase, String state, @Nullable Double lag, String health, boolean stalled, long copied) {
        return new MigrationStatus(
                phase.label(),
                state,
                "",
                null,
                Instant.EPOCH,
                null,
                null,
                null,
                clock.instant(),
                true,
                Set.of(),
                List.of(),
                null,
                new MigrationStatus.SwitchStatus(0, "idle", List.of(), null),
                new Readiness(Readiness.Level.READY, false, "", List.of(), List.of(), List.of()),
                new MigrationStatus.ProgressSignals(
                        new MigrationStatus.TablePhase("in-progress", null, 0, 0),
                        new MigrationStatus.ByteWeighted(copied, 1000, 0),
                        new MigrationStatus.ReplicationDelay(lag, lag, null, 0, "unknown", health, null),
                        null,
                        new MigrationStatus.EventChecklist(List.of(), 0, 0),
                        new MigrationStatus.StallDetection(stalled, 5.5, "No chunk was finished.", List.of())),
                List.of(),
                dev.ferry.verification.VerificationReport.NEVER);
    }

    private MigrationStatus following(@Nullable Double lag) {
        return status(Phase.REPLICATING, "running", lag, "healthy", false, 1000);
    }

    private MigrationStatus copying(boolean stalled, long copied) {
        return status(Phase.COPYING, "running", null, "not_started", stalled, copied);
    }

    @Test
    void aHighLagIsToldOnceUntilHalfOfTheLimitIsReached() {
        Leader process = started();
        assertThat(process.sees(following(59.9))).isEmpty();
        assertThat(process.sees(following(60.1))).containsExactly("lag_high");
        assertThat(process.sees(following(90.0))).isEmpty();
        assertThat(process.sees(following(31.0))).isEmpty();
        assertThat(process.sees(following(90.0))).isEmpty();
        assertThat(process.sees(following(null))).as("not known").isEmpty();
        assertThat(process.sees(following(29.0))).containsExactly("lag_recovered");
        assertThat(process.sees(following(0.2))).isEmpty();
        assertThat(process.sees(following(61.0))).containsExactly("lag_high");
    }

    @Test
    void theLagOfAPauseThatSomebodyAskedForIsNotToldOf() {
        assertThat(started().sees(status(Phase.REPLICATING, "paused", 900.0, "paused", false, 1000)))
                .isEmpty();
    }

    @Test
    void aSuccessorKnowsWhatWasToldAndTellsTheRest() {
        assertThat(started().sees(following(70.0))).containsExactly("lag_high");
        Leader next = process();
        assertThat(next.sees(following(70.0))).isEmpty();
        takes = false;
        assertThat(next.sees(following(0.2))).isEmpty();
        takes = true;
        assertThat(process().sees(following(0.2))).containsExactly("lag_recovered");
    }

    @Test
    void oneThatWasReplacedTellsNothing() {
        Leader old = started();
        process();
        assertThat(old.leadership.leads()).as("it does not know yet").isTrue();
        assertThat(old.sees(following(70.0))).isEmpty();
        old.leadership.heartbeat();
        assertThat(old.sees(following(70.0))).isEmpty();
    }

    @Test
    void aTargetThatIsGoneIsToldOfAndWrittenDownLater() throws Exception {
        try (FaultyProxy proxy = FaultyProxy.before(target.server())) {
            Leader process = new Leader(proxy.url(target));
            assertThat(process.sees(following(0.2))).containsExactly("started");
            proxy.refuse();
            proxy.cutAll();

            assertThat(process.sees(following(70.0))).containsExactly("lag_high");
            assertThat(process.sees(following(80.0))).isEmpty();

            proxy.resume();
            assertThat(process.sees(following(70.0))).isEmpty();
            assertThat(process.sees(following(70.0))).isEmpty();
        }
        assertThat(target.count(
                        "SELECT count(*) FROM ferry.milestone WHERE event = 'lag_high' AND sent_at IS NOT NULL"))
                .isEqualTo(1);
        assertThat(process().sees(following(70.0))).isEmpty();
    }

    @Test
    void aLargeLogIsToldOnceUntilItIsSmallAgain() {
        Leader process = started();
        source.run("INSERT INTO ferry.delta_1 SELECT generate_series(1, 10000)");
        assertThat(process.sees(copying(false, 1))).as("looked at a moment ago").isEmpty();
        clock.advance(Duration.ofSeconds(11));
        assertThat(process.sees(copying(false, 2))).containsExactly("log_large");
        clock.advance(Duration.ofSeconds(11));
        assertThat(process.sees(copying(false, 3))).isEmpty();
        source.run("TRUNCATE ferry.delta_1");
        clock.advance(Duration.ofSeconds(11));
        assertThat(process.sees(copying(false, 4))).containsExactly("log_recovered");
    }

    @Test
    void aStalledCopyIsToldOnceUntilBytesAreCopiedAgain() {
        Leader process = started();
        assertThat(process.sees(copying(false, 100))).isEmpty();
        assertThat(process.sees(copying(true, 100))).containsExactly("stalled");
        assertThat(process.sees(copying(true, 100))).isEmpty();
        Leader next = process();
        assertThat(next.sees(copying(false, 100)))
                .as("it has not watched for long")
                .isEmpty();
        assertThat(next.sees(copying(true, 100))).isEmpty();
        assertThat(next.sees(copying(false, 200))).containsExactly("stall_over");
        assertThat(next.sees(copying(true, 200))).containsExactly("stalled");
    }

    @Test
    void anErrorIsToldEachTimeThatThePhaseBecomesOne() {
        Leader process = started();
        process.store.fail(process.leadership, Phase.STARTING, "the disk is full");
        process.store.fail(process.leadership, Phase.ERROR, "the disk is full, still");
        assertThat(process.sees(following(null))).containsExactly("error");
        process.store.move(process.leadership, Phase.ERROR, Phase.STARTING);
        assertThat(process.sees(following(null))).isEmpty();
        process.store.fail(process.leadership, Phase.STARTING, "again");
        assertThat(process.sees(following(null))).containsExactly("error");
    }
}
