package dev.ferry.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ShopIT {
    private TestDatabase database;

    @BeforeEach
    void createShop() {
        database = PostgresServer.shared(15).herokuDatabase();
        Shop.create(database, 6_000);
    }

    @Test
    void holdsAboutAsManyRowsAsAskedForInEachOfItsTables() {
        assertThat(Shop.rows(database)).isBetween(5_400L, 7_000L);
        assertThat(Shop.TABLES)
                .allSatisfy(table -> assertThat(database.count("SELECT count(*) FROM " + table))
                        .as(table)
                        .isPositive());
        assertThat(database.count("""
                        SELECT count(*)
                          FROM pg_tables
                         WHERE schemaname IN ('public', 'analytics')""")).isEqualTo(Shop.TABLES.size());
    }

    @Test
    void isOwnedByARoleThatIsNoSuperuser() {
        assertThat(database.count("""
                        SELECT count(*)
                          FROM pg_class AS c
                          JOIN pg_roles AS r ON r.oid = c.relowner
                         WHERE c.relkind = 'r' AND r.rolname = ? AND NOT r.rolsuper""", database.owner())).isEqualTo(Shop.TABLES.size());
    }

    @Test
    void itsTotalsAgreeBeforeAndAfterTraffic() {
        assertTotalsAgree();

        try (ShopTraffic traffic = traffic(3, 0)) {
            await().atMost(Duration.ofSeconds(60)).until(() -> traffic.counts().committed() > 2_000);
            traffic.pause();

            assertThat(traffic.firstFailure()).isEmpty();
            assertThat(traffic.counts().refused()).isZero();
            assertThat(traffic.counts().connectionsLost()).isZero();
            assertThat(traffic.longestWrite()).isPositive();
            assertTotalsAgree();
            traffic.resume();
        }
    }

    @Test
    void eachKindOfTransactionChangesRows() throws Exception {
        Random random = new Random(seed());
        for (ShopTransaction transaction : ShopTransaction.values()) {
            assertThat(changesOf(transaction, random)).as(transaction.name()).isPositive();
        }
    }

    @Test
    void pauseReturnsOnceNoTransactionIsOpen() {
        try (ShopTraffic traffic = traffic(2, 0)) {
            await().until(() -> traffic.counts().committed() > 50);
            traffic.pause();
            long committed = traffic.counts().committed();

            assertThat(database.count(
                            "SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND xact_start IS NOT NULL"
                                    + " AND application_name = 'app'",
                            database.name()))
                    .isZero();
            assertThat(traffic.counts().committed()).isEqualTo(committed);

            traffic.resume();
            await().until(() -> traffic.counts().committed() > committed);
        }
    }

    @Test
    void trafficSurvivesRefusedWritesAndLostConnections() {
        try (ShopTraffic traffic = traffic(2, 200)) {
            await().until(() -> traffic.counts().committed() > 20);

            setRights("REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s FROM %s");
            await().until(() -> traffic.counts().refused() > 3);
            assertThat(traffic.unavailableFor()).isNotNull();
            setRights("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s TO %s");
            await().until(() -> traffic.unavailableFor() == null);

            long committed = traffic.counts().committed();
            database.runAsSuperuser("""
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name = 'app'""");
            await().until(() -> traffic.counts().connectionsLost() > 0);
            await().until(() -> traffic.counts().committed() > committed + 20);
            assertThat(traffic.firstFailure()).isEmpty();
        }
    }

    @Test
    void trafficMovesToAnotherDatabase() {
        TestDatabase other = PostgresServer.shared(15).herokuDatabase();
        Shop.create(other, 1_000);
        long orders = other.count("SELECT max(id) FROM orders");
        try (ShopTraffic traffic = traffic(2, 200)) {
            await().until(() -> traffic.counts().committed() > 20);

            traffic.moveTo(other::connect);

            await().until(() -> other.count("SELECT max(id) FROM orders") > orders);
            await().until(() -> database.count(
                            "SELECT count(*) FROM pg_stat_activity WHERE datname = ?" + " AND application_name = 'app'",
                            database.name())
                    == 0);
            assertThat(traffic.firstFailure()).isEmpty();
        }
    }

    private ShopTraffic traffic(int workers, int transactionsPerSecond) {
        return ShopTraffic.start(database::connect, seed(), workers, transactionsPerSecond, System.out::println);
    }

    private static long seed() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        return seed;
    }

    private void setRights(String statement) {
        for (String schema : List.of("public", "analytics")) {
            database.run(statement.formatted(schema, database.owner()));
        }
    }

    /** Rows changed by a few goes at one kind of transaction, all rolled back. */
    private long changesOf(ShopTransaction transaction, Random random) throws Exception {
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < 40; i++) {
                transaction.run(connection, random);
            }
            try (var row = statement.executeQuery("""
                    SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_xact_user_tables""")) {
                row.next();
                return row.getLong(1);
            } finally {
                connection.rollback();
            }
        }
    }

    private void assertTotalsAgree() {
        assertThat(database.count("""
                        SELECT count(*)
                          FROM orders AS o
                         WHERE total <> (SELECT coalesce(sum(total), 0) FROM order_items WHERE order_id = o.id)"""))
                .as("orders whose total is not that of their items")
                .isZero();
        assertThat(database.count("""
                        SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated""")).as("foreign keys").isEqualTo(16);
        for (String orphans : List.of(
                "order_items AS c LEFT JOIN orders AS p ON p.id = c.order_id",
                "payments AS c LEFT JOIN orders AS p ON p.id = c.order_id",
                "addresses AS c LEFT JOIN customers AS p ON p.id = c.customer_id",
                "reviews AS c LEFT JOIN products AS p ON p.id = c.product_id",
                "products_tags AS c LEFT JOIN products AS p ON p.id = c.product_id")) {
            assertThat(database.count("SELECT count(*) FROM " + orphans + " WHERE p.id IS NULL"))
                    .as(orphans)
                    .isZero();
        }
    }
}
