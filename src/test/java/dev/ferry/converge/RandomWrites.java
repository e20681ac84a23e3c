package dev.ferry.converge;

import dev.ferry.converge.Relation.Column;
import dev.ferry.testing.TestDatabase;
import dev.ferry.testing.Workload;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Random transactions on the tables of a {@link RandomSchema}, over so few keys that every row is met again and again. What
 * a constraint refuses is part of the game; the rest of its transaction goes on behind a savepoint, or is rolled back.
 */
final class RandomWrites extends Workload {
    private static final Set<String> REFUSED_BY_THE_SCHEMA =
            Set.of("23502", "23503", "23505", "23514", "23P01", "21000", "0A000", "27000", "55P03", "55006", "55000");

    private final List<Relation> relations;
    private final AtomicLong statements;
    private volatile boolean brief;

    private RandomWrites(
            TestDatabase database, List<Relation> relations, long seed, int threads, AtomicLong statements) {
        super(database, seed, threads, Duration.ofMillis(1));
        this.relations = relations;
        this.statements = statements;
    }

    /** @param statements counts those that went through */
    static RandomWrites start(
            TestDatabase database, List<Relation> relations, long seed, int threads, AtomicLong statements) {
        RandomWrites writes = new RandomWrites(database, relations, seed, threads, statements);
        writes.begin();
        return writes;
    }

    /** From now on no transaction is left open on purpose: a switch waits for each. */
    void beBrief() {
        brief = true;
    }

    @Override
    protected void prepare(Connection connection, int thread) throws SQLException {
        run(connection, "SET TimeZone = 'Pacific/Chatham'");
        run(connection, "SET lock_timeout = '300ms'");
        run(connection, "SET synchronous_commit = " + (thread % 2 == 0 ? "on" : "off"));
        run(connection, "SET extra_float_digits = 0");
    }

