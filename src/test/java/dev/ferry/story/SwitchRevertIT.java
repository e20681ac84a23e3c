package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.testing.AccessRights;
import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SampleTables;
import dev.ferry.testing.SchemaComparison;
import dev.ferry.testing.SequenceComparison;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.SortedSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SwitchRevertIT {
    private static final int WRITES = 1000;
    private static final int ORDERS = 3000;

    private final TestDatabase source = PostgresServer.shared(15).herokuDatabase();

    @ParameterizedTest(name = "session_replication_role may be set: {0}")
    @ValueSource(booleans = {true, false})
    void everyRowIsEqualAfterSwitchWritesRevertWritesSwitch(boolean mayReplicate) throws SQLException {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(mayReplicate);
        SampleTables.create(source, ORDERS);
        source.run("CREATE TABLE keyless (a int, b text); INSERT INTO keyless VALUES (1, 'x'), (1, 'x')");
        SortedSet<String> triggers = SchemaComparison.triggers(source);
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            ferry.awaitInSync();
            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
            assertThat(SchemaComparison.triggers(target)).isEqualTo(triggers);
            long firstNewId = source.count("SELECT last_value FROM orders_id_seq") + 1;

            write(target, firstNewId, "written on the target");
            target.run("INSERT INTO keyless VALUES (2, 'on the target'); DELETE FROM keyless WHERE a = 1");
            Awaitility.await("the rows written on the target are counted")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> ferry.status().path("target_changes").longValue(0) > 0);
            ferry.revertSwitch();
            assertThatThrownBy(() -> target.run("INSERT INTO customers (email) VALUES ('late@example.com')"))
                    .as("an app that has not heard of the revert")
                    .hasStackTraceContaining(
                            "this database is a copy that Ferry keeps in sync: writes to public.customers are refused");
            write(source, firstNewId, "written on the source");
            source.run("INSERT INTO keyless VALUES (3, 'on the source')");

            ferry.switchTraffic();
            RowComparison.assertEqual(source, target);
            SequenceComparison.assertNotBehind(source, target);
            SchemaComparison.assertEqual(source, target);
            assertThat(target.count("SELECT count(*) FROM orders WHERE note = 'written on the target'"))
                    .isZero();
            assertThat(target.count("SELECT count(*) FROM orders WHERE note = 'written on the source'"))
                    .isPositive();
            ferry.assertNoStackTrace();
        }
    }

    /** Inserts, updates and deletes, each in a transaction of its own, the same rows on either end. */
    private static void write(TestDatabase database, long firstNewId, String note) throws SQLException {
        String[] statements = {
            "INSERT INTO orders (id, customer_id, total, note) VALUES (?, 1, 5, ?)",
            "UPDATE orders SET note = ? WHERE id = ?",
            "DELETE FROM orders WHERE id = ?",
            "INSERT INTO customers (email, name) VALUES (?, ?)",
        };
        long unique = database.count("SELECT max(id) FROM customers");
        try (Connection connection = database.connect()) {
            for (int i = 0; i < WRITES; i++) {
                try (PreparedStatement statement = connection.prepareStatement(statements[i % 4])) {
                    switch (i % 4) {
                        case 0 -> {
                            statement.setLong(1, firstNewId + i);
                            statement.setString(2, note);
                        }
                        case 1 -> {
                            statement.setString(1, note);
                            statement.setLong(2, i);
                        }
                        case 2 -> statement.setLong(1, 1000 + i);
                        default -> {
                            statement.setString(1, "new" + (unique + i) + "@example.com");
                            statement.setString(2, note);
                        }
                    }
                    assertThat(statement.executeUpdate()).isEqualTo(1);
                }
            }
        }
    }

    @org.junit.jupiter.api.Test
    void everyRightIsGoneAfterSwitchAndBackAfterRevert() throws SQLException {
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        SampleTables.create(source, 100);
        String alice = source.name() + "_alice";
        String bob = source.name() + "_bob";
        String carol = source.name() + "_carol";
        source.runAsSuperuser(
                "CREATE ROLE " + alice + " LOGIN; CREATE ROLE " + bob + " LOGIN; CREATE ROLE " + carol + " LOGIN");
        source.run("CREATE TABLE open_to_all (id int PRIMARY KEY); GRANT SELECT, INSERT ON open_to_all TO PUBLIC");
        source.run("CREATE TABLE never_granted (id int PRIMARY KEY)");
        source.run("GRANT SELECT, INSERT ON customers TO " + alice + " WITH GRANT OPTION");
        source.run("GRANT SELECT (id, note), UPDATE (note) ON orders TO " + carol);
        source.run("GRANT UPDATE (total) ON orders TO " + carol + " WITH GRANT OPTION");
        source.run("GRANT USAGE ON SEQUENCE customers_id_seq TO PUBLIC");
        source.run("GRANT DELETE, TRUNCATE, REFERENCES, TRIGGER ON orders TO " + bob);
        try (Connection granting = source.connectAs(alice, "any")) {
            granting.createStatement().execute("GRANT INSERT ON customers TO " + bob);
        }
        SortedSet<String> rights = AccessRights.of(source);
        assertThat(rights).contains("public.customers " + bob + " INSERT by " + alice);

        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            ferry.awaitInSync();
            assertThat(AccessRights.of(source)).as("capture changes no right").isEqualTo(rights);
            for (int round = 0; round < 2; round++) {
                ferry.switchTraffic();
                assertRefused(source.owner(), "INSERT INTO customers (id, email) VALUES (-1, 'o')");
                assertRefused(source.owner(), "TRUNCATE orders");
                assertRefused(source.owner(), "INSERT INTO never_granted VALUES (1)");
                assertRefused(alice, "INSERT INTO customers (id, email) VALUES (-2, 'a')");
                assertRefused(bob, "INSERT INTO customers (id, email) VALUES (-3, 'b')");
                assertRefused(bob, "DELETE FROM orders");
                assertRefused(bob, "INSERT INTO open_to_all VALUES (1)");
                assertRefused(carol, "UPDATE orders SET note = 'x'");
                assertRefused(carol, "UPDATE orders SET total = 1");
                ferry.revertSwitch();
                assertThat(AccessRights.of(source)).isEqualTo(rights);
            }
            allow(bob, "INSERT INTO customers (id, email) VALUES (-3, 'b')");
            allow(carol, "UPDATE orders SET note = 'x' WHERE id = 1");
            allow(source.owner(), "INSERT INTO never_granted VALUES (1)");
        }
    }

    private void assertRefused(String role, String write) throws SQLException {
        try (Connection connection = source.connectAs(role, "any")) {
            assertThatThrownBy(() -> connection.createStatement().execute(write))
                    .as("%s as %s", write, role)
                    .isInstanceOf(SQLException.class)
                    .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isIn("42501", "25006", "P0001"));
        }
    }

    private void allow(String role, String write) throws SQLException {
        try (Connection connection = source.connectAs(role, "any")) {
            connection.createStatement().execute(write);
        }
    }
}
