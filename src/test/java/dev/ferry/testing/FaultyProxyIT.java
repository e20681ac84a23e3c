package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class FaultyProxyIT {
    private final TestDatabase database = PostgresServer.shared(15).herokuDatabase();

    private Connection connectThrough(FaultyProxy proxy) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", database.owner());
        properties.setProperty("password", database.password());
        properties.setProperty("connectTimeout", "3");
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + proxy.port() + "/" + database.name(), properties);
    }

    private static int one(Connection connection) throws SQLException {
        try (ResultSet row = connection.createStatement().executeQuery("SELECT 1")) {
            row.next();
            return row.getInt(1);
        }
    }

    @Test
    void cutsOpenConnectionsAndAcceptsNewOnes() throws SQLException {
        try (FaultyProxy proxy = FaultyProxy.before(database.server())) {
            assertThat(proxy.url(database)).contains(":" + proxy.port() + "/").isNotEqualTo(database.url());
            try (Connection cut = connectThrough(proxy)) {
                assertThat(one(cut)).isEqualTo(1);
                assertThat(proxy.connections()).isEqualTo(1);
                proxy.cutAll();
                assertThatThrownBy(() -> one(cut)).isInstanceOf(SQLException.class);
            }
            try (Connection next = connectThrough(proxy)) {
                assertThat(one(next)).isEqualTo(1);
            }
        }
    }

    @Test
    void refusesNewConnectionsUntilResumed() throws SQLException {
        try (FaultyProxy proxy = FaultyProxy.before(database.server());
                Connection open = connectThrough(proxy)) {
            proxy.refuse();
            assertThatThrownBy(() -> connectThrough(proxy)).isInstanceOf(SQLException.class);
            assertThat(one(open)).isEqualTo(1);
            proxy.resume();
            try (Connection next = connectThrough(proxy)) {
                assertThat(one(next)).isEqualTo(1);
            }
        }
    }

    @Test
    void holdsEverythingBackInTheBlackHole() throws Exception {
        try (FaultyProxy proxy = FaultyProxy.before(database.server());
                Connection open = connectThrough(proxy)) {
            assertThat(one(open)).isEqualTo(1);
            proxy.blackHole();
            CompletableFuture<Integer> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return one(open);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            Awaitility.await().during(Duration.ofMillis(700)).until(() -> !answer.isDone());
            proxy.resume();
            assertThat(answer.get(5, TimeUnit.SECONDS)).isEqualTo(1);
        }
    }

    @Test
    void delaysEachWay() throws SQLException {
        try (FaultyProxy proxy = FaultyProxy.before(database.server());
                Connection open = connectThrough(proxy)) {
            one(open);
            proxy.delay(Duration.ofMillis(150), Duration.ofMillis(150));
            long started = System.nanoTime();
            one(open);
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThan(Duration.ofMillis(300));
        }
    }
}
