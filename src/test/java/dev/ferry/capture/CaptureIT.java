package dev.ferry.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.database.SqlState;
import dev.ferry.testing.CatalogInventory;
import dev.ferry.testing.FaultyProxy;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.SlowestWrite;
import dev.ferry.testing.SyncedPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Capture never fails a legal write of the app's and never holds one up for longer than it says (RULES B1, C1 to C3). */
class CaptureIT {
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

    static Stream<Arguments> changes() {
        String mood = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');";
        return Stream.of(
                Arguments.of("a renamed key", "", "id int PRIMARY KEY", "RENAME id TO number", "5", "number"),
                Arguments.of("int to bigint", "", "id int PRIMARY KEY", "ALTER id TYPE bigint", "5000000000", "id"),
                Arguments.of("int to text", "", "id int PRIMARY KEY", "ALTER id TYPE text", "'five'", "id"),
                Arguments.of(
                        "int to uuid",
                        "",
                        "id int PRIMARY KEY",
                        "ALTER id TYPE uuid USING gen_random_uuid()",
                        "gen_random_uuid()",
                        "id"),
                Arguments.of(
                        "text to a domain",
                        "CREATE DOMAIN word AS text;",
                        "id text PRIMARY KEY",
                        "ALTER id TYPE word",
                        "'x'",
                        "id"),
                Arguments.of("a dropped key column", "", "id int PRIMARY KEY", "DROP id", "", ""),
                Arguments.of(
                        "one of two key columns renamed",
                        "",
                        "a int, id int, PRIMARY KEY (id, a)",
                        "RENAME a TO b; ALTER TABLE t ALTER b SET DEFAULT 1",
                        "5",
                        "id"),
                Arguments.of(
                        "a renamed enum",
                        mood,
                        "id mood PRIMARY KEY",
                        "ALTER id TYPE text; DROP TYPE mood",
                        "'any'",
                        "id"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void everyWriteSucceedsAfterTheAppChangedItsKey(
            String what, String before, String columns, String change, String value, String column)
            throws SQLException {
        pair.schema(before + "CREATE TABLE t (" + columns + ", v text)").captured();
        String first = columns.startsWith("id mood") ? "'sad'" : "1";
        String insertFirst = columns.startsWith("a int") ? "INSERT INTO t VALUES (1, " : "INSERT INTO t VALUES (";
        // One connection, so that its plans of the trigger function are those of before.
        try (Connection app = pair.heroku().connect()) {
            execute(app, insertFirst + first + ", 'x')");
            execute(app, "UPDATE t SET v = 'y'");
            long logged = pair.logged("t");
            assertThat(logged).isPositive();
            for (String statement : change.split("; ")) {
                execute(
                        app,
                        statement.startsWith("DROP TYPE") || statement.startsWith("ALTER TABLE")
                                ? statement
                                : "ALTER TABLE t " + statement);
            }
            writeAll(app, column, value);
        }
        try (Connection fresh = pair.heroku().connect()) {
            writeAll(fresh, column, value);
        }
        boolean readable = what.equals("a renamed enum") || what.equals("text to a domain");
        assertThat(pair.markers("t") > 0 || readable)
                .as("a marker, or keys: " + what)
                .isTrue();
        if (readable) {
            assertThat(pair.logged("t")).isGreaterThan(2);
        }
    }

    private static void writeAll(Connection app, String column, String value) throws SQLException {
        if (column.isEmpty()) {
            execute(app, "INSERT INTO t (v) VALUES ('more')");
        } else {
            execute(app, "INSERT INTO t (%s, v) VALUES (%s, 'more')".formatted(column, value));
        }
        execute(app, "UPDATE t SET v = v || '!'");
        execute(app, "DELETE FROM t WHERE v LIKE 'more%'");
    }

    @Test
    void aKeyBeyondItsOldTypeIsAMarkerAndOneWithinItIsNoLess() {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY)").captured();
        pair.heroku().run("ALTER TABLE t ALTER id TYPE bigint");
        pair.heroku().run("INSERT INTO t VALUES (1), (3000000000)");
        assertThat(pair.logged("t") + pair.markers("t")).isEqualTo(2);
        assertThat(pair.markers("t")).isPositive();
    }

    @Test
    void aWidenedNumericIsNotRoundedInTheLog() {
        pair.schema("CREATE TABLE t (id numeric(5, 2) PRIMARY KEY)").captured();
        pair.heroku().run("ALTER TABLE t ALTER id TYPE numeric(12, 6)");
        pair.heroku().run("INSERT INTO t VALUES (1.234567)");
        if (pair.markers("t") == 0) {
            assertThat(pair.heroku()
                            .value("SELECT k1::text FROM " + pair.table("t").deltaTable()))
                    .isEqualTo("1.234567");
        }
        assertThat(pair.logged("t") + pair.markers("t")).isEqualTo(1);
    }

    @Test
    void aWidenedVarcharIsNotCutInTheLog() {
        pair.schema("CREATE TABLE t (id varchar(3) PRIMARY KEY)").captured();
        pair.heroku().run("ALTER TABLE t ALTER id TYPE varchar(30)");
        pair.heroku().run("INSERT INTO t VALUES ('longer than three')");
        assertThat(pair.heroku().value("SELECT k1 FROM " + pair.table("t").deltaTable()))
                .isEqualTo("longer than three");
    }

    @Test
    void aTypeThatOnlyTheLogWouldUseCanBeDropped() {
        pair.schema("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id mood PRIMARY KEY)")
                .captured();
        pair.heroku().run("INSERT INTO t VALUES ('sad')");
        pair.heroku().run("ALTER TABLE t ALTER id TYPE text");
        pair.heroku().run("DROP TYPE mood");
        pair.heroku().run("INSERT INTO t VALUES ('elated')");
        assertThat(pair.heroku()
                        .value("SELECT string_agg(k1, ',' ORDER BY k1) FROM "
                                + pair.table("t").deltaTable()))
                .isEqualTo("elated,sad");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "found",
                "k1",
                "new",
                "old",
                "unreadable",
                "ferry",
                "tg_op",
                "new_k1",
                "old_k1",
                "NEW",
                "select",
                "it's",
                "a \"b\"",
                "${new}",
                "sqlstate",
                "marker"
            })
    void aKeyColumnMayHaveAnyName(String name) {
        String column = '"' + name.replace("\"", "\"\"") + '"';
        pair.schema("CREATE TABLE t (%s int PRIMARY KEY, v int)".formatted(column))
                .captured();

        pair.heroku().run("INSERT INTO t VALUES (1, 1), (2, 1)");
        pair.heroku().run("UPDATE t SET v = 2 WHERE %1$s = 1; UPDATE t SET %1$s = 3 WHERE %1$s = 2".formatted(column));
        pair.heroku().run("DELETE FROM t WHERE %s = 1".formatted(column));

        assertThat(pair.markers("t")).isZero();
        assertThat(pair.heroku()
                        .value("SELECT string_agg(k1::text, ',' ORDER BY k1) FROM "
                                + pair.table("t").deltaTable()))
                .isEqualTo("1,1,1,2,2,3");
        pair.cycle();
        pair.assertEqual();
    }

    @Test
    void aTableAndAColumnWithTheNamesOfCapturesOwnPartsAreRefusedAndNotBroken() {
        pair.schema("CREATE TABLE \"a$ferry_body$\" (id int PRIMARY KEY)").tracked();
        Capture capture = new Capture(pair.source(), SyncedPair.fence(SyncedPair.EPOCH), pair, () -> true);
        assertThatThrownBy(() -> capture.install(pair.table("a$ferry_body$"), true))
                .hasMessageContaining("public.a$ferry_body$");
    }

    @Test
    void anotherRoleWritesWithoutRightsOnFerrysSchema() throws SQLException {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE keyless (a int)")
                .captured();
        String writer = pair.heroku().name() + "_writer";
        pair.heroku().runAsSuperuser("CREATE ROLE " + writer + " LOGIN");
        pair.heroku().run("GRANT INSERT, UPDATE, DELETE, SELECT, TRUNCATE ON t, keyless TO " + writer);
        try (Connection app = pair.heroku().connectAs(writer, "")) {
            assertThatThrownBy(() -> execute(app, "SELECT FROM ferry.marker")).isInstanceOf(SQLException.class);
            execute(app, "INSERT INTO t VALUES (1), (2)");
            execute(app, "UPDATE t SET id = 3 WHERE id = 2");
            execute(app, "INSERT INTO keyless VALUES (1)");
            assertThat(pair.logged("t")).isEqualTo(4);
            assertThat(pair.markers("keyless")).isEqualTo(1);
            pair.heroku().run("ALTER TABLE t RENAME id TO number");
            execute(app, "INSERT INTO t VALUES (5)");
            execute(app, "TRUNCATE t");
            assertThat(pair.markers("t")).isEqualTo(2);
        }
    }

    @Test
    void aHostileSearchPathChangesNothing() throws SQLException {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE keyless (a int)")
                .captured();
        pair.heroku().run("""
                CREATE SCHEMA evil;
                CREATE TABLE evil.marker (table_id int, reason text);
                CREATE FUNCTION evil.record_image_ne(record, record) RETURNS boolean LANGUAGE plpgsql AS
                  'BEGIN RAISE EXCEPTION ''evil''; END';
                CREATE FUNCTION evil.ne(text, text) RETURNS boolean LANGUAGE plpgsql AS
                  'BEGIN RAISE EXCEPTION ''evil''; END';
                CREATE OPERATOR evil.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.ne);
                CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.ne);
                """);
        try (Connection app = pair.heroku().connect()) {
            execute(app, "SET search_path = evil, pg_catalog, public");
            execute(app, "CREATE TEMPORARY TABLE marker (table_id int, reason text)");
            execute(app, "CREATE TEMPORARY TABLE delta_1 (k1 int)");
            execute(app, "INSERT INTO public.t VALUES (1, 'a'), (2, 'b')");
            execute(app, "UPDATE public.t SET id = 3 WHERE id = 2");
            execute(app, "DELETE FROM public.t WHERE id = 1");
            execute(app, "INSERT INTO public.keyless VALUES (1)");
            execute(app, "SET search_path = ''");
            execute(app, "INSERT INTO public.t VALUES (9, 'z')");
        }
        assertThat(pair.markers("t")).isZero();
        assertThat(pair.markers("keyless")).isEqualTo(1);
        assertThat(pair.heroku()
                        .value("SELECT string_agg(k1::text, ',' ORDER BY k1) FROM "
                                + pair.table("t").deltaTable()))
                .isEqualTo("1,1,2,2,3,9");
    }

    /** The reading of a key can run code of the app's: a cancel that arrives there is not one of the errors that are forgiven. */
    @ParameterizedTest
    @ValueSource(strings = {"statement_timeout", "pg_cancel_backend"})
    void aWriteCanBeCancelledWhileItsKeyIsRead(String how) throws Exception {
        pair.schema("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id mood PRIMARY KEY)")
                .captured();
        pair.heroku().run("""
                CREATE FUNCTION slow(mood) RETURNS text LANGUAGE plpgsql AS
                  'BEGIN PERFORM pg_advisory_xact_lock(4712); RETURN ''slow''; END';
                CREATE CAST (mood AS text) WITH FUNCTION slow(mood);
                """);
        try (Connection gate = pair.heroku().connect();
                Connection app = pair.heroku().connect()) {
            execute(gate, "SELECT pg_advisory_lock(4712)");
            execute(app, "SET statement_timeout = " + (how.equals("statement_timeout") ? "'300ms'" : "0"));
            CompletableFuture<Throwable> write = CompletableFuture.supplyAsync(() -> {
                try {
                    execute(app, "INSERT INTO t VALUES ('sad')");
                    return new AssertionError("went through");
                } catch (SQLException e) {
                    return e;
                }
            });
            if (how.equals("pg_cancel_backend")) {
                await("a writer that waits while its key is read")
                        .until(() -> pair.heroku().count("""
                                SELECT count(pg_cancel_backend(a.pid)) FROM pg_stat_activity a
                                WHERE a.datname = current_database() AND a.wait_event = 'advisory'
                                """) > 0);
            }
            assertThat(SqlState.of(write.get(30, TimeUnit.SECONDS))).isEqualTo(SqlState.QUERY_CANCELED);
        }
        assertThat(pair.heroku().count("SELECT count(*) FROM t")).isZero();
        assertThat(pair.markers("t")).isZero();
    }

    @Test
    void aRowCostsNoTransactionIdOfItsOwn() throws SQLException {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, v int)").captured();
        try (Connection app = pair.heroku().connect()) {
            String next = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text";
            long before = pair.heroku().count(next);
            execute(app, "INSERT INTO t SELECT i FROM generate_series(1, 5000) i");
            assertThat(pair.heroku().count(next) - before).isLessThan(500);
        }
        assertThat(pair.logged("t")).isEqualTo(5000);
    }

