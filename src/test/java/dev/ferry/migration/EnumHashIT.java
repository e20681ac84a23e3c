package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import dev.ferry.verification.VerificationReport;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Hash partitions by enum: a row's leaf depends on the oids of the labels, which differ between servers (RULES E4). */
class EnumHashIT {
    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();
    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    private static String rows(TestDatabase database) {
        return database.value("SELECT string_agg(t::text, ' ' ORDER BY id, mood) FROM tree t");
    }

    @Test
    void aTreeHashedByAnEnumIsCopiedSyncedAndSwitchedThroughItsRoot() {
        source.run("""
                CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
                CREATE TABLE tree (id int, mood mood, v text, PRIMARY KEY (id, mood)) PARTITION BY HASH (mood);
                CREATE TABLE tree_0 PARTITION OF tree FOR VALUES WITH (MODULUS 3, REMAINDER 0);
                CREATE TABLE tree_1 PARTITION OF tree FOR VALUES WITH (MODULUS 3, REMAINDER 1);
                CREATE TABLE tree_2 PARTITION OF tree FOR VALUES WITH (MODULUS 3, REMAINDER 2);
                INSERT INTO tree SELECT i, (enum_range(NULL::mood))[1 + i % 8], 'row ' || i FROM generate_series(1, 200) i;
                """);
        try (RunningMigration migration =
                RunningMigration.between(source, target).inSync()) {
            assertThat(rows(target)).isEqualTo(rows(source));

            source.run("UPDATE tree SET mood = 'h' WHERE id % 5 = 0; DELETE FROM tree WHERE id % 7 = 0");
            source.run("INSERT INTO tree VALUES (1000, 'a', 'new')");
            await("the rows follow")
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(rows(target)).isEqualTo(rows(source)));

            source.run("TRUNCATE tree_1; UPDATE tree SET v = 'last' WHERE id < 20");
            migration.awaitReady();
            VerificationReport verified = migration.verified();
            assertThat(verified.state()).as(verified.toString()).isEqualTo("equal");
            migration.accepted(Action.SWITCH);
            assertThat(rows(target)).isEqualTo(rows(source));
        }
    }
}