    @Override
    protected boolean transaction(Connection connection, Random random) throws SQLException {
        connection.setTransactionIsolation(
                switch (random.nextInt(6)) {
                    case 0 -> Connection.TRANSACTION_REPEATABLE_READ;
                    case 1 -> Connection.TRANSACTION_SERIALIZABLE;
                    default -> Connection.TRANSACTION_READ_COMMITTED;
                });
        try {
            int steps = 1 + random.nextInt(6);
            for (int i = 0; i < steps; i++) {
                step(connection, random);
            }
            if (!brief && random.nextInt(40) == 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20 + random.nextInt(300)));
                step(connection, random);
            }
            if (!brief && random.nextInt(60) == 0) {
                prepareAndDecide(connection, random);
                return true;
            }
            run(connection, "SET CONSTRAINTS ALL IMMEDIATE");
        } catch (SQLException e) {
            if (!REFUSED_BY_THE_SCHEMA.contains(String.valueOf(e.getSQLState()))) {
                throw e;
            }
            return false;
        }
        return random.nextInt(12) != 0;
    }

    private void step(Connection connection, Random random) throws SQLException {
        Savepoint savepoint = random.nextInt(3) == 0 ? null : connection.setSavepoint();
        try {
            statements(connection, random);
            if (savepoint != null && random.nextInt(5) == 0) {
                connection.rollback(savepoint);
            } else if (savepoint != null) {
                connection.releaseSavepoint(savepoint);
            }
        } catch (SQLException e) {
            if (savepoint == null || !REFUSED_BY_THE_SCHEMA.contains(String.valueOf(e.getSQLState()))) {
                throw e;
            }
            connection.rollback(savepoint);
        }
    }

    /** The transaction outlives its session's interest in it; another one could decide on it. */
    private static void prepareAndDecide(Connection connection, Random random) throws SQLException {
        String name =
                "'converge " + random.nextLong() + " " + Thread.currentThread().getName() + "'";
        run(connection, "PREPARE TRANSACTION " + name);
        connection.commit();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(60)));
        connection.setAutoCommit(true);
        try {
            run(connection, (random.nextInt(4) == 0 ? "ROLLBACK PREPARED " : "COMMIT PREPARED ") + name);
        } finally {
            connection.setAutoCommit(false);
        }
    }

    private void statements(Connection connection, Random random) throws SQLException {
        Relation relation = relations.get(random.nextInt(relations.size()));
        String name = relation.anyName(random);
        Column key = relation.key();
        switch (random.nextInt(40)) {
            case 0, 1, 2, 3, 4, 5, 6 -> write(connection, RandomSchema.insert(relation, name, random));
            case 7, 8, 9 -> write(connection, RandomSchema.insert(relation, name, random) + " ON CONFLICT DO NOTHING");
            case 10, 11 -> {
                for (int i = 0; i < 5; i++) {
                    write(connection, RandomSchema.insert(relation, name, random) + " ON CONFLICT DO NOTHING");
                }
            }
            case 12, 13, 14, 15, 16 -> {
                Column column =
                        relation.columns().get(random.nextInt(relation.columns().size()));
                write(connection, update(name, column, column.value(random)) + where(key, random));
            }
            case 17, 18, 19, 20, 21 -> {
                Column column =
                        relation.moving().get(random.nextInt(relation.moving().size()));
                write(connection, update(name, column, column.value(random)) + where(key, random));
            }
            case 22, 23 -> write(connection, "UPDATE " + name + " SET n = (n + 1) % 1000" + third(random));
            case 24, 25, 26, 27 -> write(connection, "DELETE FROM " + name + where(key, random));
            case 28, 29, 30 -> {
                String where = where(key, random);
                write(connection, "DELETE FROM " + name + where);
                write(connection, RandomSchema.insert(relation, name, random) + " ON CONFLICT DO NOTHING");
            }
            case 31, 32, 33 -> swapThroughAThird(connection, name, moving(relation, random), random);
            case 34, 35 -> swapAtOnce(connection, name, moving(relation, random), random);
            case 36 -> merge(connection, relation, name, random);
            case 37 -> write(connection, "DELETE FROM " + name + third(random));
            case 38 ->
                // Every row anew, its values handed on to others.
                write(
                        connection,
                        "WITH gone AS (DELETE FROM " + name + third(random) + " RETURNING n) UPDATE " + name
                                + " SET n = (SELECT count(*) FROM gone)" + where(key, random));
            default -> {
                if (random.nextInt(3) == 0) {
                    write(connection, "TRUNCATE " + name + (random.nextBoolean() ? " CASCADE" : ""));
                }
            }
        }
    }

    private static Column moving(Relation relation, Random random) {
        return relation.moving().get(random.nextInt(relation.moving().size()));
    }

    private static String update(String name, Column column, String value) {
        return "UPDATE " + name + " SET " + column.name() + " = " + value;
    }

    private static String where(Column key, Random random) {
        return key.nullable() && random.nextInt(8) == 0
                ? " WHERE k IS NULL"
                : " WHERE k = " + key.domain().literal().apply(random.nextInt(key.values()));
    }

    private static String third(Random random) {
        return " WHERE n % 3 = " + random.nextInt(3);
    }

    private void swapThroughAThird(Connection connection, String name, Column column, Random random)
            throws SQLException {
        String a = column.domain().literal().apply(random.nextInt(column.values()));
        String b = column.domain().literal().apply(random.nextInt(column.values()));
        String where = " WHERE " + column.name() + " = ";
        write(connection, update(name, column, column.spare()) + where + a);
        write(connection, update(name, column, a) + where + b);
        write(connection, update(name, column, b) + where + column.spare());
    }

    /** Possible in one statement where the constraint is checked later. */
    private void swapAtOnce(Connection connection, String name, Column column, Random random) throws SQLException {
        String a = column.domain().literal().apply(random.nextInt(column.values()));
        String b = column.domain().literal().apply(random.nextInt(column.values()));
        String c = column.name();
        write(
                connection,
                update(name, column, "CASE WHEN %s = %s THEN %s ELSE %s END".formatted(c, a, b, a))
                        + " WHERE %s IN (%s, %s)".formatted(c, a, b));
    }

    private void merge(Connection connection, Relation relation, String name, Random random) throws SQLException {
        String columns = RandomSchema.insert(relation, name, random).substring(("INSERT INTO " + name).length());
        write(
                connection,
                "MERGE INTO %s t USING (SELECT %s AS key) s ON t.k = s.key"
                                .formatted(
                                        name,
                                        relation.key()
                                                .domain()
                                                .literal()
                                                .apply(random.nextInt(
                                                        relation.key().values())))
                        + (random.nextBoolean() ? " WHEN MATCHED AND n % 2 = 0 THEN DELETE" : "")
                        + " WHEN MATCHED THEN UPDATE SET n = 7, v = 'merged' WHEN NOT MATCHED THEN INSERT" + columns);
    }

    private void write(Connection connection, String sql) throws SQLException {
        run(connection, sql);
        statements.incrementAndGet();
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        } catch (SQLException e) {
            throw new SQLException(String.format(Locale.ROOT, "%s [%.300s]", e.getMessage(), sql), e.getSQLState(), e);
        }
    }
}
