package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WorkloadIT {
    private final TestDatabase database = PostgresServer.shared(15).herokuDatabase();

    @Test
    void tpcBHoldsItsInvariantAtEveryRead() throws SQLException {
        TpcB.createTables(database, 2, 1000);
        long states = 0;
        try (TpcB workload = TpcB.start(database, 3, 42);
                Connection reader = database.connect()) {
            long before = -1;
            for (int read = 0; read < 30; read++) {
                workload.awaitCommitted(5);
                TpcB.Sums sums = TpcB.sums(reader);
                assertThat(sums.agree()).as("%s", sums).isTrue();
                states += sums.transactions() == before ? 0 : 1;
                before = sums.transactions();
            }
            workload.stop();
            workload.assertUndisturbed();
            assertThat(TpcB.sums(reader).transactions()).isEqualTo(workload.committed());
        }
        assertThat(states).isGreaterThanOrEqualTo(10);

        database.run("UPDATE pgbench_tellers SET tbalance = tbalance + 1 WHERE tid = 1");
        try (Connection reader = database.connect()) {
            assertThat(TpcB.invariantHolds(reader)).isFalse();
        }
    }

    @Test
    void randomWriterReachesEveryTableAndSurvivesItsConflicts() {
        RandomWriter.createTables(database, 500);
        database.runAsSuperuser("SELECT pg_stat_reset()");
        try (RandomWriter writer = RandomWriter.start(database, 4, 7, Duration.ZERO)) {
            writer.awaitCommitted(3000);
            writer.stop();
            writer.assertUndisturbed();
            assertThat(writer.conflicts()).isPositive();
        }
        org.awaitility.Awaitility.await()
                .untilAsserted(() -> assertThat(database.value("""
                        SELECT coalesce(string_agg(relname, ', '), 'none') FROM pg_stat_user_tables
                         WHERE relname <> 'empty' AND (n_tup_ins = 0 OR n_tup_del = 0 AND relname <> 'seats')
                           AND relid NOT IN (SELECT partrelid FROM pg_partitioned_table)
                        """))
                        .as("tables without inserts or deletes")
                        .isEqualTo("seats"));
    }

    @Test
    void refusedWritesAreADefectUnlessExpected() {
        RandomWriter.createTables(database, 0);
        try (RandomWriter writer = RandomWriter.start(database, 2, 9)) {
            writer.awaitCommitted(50);
            writer.expectRefusals();
            database.run(
                    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public, app FROM CURRENT_USER");
            writer.awaitRefused();
            database.run("GRANT INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public, app TO CURRENT_USER");
            writer.expectWrites();
            writer.awaitCommitted(50);
            writer.assertUndisturbed();

            database.run(
                    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public, app FROM CURRENT_USER");
            writer.awaitRefused();
            assertThatThrownBy(writer::assertUndisturbed).hasMessageContaining("refused before a switch");
        }
    }

    @Test
    void longestTransactionTellsThatALockWasWaitedFor() throws SQLException {
        TpcB.createTables(database, 1, 1000);
        try (TpcB workload = TpcB.start(database, 1, 3);
                Connection locker = database.connect()) {
            workload.awaitCommitted(10);
            locker.setAutoCommit(false);
            locker.createStatement().execute("LOCK TABLE pgbench_branches IN EXCLUSIVE MODE");
            org.awaitility.Awaitility.await()
                    .until(() -> database.count("SELECT count(*) FROM pg_locks WHERE NOT granted"
                                    + " AND relation = 'pgbench_branches'::regclass")
                            > 0);
            locker.createStatement().execute("SELECT pg_sleep(0.7)");
            locker.rollback();
            workload.awaitCommitted(1);
            assertThat(workload.longestTransaction()).isGreaterThan(Duration.ofMillis(700));
            workload.forgetLongestTransaction();
            workload.awaitCommitted(10);
            assertThat(workload.longestTransaction()).isLessThan(Duration.ofMillis(700));
        }
    }
}
