package dev.ferry.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.SqlState;
import dev.ferry.schema.SchemaRestore;
import dev.ferry.testing.AccessRights;
import dev.ferry.testing.FaultyProxy;
import dev.ferry.testing.SlowestWrite;
import dev.ferry.testing.SyncedPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shutting the app out and letting it in again (RULES C1, C2, D1, D2). */
class WriteFenceIT {
    private static final EpochFence FENCE = SyncedPair.fence(SyncedPair.EPOCH);

    private final SyncedPair pair = SyncedPair.create();

    @AfterEach
    void close() {
        pair.close();
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    private WriteFence fence(Database source) {
        return new WriteFence(source, pair.target(), FENCE, name -> true, pair);
    }

    private WriteFence fence() {
        return fence(pair.source());
    }

    private Switch newSwitch(int attempts) {
        SchemaRestore schema = new SchemaRestore(pair.target(), FENCE, pair, null);
        return new Switch(
                fence(),
                new TargetGate(pair.route(), schema, pair.tables(), name -> true, pair),
                pair.sync(),
                pair,
                attempts,
                progress -> {});
    }

    private void engage() {
        WriteFence fence = fence();
        assertThat(fence.prepare()).isEmpty();
        assertThat(fence.engage(fence.engagement())).isEmpty();
        fence.revoke();
    }

    private void twoTables() {
        pair.schema(
                        "CREATE TABLE a (id int PRIMARY KEY, v int NOT NULL); CREATE TABLE b (id int PRIMARY KEY, v int NOT NULL)")
                .captured();
        pair.heroku().run("INSERT INTO a VALUES (1, 0), (2, 0); INSERT INTO b VALUES (1, 0), (2, 0)");
        pair.cycle();
    }

    private String savedRights() {
        return pair.planetScale()
                .value("SELECT count(*) || md5(string_agg(r::text, ';' ORDER BY r::text))"
                        + " FROM ferry.saved_right r");
    }

    @ParameterizedTest(name = "the triggers are there already: {0}")
    @ValueSource(booleans = {false, true})
    void aSwitchThatIsGivenUpHoldsNoWriterUpForLongerThanItsTries(boolean prepared) throws Exception {
        twoTables();
        if (prepared) {
            assertThat(fence().prepare()).isEmpty();
        }
        SortedSet<String> rights = AccessRights.of(pair.heroku());
        try (Connection open = pair.heroku().connect();
                SlowestWrite other = SlowestWrite.of(pair.heroku(), "UPDATE a SET v = v + 1 WHERE id = 1");
                SlowestWrite same = SlowestWrite.of(pair.heroku(), "UPDATE b SET v = v + 1 WHERE id = 1")) {
            open.setAutoCommit(false);
            execute(open, "UPDATE b SET v = -1 WHERE id = 2");

            Switch.Outcome outcome = newSwitch(3).run(() -> true, () -> true, session -> {});

            assertThat(outcome).isEqualTo(Switch.Outcome.GAVE_UP);
            Duration longest = Collections.max(List.of(other.end(), same.end()));
            System.out.println("longest wait of a writer during a switch that gave up: " + longest.toMillis() + " ms");
            assertThat(longest)
                    .as("held up, but not for long")
                    .isBetween(Duration.ofMillis(300), Duration.ofSeconds(3));
            open.commit();
        }
        assertThat(fence().engagedAt()).isEmpty();
        assertThat(AccessRights.of(pair.heroku())).isEqualTo(rights);
        pair.heroku().run("INSERT INTO a VALUES (3, 0)");
    }

    @Test
    void aTriedFenceNamesWhoIsInTheWay() throws SQLException {
        twoTables();
        assertThat(fence().prepare()).isEmpty();
        try (Connection open = pair.heroku().connect()) {
            open.setAutoCommit(false);
            execute(open, "UPDATE b SET v = -1 WHERE id = 2");
            Optional<List<String>> inTheWay = fence().engage(fence().engagement());
            assertThat(inTheWay.orElse(List.of()))
                    .singleElement()
                    .asString()
                    .contains(pair.heroku().owner())
                    .contains("UPDATE b SET v = ")
                    .doesNotContain("-1");
        }
    }

    @Test
    void inADeadlockItIsFerryThatBacksOff() throws Exception {
        twoTables();
        assertThat(fence().prepare()).isEmpty();
        WriteFence.Engagement engagement = fence().engagement();
        try (Connection app = pair.heroku().connect()) {
            app.setAutoCommit(false);
            execute(app, "UPDATE b SET v = 1 WHERE id = 1");
            // Ferry gets a, waits for b; then the app wants a.
            CompletableFuture<Optional<List<String>>> engaging = pair.untilItWaits(() -> fence().engage(engagement));
            // Whoever waits for a second looks for deadlocks once: from then on only the app would find one, and die of
            // it.
            await("Ferry's try is over, or has waited for longer than deadlock_timeout")
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> engaging.isDone() || pair.heroku().count("""
                                    SELECT count(*) FROM pg_stat_activity
                                    WHERE datname = current_database() AND application_name = 'ferry/test'
                                      AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > '1.2s'
                                    """) > 0);
            execute(app, "UPDATE a SET v = 1 WHERE id = 1");
            app.commit();
            assertThat(engaging.get(30, TimeUnit.SECONDS)).isPresent();
        }
        assertThat(fence().engagedAt()).isEmpty();
        assertThat(pair.heroku().count("SELECT v FROM a WHERE id = 1")).isEqualTo(1);
    }

