package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.ferry.capture.Capture;
import dev.ferry.cutover.WriteFence;
import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.sync.SyncCycle;
import dev.ferry.sync.TrackedTables;
import dev.ferry.testing.AccessRights;
import dev.ferry.testing.SyncedPair;
import dev.ferry.testing.TestDatabase;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A leader that sleeps, is replaced and wakes can commit nothing at either end (RULES A7). */
class LeadershipIT {
    /** Nobody's heartbeat is younger than that: whoever comes takes over. */
    private static final Duration AT_ONCE = Duration.ZERO;

    private static final Duration LONG = Duration.ofHours(1);

    private final SyncedPair pair = SyncedPair.create();
    private final List<Candidate> candidates = new ArrayList<>();

    /** One process of the product, as far as this goes: its name is on its connections. */
    private record Candidate(Database source, Database target, Leadership leadership) {
        EpochFence fence() {
            return leadership;
        }
    }

    @BeforeEach
    void create() {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL)").captured();
        pair.heroku().run("INSERT INTO t VALUES (1, 'old')");
        pair.cycle();
    }

    @AfterEach
    void close() {
        for (Candidate process : candidates) {
            process.leadership().resign();
            process.source().close();
            process.target().close();
        }
        pair.close();
    }

    private Candidate candidate(String name, Duration expiry) {
        return candidate(name, name, expiry);
    }

    /** @param connectionsName other than the process's: a successor does not find these connections and cannot end them */
    private Candidate candidate(String name, String connectionsName, Duration expiry) {
        Database source = open(End.SOURCE, pair.heroku(), connectionsName);
        Database target = open(End.TARGET, pair.planetScale(), connectionsName);
        Candidate process = new Candidate(source, target, new Leadership(name, () -> source, () -> target, expiry));
        candidates.add(process);
        return process;
    }

    private static Database open(End end, TestDatabase database, String name) {
        return new Database(DatabaseUrl.parse(end, database.url()), name, 6, Duration.ofSeconds(10));
    }

    private Candidate leading(String name, String connectionsName) {
        Candidate process = candidate(name, connectionsName, AT_ONCE);
        assertThat(process.leadership().acquire()).isTrue();
        process.leadership().claimSource(pair.runId());
        return process;
    }

    private SyncCycle.Result cycle(Candidate process, Consumer<Session> atCommit) {
        return new SyncCycle(
                        new Route(process.source(), process.target(), process.fence(), true),
                        pair.runId(),
                        Clock.systemUTC())
                .run(pair.tables(), new TrackedTables(pair.target()).entries(), 1000, atCommit);
    }

    private static void assertReplaced(Throwable failure) {
        assertThat(failure)
                .isInstanceOfSatisfying(
                        FerryException.class, e -> assertThat(e.code()).isEqualTo(FailureCode.NOT_LEADER));
    }

    /** Epochs count from one in each run, so that of another run's leader may be the same. */
    @Test
    void theLeaderOfAnotherRunNeitherEmptiesNorRemovesCapture() {
        Candidate other = candidate("ferry/other", AT_ONCE);
        assertThat(other.leadership().acquire()).isTrue();
        other.leadership().claimSource(UUID.randomUUID());
        pair.heroku()
                .runAsSuperuser(
                        "UPDATE ferry.run SET epoch = " + other.leadership().epoch());

        assertThatThrownBy(() -> new Capture(other.source(), other.fence(), pair, () -> true).remove())
                .satisfies(e -> assertThat(SqlState.is(e, Leadership.REPLACED)).isTrue());

        pair.heroku().run("UPDATE t SET v = 'new'");
        assertThat(pair.logged("t")).as("the trigger logs as before").isEqualTo(1);
    }

    @Test
    void aLeaderThatWakesUpAppliesNothingAndConsumesNothing() {
        Candidate old = leading("ferry/old", "not found by the successor");
        Candidate next = leading("ferry/next", "ferry/next");
        pair.heroku().run("UPDATE t SET v = 'new'");

        assertThat(old.leadership().leads()).as("it does not know yet").isTrue();
        assertThatThrownBy(() -> cycle(old, session -> {})).satisfies(LeadershipIT::assertReplaced);

        assertThat(pair.planetScale().value("SELECT v FROM t")).isEqualTo("old");
        assertThat(pair.logged("t")).isEqualTo(1);
        assertThat(cycle(next, session -> {}).keys()).isEqualTo(1);
        pair.assertEqual();
    }

    /** Reading the epoch would be no fence: it is held, and the successor waits for whoever holds it. */
    @Test
    void aSuccessorWaitsForATransactionThatIsUnderWayAndCannotBeEnded() throws Exception {
        Candidate old = leading("ferry/old", "not found by the successor");
        pair.heroku().run("UPDATE t SET v = 'new'");
        CountDownLatch asleep = new CountDownLatch(1);
        CountDownLatch wake = new CountDownLatch(1);
        CompletableFuture<SyncCycle.Result> oldCycle = CompletableFuture.supplyAsync(() -> cycle(old, session -> {
            asleep.countDown();
            awaitLatch(wake);
        }));
        awaitLatch(asleep);

        Candidate next = candidate("ferry/next", AT_ONCE);
        CompletableFuture<Boolean> taking =
                CompletableFuture.supplyAsync(() -> next.leadership().acquire());
        await("the successor waits for the epoch")
                .until(() -> pair.planetScale()
                                .count("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ferry/next'"
                                        + " AND datname = current_database() AND wait_event_type = 'Lock'")
                        > 0);
        assertThat(taking).isNotDone();
        assertThat(next.leadership().leads()).isFalse();

        wake.countDown();
        assertThat(oldCycle.get(60, TimeUnit.SECONDS).keys()).isEqualTo(1);
        assertThat(taking.get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(next.leadership().epoch()).isGreaterThan(old.leadership().epoch());
        pair.assertEqual();
    }

    @Test
    void aSuccessorEndsTheSleepersTransactionsAtBothEnds() throws Exception {
        Candidate old = leading("ferry/old", "ferry/old");
        pair.heroku().run("UPDATE t SET v = 'new'");
        CountDownLatch asleep = new CountDownLatch(1);
        CountDownLatch wake = new CountDownLatch(1);
        CompletableFuture<SyncCycle.Result> oldCycle = CompletableFuture.supplyAsync(() -> cycle(old, session -> {
            session.execute("UPDATE t SET v = 'stale'");
            asleep.countDown();
            awaitLatch(wake);
        }));
        awaitLatch(asleep);

        Candidate next = candidate("ferry/next", AT_ONCE);
        assertThat(CompletableFuture.supplyAsync(() -> next.leadership().acquire())
                        .get(60, TimeUnit.SECONDS))
                .isTrue();
        next.leadership().claimSource(pair.runId());

        for (TestDatabase end : List.of(pair.heroku(), pair.planetScale())) {
            await("the sleeper's sessions are gone")
                    .until(() -> end.count("SELECT count(*) FROM pg_stat_activity"
                                    + " WHERE application_name = 'ferry/old' AND datname = current_database()")
                            == 0);
        }
        wake.countDown();
        assertThatThrownBy(() -> oldCycle.get(60, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
        assertThat(pair.planetScale().value("SELECT v FROM t")).isEqualTo("old");
        assertThat(pair.logged("t")).as("not consumed").isEqualTo(1);
        assertThat(cycle(next, session -> {}).keys()).isEqualTo(1);
        pair.assertEqual();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("nobody came");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aLeaderThatWakesUpCannotShutTheAppOut() {
        Candidate old = leading("ferry/old", "not found by the successor");
        WriteFence fence = new WriteFence(old.source(), old.target(), old.fence(), name -> true, pair);
        assertThat(fence.prepare()).isEmpty();
        WriteFence.Engagement engagement = fence.engagement();
        SortedSet<String> rights = AccessRights.of(pair.heroku());
        leading("ferry/next", "ferry/next");

        assertThatThrownBy(() -> fence.engage(engagement))
                .satisfies(e -> assertThat(Failures.reaction(e)).isEqualTo(Failures.Reaction.RESIGN));

        assertThat(AccessRights.of(pair.heroku())).isEqualTo(rights);
        assertThat(fence.engagedAt()).isEmpty();
        pair.heroku().run("UPDATE t SET v = 'still allowed'");
    }

    @Test
    void theSourceIsRefusedToALeaderThatDidNotClaimIt() {
        leading("ferry/old", "ferry/old");
        Candidate next = candidate("ferry/next", AT_ONCE);
        assertThat(next.leadership().acquire()).isTrue();
        try (Session session = next.source().open()) {
            session.begin();
            assertThatThrownBy(() -> next.leadership().hold(session, End.SOURCE))
                    .satisfies(LeadershipIT::assertReplaced);
        }
        next.leadership().claimSource(pair.runId());
        try (Session session = next.source().open()) {
            session.begin();
            next.leadership().hold(session, End.SOURCE);
        }
    }

    @Test
    void aSleeperCannotClaimTheSourceBack() {
        Candidate old = leading("ferry/old", "not found by the successor");
        Candidate next = leading("ferry/next", "ferry/next");

        old.leadership().claimSource(pair.runId());

        assertThat(pair.heroku().count("SELECT epoch FROM ferry.run"))
                .isEqualTo(next.leadership().epoch());
    }

    @Test
    void aLivingLeaderIsNotReplaced() {
        leading("ferry/old", "ferry/old");
        Candidate next = candidate("ferry/next", LONG);
        assertThat(next.leadership().acquire()).isFalse();
        assertThat(next.leadership().leads()).isFalse();
    }

    @Test
    void aLeaderWhoseConnectionIsGoneIsReplacedAtOnce() {
        Candidate old = leading("ferry/old", "ferry/old");
        old.leadership().resign();
        old.target().close();
        Candidate next = candidate("ferry/next", LONG);
        await("the old one's session is gone").until(() -> next.leadership().acquire());
    }

    @Test
    void aLeaseThatWasGivenBackIsFree() {
        Candidate old = leading("ferry/old", "ferry/old");
        old.leadership().release();
        Candidate next = candidate("ferry/next", LONG);
        assertThat(next.leadership().acquire()).isTrue();
        assertThat(old.leadership().leads()).isFalse();
    }

    @Test
    void ofManyCandidatesOneLeads() {
        leading("ferry/old", "ferry/old").leadership().release();
        List<Candidate> several = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            several.add(candidate("ferry/candidate " + i, LONG));
        }
        List<CompletableFuture<Boolean>> outcomes = several.stream()
                .map(candidate -> CompletableFuture.supplyAsync(
                        () -> candidate.leadership().acquire()))
                .toList();
        assertThat(outcomes.stream().filter(CompletableFuture::join).count()).isEqualTo(1);
    }

    @Test
    void aHeartbeatAfterTheTakeoverResigns() {
        Candidate old = leading("ferry/old", "not found by the successor");
        leading("ferry/next", "ferry/next");
        old.leadership().heartbeat();
        assertThat(old.leadership().leads()).isFalse();
    }
}
