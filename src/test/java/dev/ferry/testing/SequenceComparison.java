package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;

/** Compares where the sequences of two databases stand. */
public final class SequenceComparison {
    private SequenceComparison() {}

    private record Position(long lastValue, boolean called, long increment) {
        /** What nextval would give, were the sequence unbounded. */
        private long next() {
            return called ? lastValue + increment : lastValue;
        }
    }

    /** Every sequence stands at the same value. */
    public static void assertEqual(TestDatabase source, TestDatabase target) {
        assertThat(positions(target)).as("sequences of the target").isEqualTo(positions(source));
    }

    /** No sequence of the target would hand out a value that the source has handed out. */
    public static void assertNotBehind(TestDatabase source, TestDatabase target) {
        Map<String, Position> expected = positions(source);
        Map<String, Position> actual = positions(target);
        assertThat(actual.keySet()).as("sequences of the target").isEqualTo(expected.keySet());
        expected.forEach((name, position) -> {
            Position found = actual.getOrDefault(name, position);
            long lead = (found.next() - position.next()) * Long.signum(position.increment);
            assertThat(lead)
                    .as("sequence %s: lead of the target %s over the source %s", name, found, position)
                    .isGreaterThanOrEqualTo(0);
        });
    }

    private static Map<String, Position> positions(TestDatabase database) {
        String sql = """
                SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname), s.seqincrement
                  FROM pg_catalog.pg_sequence s
                  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE %s AND %s
                """.formatted(UserCatalog.USER_SCHEMA, UserCatalog.notInExtension("pg_class", "c"));
        Map<String, Position> positions = new TreeMap<>();
        try (Connection connection = UserCatalog.snapshot(database);
                Statement statement = connection.createStatement();
                ResultSet names = connection.createStatement().executeQuery(sql)) {
            while (names.next()) {
                String name = names.getString(1);
                try (ResultSet row = statement.executeQuery("SELECT last_value, is_called FROM " + name)) {
                    row.next();
                    positions.put(name, new Position(row.getLong(1), row.getBoolean(2), names.getLong(2)));
                }
            }
            return positions;
        } catch (SQLException e) {
            throw new IllegalStateException("sequences of " + database.name(), e);
        }
    }
}