    @Test
    void theLockDoesNotStayWhenItsClientStalls() throws Exception {
        twoTables();
        assertThat(fence().prepare()).isEmpty();
        WriteFence.Engagement engagement = fence().engagement();
        boolean wentThrough = false;
        for (int i = 0; i < 5 && !wentThrough; i++) {
            try (FaultyProxy proxy = FaultyProxy.before(pair.heroku().server());
                    Database stalling = new Database(
                            DatabaseUrl.parse(End.SOURCE, proxy.url(pair.heroku())),
                            "ferry/test",
                            2,
                            Duration.ofSeconds(10));
                    Connection open = pair.heroku().connect()) {
                open.setAutoCommit(false);
                execute(open, "UPDATE a SET v = v + 1 WHERE id = 1");
                CompletableFuture<Optional<List<String>>> engaging =
                        pair.untilItWaits(() -> fence(stalling).engage(engagement));
                proxy.blackHole();
                open.commit();
                await("nobody holds a lock")
                        .atMost(Duration.ofSeconds(5))
                        .until(() -> pair.heroku().count("""
                                SELECT count(*) FROM pg_locks
                                WHERE relation IN ('a'::regclass, 'b'::regclass) AND mode = 'ShareRowExclusiveLock'
                                """) == 0);
                wentThrough = fence().engagedAt().isPresent();
                proxy.resume();
                engaging.handle((done, failure) -> done).get(60, TimeUnit.SECONDS);
            }
        }
        assertThat(wentThrough)
                .as("the statement went on and ended without its client")
                .isTrue();
        assertThatThrownBy(() -> pair.heroku().run("UPDATE a SET v = 9")).hasRootCauseInstanceOf(SQLException.class);
    }