    @Test
    void aWriterWaitsNoLongerThanOneTryWhileCaptureWaitsForAnOpenTransaction() throws Exception {
        pair.schema(
                        "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); CREATE TABLE u (id int PRIMARY KEY, v int NOT NULL)")
                .tracked();
        pair.heroku().run("INSERT INTO t VALUES (1, 0), (2, 0); INSERT INTO u VALUES (1, 0)");
        AtomicInteger tries = new AtomicInteger();
        Capture capture = new Capture(pair.source(), SyncedPair.fence(SyncedPair.EPOCH), pair, () -> {
            tries.incrementAndGet();
            return true;
        });
        try (Connection open = pair.heroku().connect();
                SlowestWrite writer = SlowestWrite.of(pair.heroku(), "UPDATE t SET v = v + 1 WHERE id = 1")) {
            open.setAutoCommit(false);
            execute(open, "UPDATE t SET v = -1 WHERE id = 2");
            CompletableFuture<Boolean> installing = CompletableFuture.supplyAsync(
                    () -> pair.tables().stream().allMatch(table -> capture.install(table, true)));
            await("tries that fail").atMost(Duration.ofSeconds(60)).until(() -> tries.get() >= 4);
            open.commit();
            assertThat(installing.get(60, TimeUnit.SECONDS)).isTrue();
            Duration longest = writer.end();
            System.out.println("longest wait of a writer while capture was installed: " + longest.toMillis() + " ms");
            assertThat(longest)
                    .as("held up, but not for long")
                    .isBetween(Duration.ofMillis(300), Duration.ofSeconds(3));
        }
        assertThat(pair.journal()).anyMatch(line -> line.startsWith("Waiting to install capture on public.t"));
        long captured = pair.logged("t");
        pair.heroku().run("UPDATE t SET v = 0; UPDATE u SET v = 1");
        assertThat(pair.logged("t")).isEqualTo(captured + 2);
        assertThat(pair.logged("u")).isEqualTo(1);
    }

