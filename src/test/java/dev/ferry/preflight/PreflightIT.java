package dev.ferry.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.database.Session;
import dev.ferry.database.TableFilter;
import dev.ferry.preflight.Finding.Level;
import dev.ferry.preflight.PreflightReport.TableWithGeneratedColumns;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import dev.ferry.testing.UnfinishedStart;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreflightIT {
    private static final Instant NOW = Instant.parse("2031-05-06T07:08:09Z");
    private static final AtomicInteger ROLES = new AtomicInteger();

    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(18).planetScaleDatabase(true);
    private String excluded = "";
    private Optional<Integer> pgDump = Optional.of(17);
    private Preflight.Bounds bounds = Preflight.Bounds.USUAL;

    /** So that a hundred of them need not be deleted when the servers end. */
    @AfterEach
    void dropDatabases() throws SQLException {
        for (TestDatabase database : List.of(source, target)) {
            try (Connection connection = database.server().superuser("postgres");
                    Statement statement = connection.createStatement()) {
                statement.execute("DROP DATABASE IF EXISTS " + database.name() + "_c WITH (FORCE)");
                statement.execute("DROP DATABASE " + database.name() + " WITH (FORCE)");
            }
        }
    }

    private PreflightReport preflight() {
        return preflight(source.url(), target.url());
    }

    private PreflightReport preflight(String sourceUrl, String targetUrl) {
        try (Opened from = new Opened(End.SOURCE, sourceUrl);
                Opened to = new Opened(End.TARGET, targetUrl)) {
            return new Preflight(
                            from,
                            to,
                            TableFilter.parse(excluded),
                            () -> pgDump,
                            Clock.fixed(NOW, ZoneOffset.UTC),
                            bounds)
                    .run();
        }
    }

    /** Opens on demand, as the product does, and is closed with the test. */
    private static final class Opened implements Supplier<Database>, AutoCloseable {
        private final End end;
        private final String url;
        private Optional<Database> database = Optional.empty();

        Opened(End end, String url) {
            this.end = end;
            this.url = url;
        }

        @Override
        public synchronized Database get() {
            if (database.isEmpty()) {
                database =
                        Optional.of(new Database(DatabaseUrl.parse(end, url), "ferry test", 2, Duration.ofSeconds(5)));
            }
            return database.get();
        }

        @Override
        public synchronized void close() {
            database.ifPresent(Database::close);
        }
    }

    private static Finding finding(PreflightReport report, String id) {
        List<Finding> found = report.findings().stream()
                .filter(finding -> finding.id().equals(id))
                .toList();
        assertThat(found).as(id).hasSize(1);
        return found.get(0);
    }

    private Finding find(String id) {
        return finding(preflight(), id);
    }

    private static String role() {
        return "other_" + ROLES.incrementAndGet() + "_"
                + ProcessHandle.current().pid();
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    // ---- the whole

    @ParameterizedTest
    @ValueSource(ints = {17, 18})
    void findsNothingAgainstAPlainDatabaseAndListsWhatItChecked(int targetVersion) {
        source.run("CREATE TABLE orders (id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());"
                + "INSERT INTO orders SELECT generate_series(1, 1000)");

        PreflightReport report = preflight(
                source.url(),
                PostgresServer.shared(targetVersion).planetScaleDatabase(true).url());

        assertThat(report.at()).isEqualTo(NOW);
        assertThat(report.findings()).extracting(Finding::id).doesNotHaveDuplicates();
        assertThat(report.findings()).extracting(Finding::id).allMatch(id -> id.matches("[a-z]+(-[a-z]+)*"));
        assertThat(report.findings()).allSatisfy(finding -> {
            assertThat(finding.title()).isNotBlank().doesNotContain("\n");
            assertThat(finding.couldNotRun()).isFalse();
            if (finding.level() == Level.OK) {
                assertThat(finding.remedy()).isEmpty();
            } else {
                assertThat(finding.detail()).isNotBlank();
                assertThat(finding.remedy()).isNotBlank();
            }
        });
        assertThat(report.findings().stream().filter(finding -> finding.level() != Level.OK))
                .extracting(Finding::id)
                .containsExactlyInAnyOrder("target-owner", "sizes");
        assertThat(report.allTablesValid()).isTrue();
        assertThat(report.findings()).hasSizeGreaterThan(35);
    }

    @Test
    void writesNothingToEitherEnd() throws Exception {
        try (PostgresServer from = PostgresServer.start(15, Map.of("autovacuum", "off"));
                PostgresServer to = PostgresServer.start(17, Map.of("autovacuum", "off"))) {
            TestDatabase heroku = from.herokuDatabase();
            TestDatabase planetScale = to.planetScaleDatabase(false);
            heroku.run("CREATE TABLE t (a int); CREATE TABLE u (a int PRIMARY KEY)");
            List<TestDatabase> both = List.of(heroku, planetScale);
            // Whatever writes takes a transaction id.
            String next = "SELECT pg_snapshot_xmax(pg_current_snapshot())";
            String objects = "SELECT md5(string_agg(oid || relname || relfilenode, ',' ORDER BY oid)) FROM pg_class";
            List<String> before = both.stream()
                    .map(end -> end.value(next) + end.value(objects))
                    .toList();

            PreflightReport report = preflight(heroku.url(), planetScale.url());

            assertThat(report.findings()).noneMatch(Finding::couldNotRun);
            assertThat(both.stream().map(end -> end.value(next) + end.value(objects)))
                    .isEqualTo(before);
            heroku.run("CREATE TABLE v (a int)");
            assertThat(heroku.value(next) + heroku.value(objects)).isNotEqualTo(before.get(0));
        }
    }

    @Test
    void looksAtThousandsOfTablesInOneGo() {
        source.run("""
                DO $$
                BEGIN
                    FOR i IN 1..5000 LOOP
                        EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, x text)', i);
                        IF i % 250 = 0 THEN
                            COMMIT;
                        END IF;
                    END LOOP;
                END $$""");

        long start = System.nanoTime();
        PreflightReport report = preflight();
        Duration took = Duration.ofNanos(System.nanoTime() - start);

        System.out.println("preflight of 5,000 tables: " + took.toMillis() + " ms");
        assertThat(report.findings()).noneMatch(Finding::couldNotRun);
        assertThat(finding(report, "sizes").title()).contains("5,000 tables");
    }

    // ---- reaching the ends

    @Test
    void saysOnceWhyAnEndCannotBeReachedAndChecksTheOther() throws Exception {
        int port = closedPort();
        PreflightReport report = preflight("postgres://u:S3CRET@localhost:" + port + "/d", target.url());

        Finding refused = finding(report, "source-reachable");
        assertThat(refused.level()).isEqualTo(Level.BLOCKER);
        assertThat(refused.detail()).contains("localhost").contains(String.valueOf(port));
        assertThat(refused.remedy()).contains("HEROKU_URL");
        assertThat(finding(report, "target-reachable").level()).isEqualTo(Level.OK);
        assertThat(finding(report, "target-writable").level()).isEqualTo(Level.OK);
        assertThat(report.blockers()).containsExactly(refused);
        assertThat(report.findings().toString()).doesNotContain("S3CRET");
    }

    @Test
    void namesAnUnknownHost() {
        Finding unknown = finding(
                preflight(source.url(), "postgres://u:p@no-such-host.invalid/d?sslmode=disable"), "target-reachable");

        assertThat(unknown.title()).contains("host is unknown");
        assertThat(unknown.detail()).contains("no-such-host.invalid");
    }

    @Test
    void namesAnUnknownDatabase() {
        Finding unknown =
                finding(preflight(source.url(), target.url().replaceAll("/[^/]*$", "/nowhere")), "target-reachable");

        assertThat(unknown.title()).contains("database does not exist");
        assertThat(unknown.detail()).contains("nowhere");
        assertThat(unknown.remedy()).contains("PLANETSCALE_URL");
    }

    @Test
    void saysThatThePasswordIsWrongAtOnce() throws Exception {
        Path rules = Path.of(source.value("SHOW hba_file"));
        String trusting = Files.readString(rules);
        Files.writeString(rules, "host " + source.name() + " " + source.owner() + " all scram-sha-256\n" + trusting);
        source.runAsSuperuser("SELECT pg_reload_conf()");
        try {
            String wrong = source.url().replaceFirst("s3cret", "Wr0ng");
            long start = System.nanoTime();
            PreflightReport report =
                    Awaitility.await().until(() -> preflight(wrong, target.url()), some -> !some.allTablesValid());
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));

            assertThat(finding(report, "source-reachable").title()).contains("does not accept the password");
            assertThat(finding(report, "source-reachable").detail()).contains(source.owner());
            assertThat(report.findings().toString()).doesNotContain("Wr0ng");
            assertThat(finding(preflight(), "source-reachable").level()).isEqualTo(Level.OK);
        } finally {
            Files.writeString(rules, trusting);
            source.runAsSuperuser("SELECT pg_reload_conf()");
        }
    }

    @Test
    void saysThatTheUserMayNotLogIn() {
        target.runAsSuperuser("ALTER ROLE " + target.owner() + " NOLOGIN");

        assertThat(find("target-reachable").title()).contains("does not let this user in");
    }

    @Test
    void saysThatNoConnectionIsLeft() {
        source.runAsSuperuser("ALTER ROLE " + source.owner() + " CONNECTION LIMIT 0");

        assertThat(find("source-reachable").title()).contains("no connection left");
    }

    @Test
    void saysThatTlsIsMissing() {
        assertThat(finding(preflight(source.url() + "?sslmode=require", target.url()), "source-reachable")
                        .title())
                .contains("could not be reached over TLS");
    }

    @Test
    void givesUpOnAnEndThatSaysNothing() throws Exception {
        bounds = new Preflight.Bounds(Duration.ofSeconds(2), Duration.ofSeconds(9), Duration.ofMinutes(1));
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            long start = System.nanoTime();
            PreflightReport report = preflight(
                    "postgres://u:p@127.0.0.1:" + silent.getLocalPort() + "/d?sslmode=disable",
                    "postgres://u:p@127.0.0.1:" + silent.getLocalPort() + "/d?sslmode=disable");

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
            assertThat(finding(report, "source-reachable").title()).isEqualTo("The source does not answer");
            assertThat(finding(report, "target-reachable").title()).isEqualTo("The target does not answer");
        }
    }

    @Test
    void takesAnUnusableVariableForAFinding() {
        PreflightReport report = preflight("mysql://u:S3CRET@h/d", target.url());

        assertThat(finding(report, "source-reachable").detail()).startsWith("HEROKU_URL does not begin");
        assertThat(report.findings().toString()).doesNotContain("S3CRET");
    }

    @Test
    void countsAStatementThatTakesTooLongAsACheckThatCouldNotRun() throws Exception {
        source.run("CREATE TABLE t (a int)");
        bounds = new Preflight.Bounds(Duration.ofSeconds(2), Duration.ofSeconds(20), Duration.ofMinutes(1));
        try (Connection blocking = source.superuser();
                Statement statement = blocking.createStatement()) {
            blocking.setAutoCommit(false);
            statement.execute("LOCK TABLE pg_catalog.pg_policy IN ACCESS EXCLUSIVE MODE");

            PreflightReport report = preflight();

            Finding failed = finding(report, "policy-roles");
            assertThat(failed.level()).isEqualTo(Level.BLOCKER);
            assertThat(failed.couldNotRun()).isTrue();
            assertThat(failed.detail()).contains("57014");
            assertThat(failed.remedy()).contains("policy-roles");
            assertThat(report.findings()).filteredOn(Finding::couldNotRun).hasSize(1);
        }
    }

    @Test
    void endsInTimeWhenEveryStatementIsSlow() throws Exception {
        source.run("CREATE TABLE t (a int)");
        bounds = new Preflight.Bounds(Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofMinutes(1));
        try (Connection blocking = source.superuser();
                Statement statement = blocking.createStatement()) {
            blocking.setAutoCommit(false);
            statement.execute("LOCK TABLE pg_catalog.pg_depend IN ACCESS EXCLUSIVE MODE");

            long start = System.nanoTime();
            PreflightReport report = preflight();

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
            assertThat(finding(report, "settings").couldNotRun()).isTrue();
            assertThat(finding(report, "settings").detail()).contains("all the time");
        }
    }

    // ---- the servers

    @Test
    void recognisesAPoolerByItsPortOrItsUserEvenUnreached() throws Exception {
        PreflightReport report = preflight(
                "postgres://u%7Cpool:p@localhost:" + closedPort() + "/d", "postgres://u.branch:p@localhost:6432/d");

        assertThat(finding(report, "source-direct").level()).isEqualTo(Level.BLOCKER);
        assertThat(finding(report, "source-direct").detail()).contains("|pool");
        assertThat(finding(report, "target-direct").level()).isEqualTo(Level.BLOCKER);
        assertThat(finding(report, "target-direct").detail()).contains("6432");
    }

    @Test
    void recognisesAPoolerByTwoConnectionsOnOneServerProcess() {
        DatabaseUrl url = DatabaseUrl.parse(End.TARGET, target.url());
        try (Opened to = new Opened(End.TARGET, target.url());
                Session session = to.get().open()) {
            OpenEnd shared = new OpenEnd(session, url, 18, "18", "u", Duration.ZERO, true, "no TLS");
            OpenEnd direct = new OpenEnd(session, url, 18, "18", "u", Duration.ZERO, false, "no TLS");

            assertThat(ServerChecks.directness(url, shared).level()).isEqualTo(Level.BLOCKER);
            assertThat(ServerChecks.directness(url, direct).level()).isEqualTo(Level.OK);
        }
    }

    @Test
    void asksForAPgDumpThatCanReadTheSource() {
        pgDump = Optional.of(14);
        assertThat(find("pg-dump")).satisfies(old -> {
            assertThat(old.level()).isEqualTo(Level.BLOCKER);
            assertThat(old.detail()).contains("14").contains("15");
            assertThat(old.remedy()).contains("postgresql-client-15");
        });
        pgDump = Optional.empty();
        assertThat(find("pg-dump").title()).isEqualTo("pg_dump is missing");
        pgDump = Optional.of(15);
        assertThat(find("pg-dump").level()).isEqualTo(Level.OK);
    }

    @Test
    void warnsOfATargetOlderThanItsSource() {
        TestDatabase newer = PostgresServer.shared(18).herokuDatabase();
        TestDatabase older = PostgresServer.shared(17).planetScaleDatabase(false);

        assertThat(finding(preflight(newer.url(), older.url()), "version-order").level())
                .isEqualTo(Level.WARNING);
        assertThat(find("version-order").level()).isEqualTo(Level.OK);
    }

    @Test
    void refusesAReadOnlyTargetAndAReadOnlySource() {
        target.runAsSuperuser("ALTER ROLE " + target.owner() + " SET default_transaction_read_only = on");
        source.runAsSuperuser("ALTER DATABASE " + source.name() + " SET default_transaction_read_only = on");

        PreflightReport report = preflight();

        assertThat(finding(report, "target-writable").level()).isEqualTo(Level.BLOCKER);
        assertThat(finding(report, "target-writable").remedy()).contains(target.owner());
        assertThat(finding(report, "source-primary").title()).isEqualTo("The source is read-only");
    }

    @Test
    void refusesTheSameDatabaseTwice() {
        PreflightReport report = preflight(source.url(), source.url().replace("localhost", "127.0.0.1"));

        assertThat(finding(report, "different-databases").level()).isEqualTo(Level.BLOCKER);
        assertThat(find("different-databases").level()).isEqualTo(Level.OK);
        TestDatabase sibling = PostgresServer.shared(15).planetScaleDatabase(true);
        assertThat(finding(preflight(source.url(), sibling.url()), "different-databases")
                        .level())
                .isEqualTo(Level.OK);
    }

    @Test
    void countsTheConnectionsThatAreFree() throws Exception {
        source.runAsSuperuser("ALTER DATABASE " + source.name() + " CONNECTION LIMIT 7");
        target.runAsSuperuser("ALTER ROLE " + target.owner() + " CONNECTION LIMIT 5");
        try (Connection one = target.connect();
                Connection two = target.connect()) {
            PreflightReport report = preflight();

            assertThat(finding(report, "source-connections").level()).isEqualTo(Level.WARNING);
            assertThat(finding(report, "source-connections").detail())
                    .contains("7 connections are free under the database's connection limit");
            assertThat(finding(report, "target-connections").level()).isEqualTo(Level.BLOCKER);
            assertThat(finding(report, "target-connections").detail())
                    .contains("3 connections are free under the limit of role " + target.owner());
            assertThat(one.isValid(1) && two.isValid(1)).isTrue();
        }
    }

    @Test
    void saysWhenForeignKeysComeToTheTarget() {
        assertThat(find("replication-role").level()).isEqualTo(Level.OK);

        Finding denied = finding(
                preflight(
                        source.url(),
                        PostgresServer.shared(18).planetScaleDatabase(false).url()),
                "replication-role");
        assertThat(denied.level()).isEqualTo(Level.NOTE);
        assertThat(denied.title()).contains("at the switch");
    }

    // ---- rights

    @Test
    void namesTablesAndSequencesOfOtherOwners() {
        String other = role();
        source.runAsSuperuser("CREATE ROLE " + other + "; GRANT CREATE ON SCHEMA public TO " + other
                + "; CREATE TABLE public.theirs (id serial PRIMARY KEY); ALTER TABLE public.theirs OWNER TO " + other
                + "; CREATE SEQUENCE public.numbers; ALTER SEQUENCE public.numbers OWNER TO " + other
                + "; GRANT SELECT ON public.theirs TO " + source.owner());

        Finding finding = find("table-ownership");
        assertThat(finding.level()).isEqualTo(Level.BLOCKER);
        assertThat(finding.detail())
                .contains(other + " owns public.theirs")
                .contains("the sequence of public.theirs")
                .contains("public.numbers");
        assertThat(finding.remedy()).contains("GRANT \"" + other + "\" TO \"" + source.owner() + "\"");

        excluded = "theirs, numbers";
        assertThat(find("table-ownership").level()).isEqualTo(Level.OK);
        excluded = "";
        source.runAsSuperuser("GRANT " + other + " TO " + source.owner());
        assertThat(find("table-ownership").level()).isEqualTo(Level.OK);
    }

    @Test
    void namesTablesThatCannotBeRead() {
        source.run(
                "CREATE SCHEMA s; CREATE TABLE s.\"Hidden\" (id int PRIMARY KEY); REVOKE SELECT ON s.\"Hidden\" FROM "
                        + source.owner());

        Finding finding = find("table-select");

        assertThat(finding.level()).isEqualTo(Level.BLOCKER);
        assertThat(finding.detail()).contains("s.Hidden");
        source.run(finding.remedy());
        assertThat(find("table-select").level()).isEqualTo(Level.OK);
    }

    @Test
    void namesTablesWhoseOwnerTookTheRightToTriggersFromHimself() {
        source.run("CREATE SCHEMA s; CREATE TABLE s.\"Bare\" (id int PRIMARY KEY); REVOKE TRIGGER ON s.\"Bare\" FROM "
                + source.owner() + "; CREATE TABLE left_out (id int PRIMARY KEY); REVOKE TRIGGER ON left_out FROM "
                + source.owner());
        excluded = "left_out";

        Finding finding = find("table-trigger");

        assertThat(finding.level()).isEqualTo(Level.BLOCKER);
        assertThat(finding.detail()).contains("s.Bare").doesNotContain("left_out");
        source.run(finding.remedy());
        assertThat(find("table-trigger").level()).isEqualTo(Level.OK);
        source.run("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
                + " CREATE TRIGGER captured AFTER INSERT ON s.\"Bare\" EXECUTE FUNCTION f()");
    }

    @Test
    void refusesForcedRowSecurityUntilItIsLiftedOrTheTableLeftOut() {
        source.run("CREATE TABLE secret (id int PRIMARY KEY);"
                + "ALTER TABLE secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");

        Finding finding = find("row-security");
        assertThat(finding.level()).isEqualTo(Level.BLOCKER);
        assertThat(finding.detail()).contains("public.secret");
        assertThat(finding.remedy()).contains("ALTER TABLE \"public\".\"secret\" NO FORCE ROW LEVEL SECURITY;");

        excluded = "secret";
        assertThat(find("row-security").level()).isEqualTo(Level.OK);
        excluded = "";
        source.run("ALTER TABLE secret NO FORCE ROW LEVEL SECURITY");
        assertThat(find("row-security").level()).isEqualTo(Level.OK);
        source.run("ALTER TABLE secret FORCE ROW LEVEL SECURITY");
        source.runAsSuperuser("ALTER ROLE " + source.owner() + " BYPASSRLS");
        assertThat(find("row-security").level()).isEqualTo(Level.OK);
    }

    @Test
    void asksForTheRightToCreateASchemaOnTheSource() {
        source.runAsSuperuser("ALTER DATABASE " + source.name() + " OWNER TO postgres");

        Finding finding = find("source-create");

        assertThat(finding.level()).isEqualTo(Level.BLOCKER);
        assertThat(finding.remedy())
                .contains("GRANT CREATE ON DATABASE \"" + source.name() + "\" TO \"" + source.owner() + "\"");
    }

    @Test
    void asksForTheRightToCreateOnTheTargetWhereItIsNeeded() {
        target.runAsSuperuser("ALTER DATABASE " + target.name() + " OWNER TO postgres");

        Finding finding = find("target-create");
        assertThat(finding.level()).isEqualTo(Level.BLOCKER);
        assertThat(finding.detail())
                .contains("no CREATE on database " + target.name())
                .contains("no CREATE on schema public");

        target.runAsSuperuser(finding.remedy().substring(finding.remedy().indexOf('\n')));
        assertThat(find("target-create").level()).isEqualTo(Level.OK);
    }

    @Test
    void saysWhoWillOwnTheObjectsOnTheTarget() throws Exception {
        Finding own = find("target-owner");
        assertThat(own.level()).isEqualTo(Level.WARNING);
        assertThat(own.title()).contains(target.owner());

        try (PostgresServer like = PostgresServer.start(17, Map.of())) {
            TestDatabase planetScale = like.planetScaleDatabase(true);
            planetScale.runAsSuperuser("CREATE ROLE boss LOGIN SUPERUSER");
            try (Connection boss = planetScale.connectAs("boss", "");
                    Statement statement = boss.createStatement()) {
                statement.execute("ALTER ROLE postgres RENAME TO bootstrap");
                statement.execute("CREATE ROLE postgres NOSUPERUSER");
                statement.execute("GRANT postgres TO " + planetScale.owner());
                PreflightReport report = preflight(source.url(), planetScale.url());

                assertThat(finding(report, "target-owner").level()).isEqualTo(Level.OK);
                assertThat(finding(report, "target-owner").title()).endsWith("will belong to postgres");
                assertThat(finding(report, "target-create").detail())
                        .contains("postgres has no CREATE on database " + planetScale.name());
                statement.execute("ALTER ROLE postgres RENAME TO common");
                statement.execute("ALTER ROLE bootstrap RENAME TO postgres");
            }
        }
    }

    // ---- leftovers

    private void ferryOnSource(UUID run) {
        source.run(
                "CREATE SCHEMA ferry; CREATE TABLE ferry.run (run_id uuid, epoch bigint); INSERT INTO ferry.run VALUES ('"
                        + run + "', 1)");
    }

    private void ferryOnTarget(UUID run, String phase) {
        target.run("CREATE SCHEMA ferry; CREATE TABLE ferry.migration"
                + " (run_id uuid, phase text, started_at timestamptz, completed_at timestamptz);"
                + "INSERT INTO ferry.migration VALUES ('" + run + "', '" + phase
                + "', '2030-01-02 03:04:05+00', NULL)");
    }

    @Test
    void resumesItsOwnRun() {
        UUID run = UUID.randomUUID();
        source.run("CREATE TABLE t (a int PRIMARY KEY)");
        target.run("CREATE TABLE t (a int PRIMARY KEY)");
        ferryOnSource(run);
        ferryOnTarget(run, "copying");

        PreflightReport report = preflight();

        assertThat(report.blockers()).isEmpty();
        assertThat(finding(report, "source-leftovers").detail()).contains("resumed");
        assertThat(finding(report, "target-empty").level()).isEqualTo(Level.OK);
    }

    @Test
    void refusesAnotherRunsCapture() {
        UUID run = UUID.randomUUID();
        ferryOnSource(run);

        Finding alone = find("source-leftovers");
        assertThat(alone.level()).isEqualTo(Level.BLOCKER);
        assertThat(alone.detail()).contains(run.toString());
        assertThat(alone.remedy()).contains("docs/remove-ferry.sql");

        ferryOnTarget(UUID.randomUUID(), "completed");
        assertThat(find("source-leftovers").level()).isEqualTo(Level.BLOCKER);
    }

    @Test
    void leavesTheAppsOwnSchemaFerryAlone() {
        source.run("CREATE SCHEMA ferry; CREATE TABLE ferry.run (boat text)");
        target.run("CREATE SCHEMA ferry; CREATE TABLE ferry.boats (boat text)");

        PreflightReport report = preflight();

        assertThat(finding(report, "source-leftovers").level()).isEqualTo(Level.BLOCKER);
        assertThat(finding(report, "source-leftovers").remedy()).contains("RENAME TO");
        assertThat(finding(report, "target-leftovers").level()).isEqualTo(Level.BLOCKER);
    }

    @Test
    void goesOnWithASchemaThatAnInterruptedStartLeft() {
        source.run("CREATE SCHEMA ferry");
        target.run("CREATE SCHEMA ferry");
        PreflightReport empty = preflight();
        assertThat(finding(empty, "source-leftovers").level()).isEqualTo(Level.OK);
        assertThat(finding(empty, "target-leftovers").level()).isEqualTo(Level.OK);

        UnfinishedStart.leaveIn(source);
        UnfinishedStart.leaveIn(target);
        assertThat(source.count("SELECT count(*) FROM ferry.flyway_schema_history WHERE version IS NOT NULL"))
                .isZero();

        PreflightReport report = preflight();

        assertThat(finding(report, "source-leftovers").level()).isEqualTo(Level.OK);
        assertThat(finding(report, "target-leftovers").level()).isEqualTo(Level.OK);
        assertThat(finding(report, "target-leftovers").detail()).contains("interrupted");

        source.run("CREATE TABLE ferry.run (run_id uuid NOT NULL, epoch bigint NOT NULL)");
        assertThat(find("source-leftovers").level()).isEqualTo(Level.OK);
    }

    @Test
    void leavesASchemaFerryAloneThatHoldsMoreOrIsAnothersOrWasWorkedOn() {
        target.run("CREATE SCHEMA ferry; CREATE FUNCTION ferry.boat() RETURNS int LANGUAGE sql AS 'SELECT 1'");
        source.runAsSuperuser("CREATE SCHEMA ferry");
        PreflightReport report = preflight();
        assertThat(finding(report, "target-leftovers").level()).isEqualTo(Level.BLOCKER);
        assertThat(finding(report, "source-leftovers").level()).isEqualTo(Level.BLOCKER);

        target.run("DROP SCHEMA ferry CASCADE");
        UnfinishedStart.leaveIn(target);
        target.run(
                "INSERT INTO ferry.flyway_schema_history (installed_rank, version, description, type, script,"
                        + " installed_by, execution_time, success) VALUES (7, '1', 'boats', 'SQL', 'V1__boats.sql', 'app', 1, true)");
        assertThat(find("target-leftovers").level()).isEqualTo(Level.BLOCKER);
    }

    @Test
    void tellsWhatWasDoneOnTheTarget() {
        ferryOnTarget(UUID.randomUUID(), "completed");
        assertThat(find("target-leftovers").level()).isEqualTo(Level.NOTE);
        assertThat(find("target-leftovers").detail()).contains("completed").contains("2030-01-02");

        target.run("UPDATE ferry.migration SET phase = 'waiting'");
        assertThat(find("target-leftovers").level()).isEqualTo(Level.OK);
    }

    @Test
    void namesWhatIsInTheTargetsWay() {
        source.run("CREATE SCHEMA app");
        target.run("CREATE SCHEMA app; CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.fine (a int);"
                + "CREATE TABLE app.old (a serial); CREATE VIEW public.v AS SELECT 1; CREATE TYPE app.mood AS ENUM ('x');"
                + "CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE EXTENSION citext");

        Finding finding = find("target-empty");

        assertThat(finding.level()).isEqualTo(Level.BLOCKER);
        assertThat(finding.detail())
                .isEqualTo("1 table: app.old; 1 view: public.v; 1 sequence: app.old_a_seq; 1 function: app.f;"
                        + " 1 type: app.mood. In other schemas, not in the way: 1 table: elsewhere.fine.");
    }

    // ---- tables

    @Test
    void listsTablesWithoutKeyAndThoseWithGeneratedColumns() {
        source.run("""
                CREATE SCHEMA archive;
                CREATE TABLE keyed (a int PRIMARY KEY);
                CREATE TABLE unique_key (a int NOT NULL UNIQUE);
                CREATE TABLE nullable_key (a int UNIQUE);
                CREATE TABLE keyless (a int);
                CREATE TABLE archive.partial_key (a int NOT NULL);
                CREATE UNIQUE INDEX ON archive.partial_key (a) WHERE a > 0;
                CREATE TABLE expression_key (a text NOT NULL);
                CREATE UNIQUE INDEX ON expression_key (lower(a));
                CREATE TABLE deferred_key (a int NOT NULL UNIQUE DEFERRABLE);
                CREATE TABLE covering_key (a int NOT NULL, b int);
                CREATE UNIQUE INDEX ON covering_key (a) INCLUDE (b);
                CREATE TABLE tree (a int NOT NULL) PARTITION BY RANGE (a);
                CREATE TABLE leaf PARTITION OF tree FOR VALUES FROM (1) TO (9);
                CREATE TABLE left_out (a int, b int GENERATED ALWAYS AS (a) STORED);
                CREATE TABLE totals (a int PRIMARY KEY, "Sum" int GENERATED ALWAYS AS (a + 1) STORED);
                CREATE TABLE archive.totals (a int PRIMARY KEY, x int GENERATED ALWAYS AS (a) STORED,
                                             y int GENERATED ALWAYS AS (a) STORED)
                """);
        excluded = "left_out";

        PreflightReport report = preflight();

        assertThat(report.tablesWithoutKey())
                .containsExactly("archive.partial_key", "deferred_key", "expression_key", "keyless", "leaf");
        assertThat(report.tablesWithGeneratedColumns())
                .containsExactly(
                        new TableWithGeneratedColumns("archive.totals", List.of("x", "y")),
                        new TableWithGeneratedColumns("totals", List.of("Sum")));
        assertThat(finding(report, "tables-without-key").level()).isEqualTo(Level.NOTE);
        assertThat(finding(report, "tables-without-key").detail())
                .contains("public.keyless (")
                .contains("the only key of public.nullable_key");
        assertThat(finding(report, "generated-columns").detail()).contains("archive.totals (x, y)");
        assertThat(report.allTablesValid()).isTrue();
    }

    /** An index that compares otherwise than the type does is no key for capture: its DISTINCT would merge rows. */
    @Test
    void countsOnlyKeysThatCaptureCanUse() {
        source.run("""
                CREATE TABLE by_pattern (a text NOT NULL);
                CREATE UNIQUE INDEX ON by_pattern (a text_pattern_ops);
                CREATE TABLE by_both (a text NOT NULL, b int NOT NULL UNIQUE);
                CREATE UNIQUE INDEX ON by_both (a text_pattern_ops);
                CREATE TABLE by_nullable (a text NOT NULL, b int UNIQUE);
                CREATE UNIQUE INDEX ON by_nullable (a text_pattern_ops);
                """);

        PreflightReport report = preflight();

        assertThat(report.tablesWithoutKey()).containsExactly("by_pattern");
        assertThat(finding(report, "tables-without-key").detail()).contains("the only key of public.by_nullable:");
    }

    @Test
    void refusesNamesThatCaptureUsesItself() {
        source.run("CREATE SCHEMA \"a$ferry_b\"; CREATE TABLE \"a$ferry_b\".t (id int PRIMARY KEY);"
                + "CREATE TABLE \"x$ferry_y\" (id int PRIMARY KEY);"
                + "CREATE TABLE fine (id int PRIMARY KEY, \"$ferry_body$\" int)");

        Finding finding = find("reserved-names");

        assertThat(finding.level()).isEqualTo(Level.BLOCKER);
        assertThat(finding.detail()).contains("a$ferry_b.t, public.fine (column $ferry_body$), public.x$ferry_y");
        assertThat(finding.remedy()).contains("EXCLUDE_TABLES");

        excluded = "a$ferry_b.t,x$ferry_y,fine";
        assertThat(find("reserved-names").level()).isEqualTo(Level.OK);
    }

    @Test
    void warnsOfALargeTableWithoutKey() {
        source.run("CREATE TABLE events (a text); ALTER TABLE events ALTER a SET STORAGE EXTERNAL;"
                + "INSERT INTO events SELECT repeat('x', 1000000) FROM generate_series(1, 110)");

        assertThat(find("tables-without-key").level()).isEqualTo(Level.WARNING);
        assertThat(find("sizes").detail()).contains("public.events (11");
    }

    @Test
    void saysWhichTablesHaveVeryWideRows() {
        source.run("CREATE TABLE files (id int PRIMARY KEY, \"Body %\" bytea, note text);"
                + " CREATE TABLE letters (id int PRIMARY KEY, body text);"
                + " ALTER TABLE letters ALTER body SET STORAGE EXTERNAL;"
                + " INSERT INTO letters SELECT i, repeat('x', 1000000) FROM generate_series(1, 10) i");
        assertThat(find("wide-rows").level()).isEqualTo(Level.OK);

        source.run(
                "ALTER TABLE files ALTER \"Body %\" SET STORAGE EXTERNAL;"
                        + " INSERT INTO files SELECT i, convert_to(repeat('x', 30000000 * i), 'UTF8') FROM generate_series(1, 2) i");
        assertThat(find("wide-rows").level()).isEqualTo(Level.NOTE);
        assertThat(find("wide-rows").detail()).contains("public.files (12").doesNotContain("letters");
    }

    @Test
    void warnsOfRowsThatNoServerCanHandOut() {
        source.run("CREATE TABLE files (id int PRIMARY KEY, body bytea);"
                + " INSERT INTO files VALUES (1, convert_to(repeat('x', 540000000), 'UTF8'))");

        assertThat(find("wide-rows").level()).isEqualTo(Level.WARNING);
        assertThat(find("wide-rows").detail()).contains("public.files (1.");
    }

    @Test
    void estimatesSizesWhileATableIsLocked() throws Exception {
        source.run("CREATE TABLE locked (a int); INSERT INTO locked SELECT generate_series(1, 100000)");
        source.runAsSuperuser("ANALYZE locked");
        try (Connection blocking = source.connect();
                Statement statement = blocking.createStatement()) {
            blocking.setAutoCommit(false);
            statement.execute("LOCK TABLE locked");

            assertThat(find("sizes").detail()).contains("public.locked (3.6 MB)");
        }
    }

    @Test
    void leavesOutWhatItIsToldToAndSaysSo() {
        source.run("CREATE TABLE a_log (a int); CREATE TABLE b_log (a int); CREATE TABLE kept (a int PRIMARY KEY)");
        excluded = "*_log";

        assertThat(find("excluded-tables").level()).isEqualTo(Level.NOTE);
        assertThat(find("excluded-tables").detail()).contains("public.a_log, public.b_log");

        excluded = "*_log, Kept";
        assertThat(find("excluded-tables").level()).isEqualTo(Level.WARNING);
        assertThat(find("excluded-tables").detail()).contains("No table fits Kept");
    }

    @Test
    void leavesATreeOfTablesOutAsAWholeOrNotAtAll() {
        source.run("""
                CREATE TABLE owner (id int PRIMARY KEY);
                CREATE TABLE metric (id int REFERENCES owner, at int) PARTITION BY LIST (at);
                CREATE TABLE metric_1 PARTITION OF metric FOR VALUES IN (1);
                CREATE TABLE metric_2 PARTITION OF metric FOR VALUES IN (2)""");
        excluded = "metric";
        assertThat(find("excluded-tables").level()).isEqualTo(Level.NOTE);
        assertThat(find("excluded-tables").detail()).contains("public.metric, public.metric_1, public.metric_2");
        assertThat(preflight().tablesWithoutKey()).isEmpty();

        excluded = "metric_2";
        assertThat(find("excluded-tables").level()).isEqualTo(Level.BLOCKER);
        assertThat(find("excluded-tables").detail()).contains("public.metric_2").doesNotContain("public.metric_1");
        assertThat(find("excluded-tables").remedy()).contains("the whole tree or none of it");
    }

    @Test
    void refusesAForeignKeyToALeftOutTable() {
        source.run("CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY,"
                + " parent int CONSTRAINT of_parent REFERENCES parent)");
        excluded = "parent";

        assertThat(find("foreign-keys-to-excluded").level()).isEqualTo(Level.BLOCKER);
        assertThat(find("foreign-keys-to-excluded").detail()).contains("of_parent from public.child to public.parent");

        excluded = "child";
        assertThat(find("foreign-keys-to-excluded").level()).isEqualTo(Level.OK);
        excluded = "child, parent";
        assertThat(find("foreign-keys-to-excluded").level()).isEqualTo(Level.OK);
    }

    @Test
    void notesUnloggedAndForeignTables() {
        source.runAsSuperuser("CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;"
                + "CREATE FOREIGN TABLE public.far_away (a int) SERVER far;"
                + "CREATE UNLOGGED TABLE public.scratch (a int PRIMARY KEY)");

        PreflightReport report = preflight();

        assertThat(finding(report, "unlogged-tables").detail()).contains("public.scratch");
        assertThat(finding(report, "foreign-tables").detail()).contains("public.far_away");
    }

    // ---- activity

    @Test
    void namesOldOpenTransactionsWithoutTheirValues() throws Exception {
        source.run("CREATE TABLE t (a text PRIMARY KEY)");
        bounds = new Preflight.Bounds(Duration.ofSeconds(10), Duration.ofSeconds(28), Duration.ofMillis(1));
        try (Connection open = source.connect();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("INSERT INTO t VALUES ('S3CRET')");
            long pid = source.count(
                    "SELECT pid FROM pg_stat_activity WHERE datname = ? AND state LIKE 'idle in%'", source.name());

            Finding finding = find("open-transactions");

            assertThat(finding.level()).isEqualTo(Level.WARNING);
            assertThat(finding.detail())
                    .contains("pid " + pid)
                    .contains("idle in transaction: INSERT INTO t VALUES (")
                    .doesNotContain("S3CRET");
            assertThat(finding.remedy()).contains("pg_terminate_backend(" + pid + ")");
            bounds = Preflight.Bounds.USUAL;
            assertThat(find("open-transactions").level()).isEqualTo(Level.OK);
        }
    }

    @Test
    void namesPreparedTransactions() {
        source.run("CREATE TABLE t (a int PRIMARY KEY)");
        String gid = source.name() + "'s";
        source.run("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '" + gid.replace("'", "''") + "'");
        try {
            Finding finding = find("prepared-transactions");

            assertThat(finding.level()).isEqualTo(Level.WARNING);
            assertThat(finding.detail()).contains(gid);
            assertThat(finding.remedy()).contains("ROLLBACK PREPARED '" + gid.replace("'", "''") + "'");
        } finally {
            source.run("ROLLBACK PREPARED '" + gid.replace("'", "''") + "'");
        }
    }

    @Test
    void namesAVacuumThatDoesNotGiveWay() throws Exception {
        source.run("CREATE TABLE old (a int PRIMARY KEY) WITH (autovacuum_freeze_max_age = 100000)");
        source.run("CREATE TABLE young (a int PRIMARY KEY)");
        try (Connection vacuum = source.connect();
                Statement statement = vacuum.createStatement()) {
            vacuum.setAutoCommit(false);
            statement.execute("LOCK TABLE old, young IN SHARE UPDATE EXCLUSIVE MODE");
            assertThat(find("wraparound-vacuums").level()).isEqualTo(Level.OK);

            // Each block with an exception handler takes a transaction id of its own.
            source.run("""
                    CREATE TABLE burned (a int PRIMARY KEY);
                    DO $$
                    BEGIN
                        FOR i IN 1..100100 LOOP
                            BEGIN
                                INSERT INTO burned VALUES (i);
                            EXCEPTION WHEN division_by_zero THEN
                            END;
                        END LOOP;
                    END $$""");
            Finding finding = find("wraparound-vacuums");

            assertThat(finding.level()).isEqualTo(Level.WARNING);
            assertThat(finding.detail()).contains("public.old (pid").doesNotContain("young");
        }
    }

    // ---- extensions

    @Test
    void createsTheExtensionsThatItMay() {
        source.run("CREATE EXTENSION citext; CREATE SCHEMA heroku_ext; CREATE EXTENSION hstore SCHEMA heroku_ext");

        assertThat(find("extensions").level()).isEqualTo(Level.NOTE);
        assertThat(find("extensions").detail()).contains("Ferry will create citext, hstore");

        target.run("CREATE EXTENSION citext; CREATE SCHEMA heroku_ext; CREATE EXTENSION hstore SCHEMA heroku_ext");
        assertThat(find("extensions").level()).isEqualTo(Level.OK);
    }

    @Test
    void refusesExtensionsThatOnlyASuperuserMayCreateOrThatAreElsewhere() {
        source.runAsSuperuser("CREATE EXTENSION file_fdw; CREATE EXTENSION citext");
        target.run("CREATE SCHEMA other; CREATE EXTENSION citext SCHEMA other");

        Finding finding = find("extensions");

        assertThat(finding.level()).isEqualTo(Level.BLOCKER);
        assertThat(finding.detail())
                .contains("file_fdw (only a superuser may create it there)")
                .contains("citext (in public on the source, in other on the target)");
        assertThat(finding.remedy()).contains("DROP EXTENSION \"citext\";");
        target.run("DROP EXTENSION citext");
        target.runAsSuperuser("CREATE EXTENSION file_fdw");
        assertThat(find("extensions").level()).isEqualTo(Level.NOTE);
    }

    @Test
    void goesWithoutExtensionsThatOnlyObserve() {
        source.runAsSuperuser("CREATE EXTENSION pg_stat_statements");

        assertThat(find("extensions").level()).isEqualTo(Level.WARNING);
        assertThat(find("extensions").detail()).contains("pg_stat_statements");
    }

    @Test
    void comparesVersionsOfExtensions() {
        source.run("CREATE EXTENSION hstore VERSION '1.4'");
        assertThat(find("extension-versions").level()).isEqualTo(Level.NOTE);
        assertThat(find("extension-versions").detail()).startsWith("hstore 1.4 to 1.");

        source.run("ALTER EXTENSION hstore UPDATE");
        target.run("CREATE EXTENSION hstore VERSION '1.4'");
        assertThat(find("extension-versions").level()).isEqualTo(Level.WARNING);
    }

    // ---- locale

    private TestDatabase targetWithLocale(String locale) {
        String name = target.name() + "_c";
        try (Connection connection = PostgresServer.shared(18).superuser("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name + " OWNER " + target.owner()
                    + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE '" + locale + "' LC_CTYPE '" + locale + "'");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return new TestDatabase(target.server(), name, target.owner(), target.password());
    }

    @Test
    void refusesOtherTextRulesWhereKeysDependOnThem() {
        source.run("CREATE TABLE harmless (name text PRIMARY KEY)");
        TestDatabase other = targetWithLocale("C");

        Finding harmless = finding(preflight(source.url(), other.url()), "locale");
        assertThat(harmless.level()).isEqualTo(Level.WARNING);
        assertThat(harmless.detail()).contains("collation C.UTF-8 on the source, C on the target");

        source.run("CREATE EXTENSION citext; CREATE TABLE users (mail citext PRIMARY KEY);"
                + "CREATE TABLE names (name text); CREATE UNIQUE INDEX by_lower ON names (lower(name));"
                + "CREATE TABLE years (y text) PARTITION BY RANGE (y);"
                + "CREATE TABLE plain_years (y text COLLATE \"C\") PARTITION BY RANGE (y)");
        Finding keys = finding(preflight(source.url(), other.url()), "locale");
        assertThat(keys.level()).isEqualTo(Level.BLOCKER);
        assertThat(keys.detail())
                .contains("public.users (citext key users_pkey)")
                .contains("public.names (unique index by_lower)")
                .contains("public.years (range partitions by text)")
                .doesNotContain("plain_years");
        assertThat(find("locale").level()).isEqualTo(Level.OK);

        excluded = "users, names, years";
        assertThat(finding(preflight(source.url(), other.url()), "locale").level())
                .isEqualTo(Level.WARNING);
    }

    @Test
    void namesCollationsThatTheTargetLacks() {
        source.runAsSuperuser(
                "INSERT INTO pg_collation SELECT (o.oid::bigint + 1000000)::oid, 'xx_nowhere', o.collnamespace,"
                        + " o.collowner, o.collprovider, o.collisdeterministic, o.collencoding, o.collcollate, o.collctype,"
                        + " o.colliculocale, o.collversion FROM pg_collation o WHERE o.collname = 'C'");
        source.run("CREATE TABLE t (a text COLLATE \"xx_nowhere\")");

        assertThat(find("collations").level()).isEqualTo(Level.BLOCKER);
        assertThat(find("collations").detail()).contains("xx_nowhere (as in public.t.a)");
    }

    // ---- roles

    @Test
    void refusesPoliciesForRolesThatTheTargetLacks() {
        String reader = role();
        source.runAsSuperuser("CREATE ROLE " + reader);
        source.run("CREATE TABLE t (a int PRIMARY KEY); CREATE POLICY mine ON t TO " + reader + " USING (true);"
                + "CREATE POLICY everyones ON t USING (true)");

        Finding finding = find("policy-roles");

        assertThat(finding.level()).isEqualTo(Level.BLOCKER);
        assertThat(finding.detail()).contains(reader + " in mine on public.t");
        target.run(finding.remedy().substring(finding.remedy().indexOf('\n')));
        assertThat(find("policy-roles").level()).isEqualTo(Level.OK);
    }

    @Test
    void writesTheGrantsThatAreNotTakenOver() {
        String reader = role();
        source.runAsSuperuser("CREATE ROLE " + reader);
        source.run("CREATE TABLE one (a int PRIMARY KEY, b int); CREATE TABLE two (a int PRIMARY KEY);"
                + "CREATE SEQUENCE s; CREATE SCHEMA app; CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
                + "GRANT USAGE ON SCHEMA app TO %1$s; GRANT SELECT, INSERT ON one, two TO %1$s;".formatted(reader)
                + "GRANT UPDATE (b) ON one TO %1$s WITH GRANT OPTION; GRANT USAGE ON s TO %1$s; GRANT SELECT ON one TO PUBLIC;"
                        .formatted(reader)
                + "REVOKE EXECUTE ON FUNCTION f FROM PUBLIC; GRANT EXECUTE ON FUNCTION f TO %1$s;".formatted(reader)
                + "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO %1$s".formatted(reader));

        Finding finding = find("grants");

        assertThat(finding.level()).isEqualTo(Level.NOTE);
        assertThat(finding.detail()).contains("Not on the target: " + reader);
        assertThat(finding.remedy())
                .contains("CREATE ROLE \"" + reader + "\";")
                .contains("GRANT USAGE ON SCHEMA app TO \"" + reader + "\";")
                .contains("GRANT INSERT, SELECT ON TABLE public.one, public.two TO \"" + reader + "\";")
                .contains("GRANT UPDATE (b) ON TABLE public.one TO \"" + reader + "\" WITH GRANT OPTION;")
                .contains("GRANT SELECT ON TABLE public.one TO PUBLIC;")
                .contains("REVOKE EXECUTE ON ROUTINE public.f(integer) FROM PUBLIC;")
                .contains("GRANT EXECUTE ON ROUTINE public.f(integer) TO \"" + reader + "\";")
                .contains("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO \"" + reader + "\";");
        target.run(
                "CREATE TABLE one (a int PRIMARY KEY, b int); CREATE TABLE two (a int PRIMARY KEY);"
                        + "CREATE SEQUENCE s; CREATE SCHEMA app; CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'");
        target.run(finding.remedy().substring(finding.remedy().indexOf('\n')));
    }

    @Test
    void writesTheSettingsThatAreNotTakenOverWithoutTheAppsSecrets() {
        source.runAsSuperuser(
                "ALTER DATABASE %1$s SET search_path = public, app; ALTER DATABASE %1$s SET work_mem = '7MB';"
                                .formatted(source.name())
                        + "ALTER DATABASE %1$s SET app.jwt_secret = 'S3CRET'; ALTER ROLE %2$s SET statement_timeout = '30s'"
                                .formatted(source.name(), source.owner()));

        Finding finding = find("settings");

        assertThat(finding.level()).isEqualTo(Level.NOTE);
        String database = "ALTER DATABASE \"" + target.name() + "\" SET ";
        assertThat(finding.remedy())
                .contains(database + "\"search_path\" TO public, app;")
                .contains(database + "\"work_mem\" TO '7MB';")
                .contains(database + "\"app\".\"jwt_secret\" TO '...';")
                .contains("ALTER ROLE \"" + target.owner() + "\" SET \"statement_timeout\" TO '30s';");
        assertThat(finding.toString()).doesNotContain("S3CRET");
        target.runAsSuperuser(finding.remedy().substring(finding.remedy().indexOf('\n')));
    }

    // ---- what stays behind

    @Test
    void warnsOfLargeObjects() {
        source.run("SELECT lo_create(0) FROM generate_series(1, 3)");

        assertThat(find("large-objects").level()).isEqualTo(Level.WARNING);
        assertThat(find("large-objects").title()).startsWith("3 large objects");
        assertThat(find("large-objects").detail()).contains("no such columns");

        source.run("CREATE TABLE person (id int PRIMARY KEY, picture oid)");
        assertThat(find("large-objects").detail()).contains("public.person.picture");
    }

    @Test
    void warnsOfAPublicationForAllTablesAndNotesWhatStaysBehind() {
        source.runAsSuperuser("CREATE PUBLICATION everything FOR ALL TABLES;"
                + "CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
                + "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.refuse()");

        PreflightReport report = preflight();

        assertThat(finding(report, "publication-for-all-tables").level()).isEqualTo(Level.WARNING);
        assertThat(finding(report, "publication-for-all-tables").detail()).contains("everything");
        assertThat(finding(report, "left-out-objects").detail())
                .isEqualTo("Not taken over: event triggers watch; publications everything.");
    }

    @Test
    void warnsOfFunctionsThatWriteAsASuperuser() {
        source.runAsSuperuser(
                "CREATE FUNCTION public.as_root() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'");

        assertThat(find("security-definer-functions").level()).isEqualTo(Level.WARNING);
        assertThat(find("security-definer-functions").detail()).contains("public.as_root");
    }

    @Test
    void cutsLongListsAndSaysHowMuchIsMissing() {
        source.run("DO $$ BEGIN FOR i IN 1..25 LOOP EXECUTE format('CREATE TABLE k%s (a int)', i); END LOOP; END $$");

        assertThat(find("tables-without-key").detail()).contains(" and 5 more");
        assertThat(preflight().tablesWithoutKey()).hasSize(25);
    }
}