    @Test
    void aTransactionThatWroteBeforeIsWaitedForAndNothingCommitsAfterwards() throws Exception {
        twoTables();
        assertThat(fence().prepare()).isEmpty();
        WriteFence.Engagement engagement = fence().engagement();
        try (Connection app = pair.heroku().connect()) {
            app.setAutoCommit(false);
            execute(app, "UPDATE a SET v = 5 WHERE id = 1");
            assertThat(fence().engage(engagement)).as("an open writer").isPresent();
            execute(app, "UPDATE b SET v = 5 WHERE id = 1");
            app.commit();
        }
        assertThat(fence().engage(engagement)).isEmpty();
        for (String write : new String[] {
            "INSERT INTO a VALUES (9, 9)", "UPDATE a SET v = 9", "DELETE FROM b", "TRUNCATE b",
        }) {
            assertThatThrownBy(() -> pair.heroku().run(write))
                    .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo(SqlState.INSUFFICIENT_PRIVILEGE));
            assertThatThrownBy(() -> pair.heroku().runAsSuperuser(write))
                    .as("a superuser, whom REVOKE does not bind")
                    .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo(SqlState.INSUFFICIENT_PRIVILEGE));
        }
        pair.cycle();
        pair.assertEqual();
    }

    @Test
    void theTriggerAloneBarsTheWayBeforeAnyRightIsTaken() throws SQLException {
        twoTables();
        SortedSet<String> rights = AccessRights.of(pair.heroku());
        assertThat(fence().prepare()).isEmpty();
        try (Connection app = pair.heroku().connect();
                Connection replica = pair.heroku().superuser();
                PreparedStatement update = app.prepareStatement("UPDATE a SET v = v + 1 WHERE id = 1")) {
            for (int i = 0; i < 10; i++) {
                update.executeUpdate(); // its plan is kept, and so is the function that let it pass
            }
            app.setAutoCommit(false);
            execute(app, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT * FROM a");
            execute(replica, "SET session_replication_role = replica");

            assertThat(fence().engage(fence().engagement())).isEmpty();

            assertThat(AccessRights.of(pair.heroku())).isEqualTo(rights);
            assertThatThrownBy(update::executeUpdate)
                    .as("by a snapshot older than the fence")
                    .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo(SqlState.INSUFFICIENT_PRIVILEGE));
            assertThatThrownBy(() -> execute(replica, "UPDATE b SET v = 9"))
                    .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo(SqlState.INSUFFICIENT_PRIVILEGE));
        }
    }

    @Test
    void threeThousandTablesAreShutOutWithinTheBoundOfOneLock() {
        pair.tracked();
        for (int from = 0; from < 3000; from += 500) { // more would not fit into one transaction's locks
            pair.heroku().run("""
                    DO $$ BEGIN
                      FOR i IN %d..%d LOOP EXECUTE format('CREATE TABLE t%%s (id serial)', i); END LOOP;
                      GRANT INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO PUBLIC;
                    END $$""".formatted(from, from + 499));
        }
        SortedSet<String> before = AccessRights.of(pair.heroku());
        assertThat(fence().prepare()).isEmpty();

        assertThat(fence().engage(fence().engagement())).isEmpty();
        fence().revoke();

        assertThat(AccessRights.of(pair.heroku()))
                .noneMatch(right -> right.matches(".* (INSERT|UPDATE|DELETE|TRUNCATE|USAGE) by .*"));
        fence().release();
        assertThat(AccessRights.of(pair.heroku())).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DISABLE", "ENABLE", "ENABLE REPLICA"})
    void aTableWhoseTriggerWouldNotStopEveryoneIsNotTakenForShut(String state) {
        twoTables();
        assertThat(fence().prepare()).isEmpty();
        WriteFence.Engagement engagement = fence().engagement();
        pair.heroku().run("ALTER TABLE b " + state + " TRIGGER ferry_write_fence");

        assertThat(fence().engage(engagement)).isPresent();
        assertThat(fence().engagedAt()).isEmpty();
        pair.heroku().run("UPDATE a SET v = 9");

        assertThat(fence().prepare()).isEmpty();
        assertThat(fence().engage(fence().engagement())).isEmpty();
        assertThatThrownBy(() -> pair.heroku().run("UPDATE b SET v = 9"))
                .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo(SqlState.INSUFFICIENT_PRIVILEGE));
    }

    @Test
    void theSqlForPeopleRunsAsItIsAndShutsTheAppOut() {
        twoTables();
        pair.heroku()
                .run(
                        "CREATE SEQUENCE alone; CREATE TABLE archive (id int); REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON archive FROM "
                                + pair.heroku().owner());
        String sql = fence().switchSql();
        assertThat(sql.indexOf("CREATE OR REPLACE TRIGGER")).isPositive().isLessThan(sql.indexOf("LOCK TABLE"));
        assertThat(sql.indexOf("RAISE EXCEPTION"))
                .isGreaterThan(sql.indexOf("LOCK TABLE"))
                .isLessThan(sql.indexOf("COMMIT"));

        pair.heroku().run(sql);

        assertThat(fence().engagedAt()).isPresent();
        assertThat(AccessRights.of(pair.heroku()))
                .noneMatch(right -> right.matches(".* (INSERT|UPDATE|DELETE|TRUNCATE|USAGE) by .*"));
        assertThatThrownBy(() -> pair.heroku().runAsSuperuser("UPDATE a SET v = 9"))
                .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo(SqlState.INSUFFICIENT_PRIVILEGE));
    }

    @Test
    void aSwitchResumedAfterTheFenceGoesOnWithoutALock() throws SQLException {
        twoTables();
        pair.heroku().run("UPDATE a SET v = 7; DELETE FROM b WHERE id = 1");
        engage();
        String saved = savedRights();
        SortedSet<String> revoked = AccessRights.of(pair.heroku());
        try (Connection holder = pair.heroku().superuser()) {
            holder.setAutoCommit(false);
            execute(holder, "LOCK TABLE a, b IN ROW EXCLUSIVE MODE"); // no lock of the switch's would get past it

            Switch.Outcome outcome = newSwitch(1).run(() -> false, () -> true, session -> {});

            assertThat(outcome).isEqualTo(Switch.Outcome.SWITCHED);
        }
        pair.assertEqual();
        assertThat(savedRights())
                .as("saved before the restart, not overwritten")
                .isEqualTo(saved);
        assertThat(AccessRights.of(pair.heroku())).isEqualTo(revoked);
        assertThat(fence().engagedAt()).isPresent();
    }

    /** The process died between the REVOKE and its note that the columns' catalog rows are other ones now. */
    @Test
    void rightsOnSingleColumnsDoNotPassForDriftInASwitchThatIsResumed() {
        twoTables();
        pair.heroku().runAsSuperuser("CREATE ROLE " + pair.heroku().name() + "_clerk");
        pair.heroku().run("GRANT UPDATE (v) ON a TO " + pair.heroku().name() + "_clerk");
        pair.restamped();
        engage();

        assertThat(newSwitch(1).run(() -> true, () -> true, session -> {})).isEqualTo(Switch.Outcome.SWITCHED);
        pair.assertEqual();
    }

    @Test
    void aRightOfARoleThatIsGoneDoesNotKeepTheOthersFromComingBack() {
        twoTables();
        String gone = pair.heroku().name() + "_gone";
        SortedSet<String> before = AccessRights.of(pair.heroku());
        pair.heroku().runAsSuperuser("CREATE ROLE " + gone);
        pair.heroku().run("GRANT INSERT ON a TO " + gone);
        engage();
        pair.heroku().runAsSuperuser("DROP ROLE " + gone);

        fence().release();

        assertThat(AccessRights.of(pair.heroku())).isEqualTo(before);
        assertThat(pair.journal())
                .anyMatch(message -> message.contains(gone) && message.contains("INSERT on public.a"));
        assertThat(fence().engagedAt()).isEmpty();
    }

    @Test
    void everyRightComesBackAsItWasAndNoWider() throws SQLException {
        String name = pair.heroku().name();
        for (String role : new String[] {"alice", "bob", "carol", "dave"}) {
            pair.heroku().runAsSuperuser("CREATE ROLE " + name + "_" + role + " LOGIN");
        }
        pair.schema("""
                CREATE TABLE never_granted (id serial PRIMARY KEY);
                CREATE TABLE granted (id bigserial PRIMARY KEY, v int, w int);
                CREATE TABLE revoked_from_owner (id int PRIMARY KEY);
                CREATE TABLE open_to_all (id int PRIMARY KEY);
                CREATE TABLE archive (id int PRIMARY KEY);
                CREATE TABLE "it's" ("a ""b c" int PRIMARY KEY, v int);
                CREATE SCHEMA other;
                CREATE TABLE other.t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
                CREATE TABLE tree (id int PRIMARY KEY) PARTITION BY RANGE (id);
                CREATE TABLE leaf PARTITION OF tree FOR VALUES FROM (1) TO (100);
                CREATE SEQUENCE alone;
                """).captured();
        pair.heroku().run("""
                GRANT INSERT, SELECT ON granted TO %1$s_alice WITH GRANT OPTION;
                GRANT DELETE, TRUNCATE, REFERENCES, TRIGGER ON granted TO %1$s_bob;
                GRANT UPDATE (v), INSERT (v, w), SELECT (w) ON granted TO %1$s_carol;
                GRANT UPDATE (w) ON granted TO %1$s_carol WITH GRANT OPTION;
                REVOKE UPDATE ON revoked_from_owner FROM %1$s;
                GRANT INSERT, UPDATE ON open_to_all TO PUBLIC;
                REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON archive FROM %1$s;
                GRANT ALL ON "it's" TO %1$s_dave;
                GRANT UPDATE ("a ""b c") ON "it's" TO PUBLIC;
                GRANT INSERT ON tree, leaf TO %1$s_dave;
                GRANT USAGE ON SEQUENCE alone TO PUBLIC;
                GRANT UPDATE, SELECT ON SEQUENCE granted_id_seq TO %1$s_alice WITH GRANT OPTION;
                """.formatted(name));
        try (Connection alice = pair.heroku().connectAs(name + "_alice", "");
                Connection carol = pair.heroku().connectAs(name + "_carol", "")) {
            execute(alice, "GRANT INSERT ON granted TO " + name + "_dave WITH GRANT OPTION");
            execute(carol, "GRANT UPDATE (w) ON granted TO " + name + "_dave");
        }
        SortedSet<String> before = AccessRights.of(pair.heroku());
        assertThat(pair.heroku().value("SELECT relacl::text FROM pg_class WHERE relname = 'never_granted'"))
                .isEqualTo("null");

        for (int round = 1; round <= 2; round++) {
            engage(); // though its owner may not even lock the archive
            SortedSet<String> during = AccessRights.of(pair.heroku());
            assertThat(during)
                    .as("what others granted onward stays, and what it rests on")
                    .contains("public.granted " + name + "_dave INSERT with grant option by " + name + "_alice")
                    .contains("public.granted " + name + "_alice INSERT with grant option by " + name)
                    .contains("public.granted.w " + name + "_dave UPDATE by " + name + "_carol");
            assertThat(during)
                    .as("all else is gone")
                    .filteredOn(right -> right.matches(".* (INSERT|UPDATE|DELETE|TRUNCATE)( .*)?")
                            || right.matches(".*(_seq|alone) .* USAGE .*"))
                    .allMatch(right -> right.startsWith("public.granted"));
            try (Connection dave = pair.heroku().connectAs(name + "_dave", "")) {
                assertThatThrownBy(() -> execute(dave, "INSERT INTO granted (id) VALUES (1)"))
                        .as("shut out by the trigger")
                        .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo(SqlState.INSUFFICIENT_PRIVILEGE));
            }

            fence().release();

            assertThat(AccessRights.of(pair.heroku())).as("round %d", round).isEqualTo(before);
            assertThat(fence().engagedAt()).isEmpty();
            assertThat(pair.planetScale().count("SELECT count(*) FROM ferry.saved_right"))
                    .isZero();
        }
        pair.heroku().run("INSERT INTO never_granted DEFAULT VALUES; INSERT INTO other.t DEFAULT VALUES");
        assertThatThrownBy(() -> pair.heroku().run("INSERT INTO archive VALUES (1)"))
                .as("no wider than before")
                .hasRootCauseInstanceOf(SQLException.class);
    }

    @Test
    void aReleaseThatIsRepeatedAfterACrashGivesBackTheSame() {
        twoTables();
        SortedSet<String> before = AccessRights.of(pair.heroku());
        engage();
        pair.planetScale().run("CREATE TABLE ferry.kept AS SELECT * FROM ferry.saved_right");
        fence().release();
        // As if the process had died between the source's commit and the target's.
        pair.planetScale().run("INSERT INTO ferry.saved_right SELECT * FROM ferry.kept");

        fence().release();

        assertThat(AccessRights.of(pair.heroku())).isEqualTo(before);
        assertThat(pair.planetScale().count("SELECT count(*) FROM ferry.saved_right"))
                .isZero();
    }

    @Test
    void aLeaderThatWasReplacedCanNeitherRevokeNorGiveBack() {
        twoTables();
        WriteFence prepared = fence();
        assertThat(prepared.prepare()).isEmpty();
        WriteFence.Engagement asleep = prepared.engagement();
        SortedSet<String> before = AccessRights.of(pair.heroku());
        pair.heroku().runAsSuperuser("UPDATE ferry.run SET epoch = epoch + 1");
        pair.planetScale().runAsSuperuser("UPDATE ferry.epoch SET epoch = epoch + 1");

        assertThatThrownBy(() -> prepared.engage(asleep))
                .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo("FE001"));

        assertThat(AccessRights.of(pair.heroku())).isEqualTo(before);
        assertThat(prepared.engagedAt()).isEmpty();
        assertThatThrownBy(prepared::engagement).hasMessage("replaced");
        assertThatThrownBy(prepared::release).hasMessage("replaced");
        pair.heroku().run("UPDATE a SET v = 3");
    }

    @Test
    void aTargetThatCannotBeOpenedDoesNotKeepTheAppShutOutForEver() throws SQLException {
        twoTables();
        SchemaRestore schema = new SchemaRestore(pair.target(), FENCE, pair, null);
        assertThat(new TargetGate(pair.route(), schema, pair.tables(), name -> true, pair).prepare(() -> true))
                .isTrue();
        engage();
        Switch resumed = newSwitch(1);
        try (Connection report = pair.planetScale().connect()) {
            report.setAutoCommit(false);
            execute(report, "LOCK TABLE a IN SHARE MODE");

            assertThat(resumed.run(() -> true, () -> true, session -> {})).isEqualTo(Switch.Outcome.GAVE_UP);
            assertThat(pair.journal())
                    .anySatisfy(
                            warning -> assertThat(warning).contains("could not be opened yet", "on the target pid"));
            report.rollback();
        }
        assertThat(resumed.run(() -> true, () -> true, session -> {})).isEqualTo(Switch.Outcome.SWITCHED);
    }
}