    @Test
    void aTriggersTransactionDoesNotStayOpenWhenItsClientStalls() throws Exception {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL)").tracked();
        pair.heroku().run("INSERT INTO t VALUES (1, 0)");
        boolean wentThrough = false;
        for (int i = 0; i < 5 && !wentThrough; i++) {
            try (FaultyProxy proxy = FaultyProxy.before(pair.heroku().server());
                    Database stalling = new Database(
                            DatabaseUrl.parse(End.SOURCE, proxy.url(pair.heroku())),
                            "ferry/test",
                            2,
                            Duration.ofSeconds(10));
                    Connection open = pair.heroku().connect()) {
                Capture capture = new Capture(stalling, SyncedPair.fence(SyncedPair.EPOCH), pair, new OnlyOnce()::ask);
                open.setAutoCommit(false);
                execute(open, "UPDATE t SET v = v + 1");
                CompletableFuture<Boolean> installing = pair.untilItWaits(() -> capture.install(pair.table("t"), true));
                proxy.blackHole();
                open.commit();
                pair.heroku().run("SET statement_timeout = '5s'; UPDATE t SET v = v + 1");
                assertThat(pair.heroku().count("""
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = 'ferry/test' AND state LIKE 'idle in%'
                        """)).isZero();
                wentThrough = pair.heroku().count("SELECT count(*) FROM ferry.captured_table") == 1;
                proxy.resume();
                installing.handle((done, failure) -> done).get(60, TimeUnit.SECONDS);
            }
        }
        assertThat(wentThrough)
                .as("the statement went on and ended without its client")
                .isTrue();
        assertThat(pair.logged("t")).isPositive();
    }

    private static final class OnlyOnce {
        private int asked;

        boolean ask() {
            return asked++ == 0;
        }
    }

    @Test
    void anAutovacuumGivesWay() throws Exception {
        try (PostgresServer server = PostgresServer.start(15, Map.of("autovacuum_naptime", "1s", "fsync", "off"));
                SyncedPair busy = SyncedPair.between(
                        server.herokuDatabase(), PostgresServer.shared(17).planetScaleDatabase(true))) {
            busy.schema("""
                            CREATE TABLE t (id int PRIMARY KEY, v text)
                              WITH (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)
                            """).tracked();
            busy.heroku().run("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 50000) i");
            busy.heroku().run("DELETE FROM t WHERE id % 2 = 0");
            await("an autovacuum of the table")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> busy.heroku()
                                    .count(
                                            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'autovacuum: VACUUM%public.t%'")
                            > 0);
            AtomicInteger tries = new AtomicInteger();
            Capture capture = new Capture(busy.source(), SyncedPair.fence(SyncedPair.EPOCH), busy, () -> {
                return tries.incrementAndGet() <= 3;
            });

            assertThat(capture.install(busy.table("t"), true)).isTrue();
        }
    }

    @Test
    void removalLeavesNothingBehind() {
        pair.schema("""
                CREATE TABLE t (id int PRIMARY KEY);
                CREATE TABLE keyless (a int);
                CREATE TABLE "it's" (id int PRIMARY KEY);
                CREATE TABLE tree (id int PRIMARY KEY) PARTITION BY RANGE (id);
                CREATE TABLE leaf PARTITION OF tree FOR VALUES FROM (1) TO (100);
                """).tracked();
        SortedSet<String> before = CatalogInventory.of(pair.heroku());
        Capture capture = new Capture(pair.source(), SyncedPair.fence(SyncedPair.EPOCH), pair, () -> true);
        pair.tables().forEach(table -> capture.install(table, true));
        pair.heroku().run("INSERT INTO t VALUES (1); INSERT INTO keyless VALUES (1); INSERT INTO tree VALUES (5)");
        assertThat(pair.logged("t") + pair.markers("keyless") + pair.logged("leaf"))
                .isEqualTo(3);
        assertThat(CatalogInventory.of(pair.heroku())).isNotEqualTo(before);

        assertThat(capture.remove()).isTrue();

        assertThat(CatalogInventory.of(pair.heroku())).isEqualTo(before);
        assertThat(capture.installed()).isEmpty();
        pair.heroku().run("INSERT INTO t VALUES (2)");
    }

    /** A loader, or a worker that applies what another server publishes: ordinary triggers do not fire there (RULES A13). */
    @Test
    void aWriterThatActsAsAReplicaIsCapturedToo() {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE keyless (id int)")
                .captured();

        pair.heroku()
                .runAsSuperuser("SET session_replication_role = replica; INSERT INTO t VALUES (1), (2);"
                        + " UPDATE t SET id = 3 WHERE id = 1; INSERT INTO keyless VALUES (1)");

        assertThat(pair.logged("t")).isEqualTo(4);
        assertThat(pair.markers("keyless")).isEqualTo(1);
        pair.heroku().runAsSuperuser("SET session_replication_role = replica; TRUNCATE t");
        assertThat(pair.markers("t")).isEqualTo(1);
    }
}
