package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import org.junit.jupiter.api.Test;

class StoredKeyIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    /**
     * Without a primary key the unique index with fewest columns is chosen, then the oldest: (zone, number). On the target
     * pg_dump's order makes the other one older; on the source REINDEX CONCURRENTLY does, and then an index on one column
     * would be the best of all.
     */
    @Test
    void aTableKeepsItsKeyAtBothEndsWhateverBecomesOfItsIndexes() {
        source.run("""
                CREATE TABLE t (zone int NOT NULL, number int NOT NULL, alias int NOT NULL, v text NOT NULL,
                  CONSTRAINT z_first UNIQUE (zone, number), CONSTRAINT a_second UNIQUE (alias, zone));
                INSERT INTO t SELECT i % 10, i, i + 5, 'row ' || i FROM generate_series(1, 100) i;
                """);
        try (RunningMigration ferry = RunningMigration.between(source, target).inSync()) {
            assertThat(target.value("SELECT key_columns::text FROM ferry.table_copy"))
                    .isEqualTo("{zone,number}");
            source.run("REINDEX INDEX CONCURRENTLY z_first");
            source.run("CREATE UNIQUE INDEX single ON t (alias)");
            target.run("CREATE UNIQUE INDEX single ON t (alias)"); // else the definitions differ, which is told
            ferry.restart(null);
            change(source, "on the source");
            ferry.awaitReady();

            ferry.accepted(Action.SWITCH);
            RowComparison.assertEqual(source, target);
            change(target, "on the target");
            ferry.accepted(Action.REVERT);
            ferry.awaitReady();

            assertThat(target.count("SELECT count(*) FROM t WHERE v LIKE 'on the target%'"))
                    .isZero();
            RowComparison.assertEqual(source, target);
        }
    }

    private static void change(TestDatabase database, String note) {
        database.run("UPDATE t SET v = '%1$s' WHERE number BETWEEN 20 AND 40".formatted(note));
        database.run("DELETE FROM t WHERE number = (SELECT min(number) FROM t)");
        database.run("UPDATE t SET alias = -alias, v = '%1$s, moved' WHERE number BETWEEN 50 AND 55".formatted(note));
        database.run("INSERT INTO t SELECT 7, max(number) + 1, 5000 + max(number), '%1$s, new' FROM t".formatted(note));
    }
}
