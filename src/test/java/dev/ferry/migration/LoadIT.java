package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Much at once: many who write, and one who writes much. */
class LoadIT {
    private static final int WRITERS = 300;
    private static final int ROWS_OF_A_LARGE_TRANSACTION = Integer.getInteger("ferry.test.large", 200_000);

    /** More of them than rows, so that they wait for each other; each with its own connection, all of them open at once. */
    @Test
    void threeHundredWritersAtOnce() throws Exception {
        try (PostgresServer server = PostgresServer.start(15, Map.of("max_connections", "350", "fsync", "off"))) {
            TestDatabase source = server.herokuDatabase();
            TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
            source.run("""
                    CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL, owner text UNIQUE);
                    CREATE TABLE entry (id bigserial PRIMARY KEY, account int NOT NULL, amount bigint NOT NULL);
                    CREATE TABLE unkeyed (writer int);
                    INSERT INTO account SELECT i, 0, 'owner ' || i FROM generate_series(1, 100) i;
                    """);
            try (RunningMigration ferry = RunningMigration.between(source, target)) {
                ferry.inSync();
                write(source);
                ferry.awaitReady();
                ferry.accepted(Action.SWITCH);

                assertThat(target.count("SELECT count(*) FROM unkeyed")).isEqualTo(WRITERS);
                assertThat(target.count("SELECT sum(balance) FROM account"))
                        .isEqualTo(source.count("SELECT sum(amount) FROM entry"));
                RowComparison.assertEqual(source, target);
            }
        }
    }

    private static void write(TestDatabase source) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        CountDownLatch connected = new CountDownLatch(WRITERS);
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            int writer = i;
            writers.add(threads.submit(() -> {
                try (Connection connection = source.connect();
                        Statement statement = connection.createStatement()) {
                    connected.countDown();
                    connected.await();
                    Random random = new Random(seed + writer);
                    for (int round = 0; round < 3; round++) {
                        int account = 1 + random.nextInt(100);
                        int amount = random.nextInt(1000);
                        statement.execute("BEGIN; UPDATE account SET balance = balance + %2$d WHERE id = %1$d;"
                                        .formatted(account, amount)
                                + " INSERT INTO entry (account, amount) VALUES (%d, %d); COMMIT"
                                        .formatted(account, amount));
                    }
                    statement.execute("INSERT INTO unkeyed VALUES (" + writer + ")");
                }
                return null;
            }));
        }
        for (Future<?> writer : writers) {
            writer.get();
        }
        threads.shutdown();
    }

    /**
     * All of it or nothing of it is on the target, at every look: as long as one cycle takes all, which is what the limit is
     * raised for. Above the limit the target catches up in parts, and says so.
     */
    @Test
    void oneTransactionOfVeryManyRows() {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        source.run("""
                CREATE TABLE item (id int PRIMARY KEY, v int NOT NULL);
                CREATE TABLE item_keyless (v int NOT NULL);
                INSERT INTO item SELECT i, 0 FROM generate_series(1, %1$d) i;
                """.formatted(ROWS_OF_A_LARGE_TRANSACTION));
        ScheduledExecutorService reader = Executors.newSingleThreadScheduledExecutor();
        try (RunningMigration ferry = RunningMigration.between(
                source, target, Map.of("ferry.sync.limit", Integer.toString(4 * ROWS_OF_A_LARGE_TRANSACTION)))) {
            ferry.inSync();
            Set<String> seen = ConcurrentHashMap.newKeySet();
            ScheduledFuture<?> looks = reader.scheduleWithFixedDelay(
                    () -> seen.add(target.value(
                            "SELECT min(v) || ' ' || max(v) || ' ' || (SELECT count(*) FROM item_keyless) FROM item")),
                    0,
                    50,
                    TimeUnit.MILLISECONDS);
            await("a look").until(() -> seen.contains("0 0 0"));

            source.run("BEGIN; UPDATE item SET v = 1; INSERT INTO item_keyless VALUES (1);"
                    + " UPDATE item SET id = -id WHERE id % 2 = 0; COMMIT");

            await("the transaction on the target")
                    .atMost(Duration.ofMinutes(3))
                    .until(() -> looks.isDone() || seen.contains("1 1 1"));
            assertThat(seen).containsExactlyInAnyOrder("0 0 0", "1 1 1");
            ferry.awaitEqual();
        } finally {
            reader.shutdownNow();
        }
    }
}
