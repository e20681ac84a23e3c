package dev.ferry.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.testing.SettableClock;
import dev.ferry.testing.SyncedPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunks are read from the table that they were planned for, or not at all (RULES A2). */
class TableCopyIT {
    private static final long CHUNK = 64 * 1024;

    private final SyncedPair pair = SyncedPair.create();
    private final SettableClock clock = new SettableClock();

    @AfterEach
    void close() {
        pair.close();
    }

    private TableCopy copyOf1000Rows() {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, n int NOT NULL)");
        // Before capture, so that no key in the log helps the copy.
        pair.heroku().run("INSERT INTO t SELECT i, repeat('x', 200), i FROM generate_series(1, 1000) i");
        pair.captured();
        pair.planetScale().run("ALTER TABLE t DROP CONSTRAINT t_pkey"); // built after the prune
        return pair.copy(CHUNK, () -> true, clock);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void copyAll(TableCopy copy) {
        do {
            copy.plan();
            while (!copy.copied()) {
                while (copy.copyNextChunk()) {
                    // the next one
                }
                copy.plan();
            }
        } while (!copy.prune());
    }

    private long target(String expression) {
        return pair.planetScale().count("SELECT " + expression);
    }

    /** Runs a chunk that comes to its lock while the app's statements are not committed yet. */
    private void raced(TableCopy copy, String statements) throws SQLException {
        try (Connection app = pair.heroku().connect()) {
            app.setAutoCommit(false);
            execute(app, statements);
            CompletableFuture<Boolean> chunk;
            do {
                clock.advance(Duration.ofSeconds(6));
                chunk = pair.untilItWaits(copy::copyNextChunk);
            } while (chunk.isDone() && copy.locked().isPresent()); // out of time, on a busy machine
            assertThat(chunk).as("the chunk waits for the app").isNotDone();
            app.commit();
            assertThat(chunk.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE t ALTER COLUMN n TYPE bigint",
                "CLUSTER t USING t_pkey",
                "DELETE FROM t WHERE id <= 500; CLUSTER t USING t_pkey",
                "TRUNCATE t; INSERT INTO t SELECT i, 'new', i FROM generate_series(1, 2000) i",
            })
    void aChunkThatWaitedBehindARewriteIsReadFromTheNewTable(String rewrite) throws SQLException {
        TableCopy copy = copyOf1000Rows();
        copy.plan();
        assertThat(target("count(*) FROM ferry.chunk")).isGreaterThan(2);
        assertThat(copy.copyNextChunk()).isTrue();
        assertThat(target("count(*) FROM ferry.chunk WHERE done_at IS NOT NULL"))
                .isEqualTo(1);

        raced(copy, rewrite);

        assertThat(target("count(*) FROM ferry.chunk WHERE done_at IS NOT NULL"))
                .as("the chunk that met the rewrite is not done")
                .isEqualTo(1);
        copyAll(copy);
        if (!rewrite.startsWith("ALTER")) { // that one is suspended by sync, for its new type
            pair.cycle();
        }
        pair.assertEqual();
    }

    @Test
    void aTableThatWasRewrittenAfterItsLastChunkIsCopiedAgain() {
        TableCopy copy = copyOf1000Rows();
        copy.plan();
        while (copy.copyNextChunk()) {
            // the next one
        }
        assertThat(copy.copied()).isTrue();
        pair.heroku().run("CLUSTER t USING t_pkey");

        assertThat(copy.prune()).as("to be copied again first").isFalse();

        assertThat(copy.copied()).isFalse();
        copyAll(copy);
        pair.assertEqual();
        assertThat(pair.journal()).anyMatch(line -> line.startsWith("public.t was rewritten after its copy"));
    }

    /** The chunks are read in any order while rows move between their blocks: what is twice or old is pruned. */
    @Test
    void rowsThatMovedBetweenChunksArePrunedAndComeBackFromTheLog() {
        TableCopy copy = copyOf1000Rows();
        copy.plan();
        assertThat(copy.copyNextChunk()).isTrue();
        // Rows read already go to later blocks, which are still to be read; a unique value moves on to another row.
        pair.heroku()
                .run("UPDATE t SET v = 'moved' WHERE id <= 50; DELETE FROM t WHERE id = 51;"
                        + " INSERT INTO t SELECT i, 'late', i FROM generate_series(2001, 2500) i");
        pair.heroku()
                .run("BEGIN; UPDATE t SET id = -1 WHERE id = 1; UPDATE t SET id = 1 WHERE id = 1000;"
                        + " UPDATE t SET id = 1000 WHERE id = -1; COMMIT");
        copyAll(copy);
        assertThat(target("count(*) - count(DISTINCT id) FROM t"))
                .as("keys that are on the target twice after the prune")
                .isZero();

        pair.planetScale().run("ALTER TABLE t ADD PRIMARY KEY (id)");
        pair.cycle();

        pair.assertEqual();
    }

    @Test
    void aMarkerBeforeThePruneReloadsTheTableWhole() {
        TableCopy copy = copyOf1000Rows();
        copy.plan();
        while (copy.copyNextChunk()) {
            // the next one
        }
        pair.heroku()
                .run("INSERT INTO ferry.marker (table_id, reason) VALUES ("
                        + pair.table("t").id() + ", 'a test')");
        pair.heroku().run("UPDATE t SET v = 'after the last chunk' WHERE id % 2 = 0");

        assertThat(copy.prune()).isTrue();

        pair.assertEqual();
        assertThat(pair.markers("t") + pair.logged("t")).isZero();
    }

    private TableCopy copyOfThreeTables() {
        pair.schema("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (LIKE a INCLUDING ALL);"
                + " CREATE TABLE c (LIKE a INCLUDING ALL)");
        for (String table : List.of("a", "b", "c")) {
            pair.heroku().run("INSERT INTO " + table + " SELECT i, repeat('x', 200) FROM generate_series(1, 1000) i");
        }
        pair.captured();
        return pair.copy(CHUNK, () -> true, clock);
    }

    private long openChunks(String table) {
        return target("count(*) FROM ferry.chunk WHERE done_at IS NULL AND table_id = "
                + pair.table(table).id());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aTableThatSomebodyLockedHoldsUpNoneOfTheOthers(boolean planned) throws SQLException {
        TableCopy copy = copyOfThreeTables();
        if (planned) {
            copy.plan();
        }
        try (Connection app = pair.heroku().connect()) {
            app.setAutoCommit(false);
            execute(app, "LOCK TABLE a IN ACCESS EXCLUSIVE MODE");

            copy.plan();
            while (copy.copyNextChunk()) {
                // the next one
            }

            assertThat(target("count(*) FROM b")).isEqualTo(1000);
            assertThat(target("count(*) FROM c")).isEqualTo(1000);
            assertThat(target("count(*) FROM a")).isZero();
            assertThat(openChunks("b") + openChunks("c")).isZero();
            assertThat(copy.copied()).as("the copy as a whole").isFalse();
        }
        copy.plan();
        assertThat(copy.copyNextChunk()).as("left out for a while").isFalse();
        clock.advance(Duration.ofSeconds(6));
        copyAll(copy);
        pair.assertEqual();
    }

    @Test
    void whoHoldsALockIsNamedOnceAMinuteATable() throws SQLException {
        TableCopy copy = copyOfThreeTables();
        copy.plan();
        try (Connection app = pair.heroku().connect()) {
            app.setAutoCommit(false);
            execute(app, "LOCK TABLE a, b IN ACCESS EXCLUSIVE MODE");
            for (int tries = 0; tries < 3; tries++) {
                while (copy.copyNextChunk()) {
                    // the next one
                }
                clock.advance(Duration.ofSeconds(6));
            }
            assertThat(pair.journal())
                    .filteredOn(line -> line.contains("is locked"))
                    .hasSize(2)
                    .allMatch(line -> line.contains("in the way: pid"))
                    .anyMatch(line -> line.startsWith("public.a"))
                    .anyMatch(line -> line.startsWith("public.b"));
            assertThat(copy.locked())
                    .hasValueSatisfying(line -> assertThat(line).contains("is locked"));

            clock.advance(Duration.ofMinutes(1));
            while (copy.copyNextChunk()) {
                // the next one
            }

            assertThat(pair.journal())
                    .filteredOn(line -> line.contains("is locked"))
                    .hasSize(4);
        }
        clock.advance(Duration.ofSeconds(6));
        copyAll(copy);
        assertThat(copy.locked()).isEmpty();
    }

    @Test
    void aLockedTableIsPrunedAfterTheOthers() throws SQLException {
        TableCopy copy = copyOfThreeTables();
        copy.plan();
        while (copy.copyNextChunk()) {
            // the next one
        }
        try (Connection app = pair.heroku().connect()) {
            app.setAutoCommit(false);
            execute(app, "LOCK TABLE a IN ACCESS EXCLUSIVE MODE");

            assertThatThrownBy(copy::prune).hasMessageContaining("public.a is locked");

            assertThat(target("count(*) FROM ferry.table_copy WHERE state = 'pruned'"))
                    .isEqualTo(2);
        }
        assertThat(copy.prune()).isTrue();
    }

    @Test
    void whatIsDoneIsDoneWhenTheCopyBeginsAnew() {
        TableCopy copy = copyOf1000Rows();
        copy.plan();
        assertThat(copy.copyNextChunk()).isTrue();
        assertThat(copy.copyNextChunk()).isTrue();
        String done = "SELECT string_agg(first_block || ' ' || done_at, ',' ORDER BY first_block)"
                + " FROM ferry.chunk WHERE first_block <= "
                + target("max(first_block) FROM ferry.chunk WHERE done_at IS NOT NULL");
        String before = pair.planetScale().value(done);

        copyAll(pair.copy(CHUNK, () -> true));

        assertThat(pair.planetScale().value(done)).isEqualTo(before);
        pair.assertEqual();
        assertThat(target("sum(rows) FROM ferry.chunk")).isEqualTo(1000);
    }

    @Test
    void rowsOutsideOfTheHeapAreCountedIn() {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, v text); ALTER TABLE t ALTER v SET STORAGE EXTERNAL")
                .captured();
        pair.heroku().run("INSERT INTO t SELECT i, repeat('x', 100000) FROM generate_series(1, 400) i");
        assertThat(pair.heroku().count("SELECT pg_relation_size('t') / 8192")).isLessThan(10);

        pair.copy(1 << 20, () -> true).plan();

        assertThat(target("count(*) FROM ferry.chunk")).isGreaterThan(1);
        assertThat(target("sum(bytes) FROM ferry.chunk")).isGreaterThan(40_000_000);
    }
}
