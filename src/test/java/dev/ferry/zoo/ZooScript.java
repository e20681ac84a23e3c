package dev.ferry.zoo;

import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.postgresql.PGConnection;

/**
 * Statements of every kind against the {@link Zoo}, in passes: each pass runs all of them, in sessions whose settings are
 * odd and differ from pass to pass. One after the other, so that a pass always does the same.
 */
public final class ZooScript {
    /** A title that begins a group of statements. */
    private static final String GROUP = "(?m)^-- >> ";

    /** Only an owner may run these, and some in no transaction. */
    private static final Set<String> OWNERS = Set.of(
            "TRUNCATE ... RESTART IDENTITY",
            "Two phases, first",
            "Two phases, second",
            "VACUUM FULL",
            "CLUSTER",
            "Rows that a rewrite moved",
            "VACUUM");

    /** As an app, a psql of somebody's or a loader might have set them. */
    private static final List<String> SETTINGS = List.of(
            "SET IntervalStyle = 'sql_standard'; SET bytea_output = 'escape';"
                    + " SET extra_float_digits = -15; SET TimeZone = 'Asia/Kathmandu'; SET search_path = ''",
            "SET IntervalStyle = 'iso_8601'; SET extra_float_digits = 0;"
                    + " SET TimeZone = '-11:30'; SET synchronous_commit = off; SET ROLE %s; SET search_path = \"Ferry\", pg_temp",
            "SET IntervalStyle = 'postgres_verbose'; SET TimeZone = 'America/St_Johns';"
                    + " SET array_nulls = on; SET search_path = ext, vals, zoo, public; SET default_transaction_isolation = 'serializable'",
            "SET row_security = off; SET lc_monetary = 'C'; SET search_path = public, ext; SET enable_seqscan = off;"
                    + " SET session_replication_role = 'replica'");

    private static final List<String> DATE_STYLES = List.of("'SQL, DMY'", "'Postgres, MDY'", "'German'", "'ISO, DMY'");

    /** The last one's: a loader that foreign keys do not bind, so for tables that have none. */
    private static final int SUPERUSERS = 3;

    private final Zoo zoo;
    private final int rowsOfALargeTransaction;

    public ZooScript(Zoo zoo, int rowsOfALargeTransaction) {
        this.zoo = zoo;
        this.rowsOfALargeTransaction = rowsOfALargeTransaction;
    }

    /** Runs all of it once. */
    public void run(int pass) {
        String[] groups = Zoo.resource("script.sql").split(GROUP);
        for (int i = 1; i < groups.length; i++) {
            String title = groups[i].lines().findFirst().orElseThrow();
            String sql = groups[i]
                    .substring(title.length())
                    .replace("${n}", Integer.toString(pass))
                    .replace("${large}", Integer.toString(rowsOfALargeTransaction))
                    .replace("${database}", zoo.database().name());
            List<String> statements = Stream.of(sql.split(";\\s*\n"))
                    .filter(statement -> !statement.isBlank())
                    .toList();
            if (OWNERS.contains(title)) {
                alone(title, statements);
            } else {
                session((i + pass) % SUPERUSERS, title, statements);
            }
        }
        for (KeyKind kind : KeyKind.ALL) {
            session(pass, "key of " + kind.name(), kind.moves(pass));
        }
        for (String table : valueTables()) {
            session(pass, "values of " + table, values(table, pass));
        }
        copy(pass);
    }

    private void session(int number, String title, List<String> statements) {
        int settings = number % SETTINGS.size();
        String user = settings == SUPERUSERS ? "postgres" : zoo.database().owner();
        try (Connection connection = zoo.open(user);
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(SETTINGS.get(settings).formatted(zoo.writer()));
            for (String sql : statements) {
                // The driver ends a connection whose DateStyle it learns is not ISO; it learns of it after each
                // message.
                statement.execute(
                        "SET DateStyle = %s; %s; SET DateStyle = 'ISO, MDY'".formatted(DATE_STYLES.get(settings), sql));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(title + ", settings " + settings, e);
        }
    }

    /** Statements that may be part of no transaction. */
    private void alone(String title, List<String> statements) {
        try (Connection connection = zoo.open(zoo.database().owner());
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(title, e);
        }
    }

    private List<String> valueTables() {
        return List.of(zoo.database()
                .value("SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class"
                        + " WHERE relnamespace = 'vals'::regnamespace AND relkind = 'r'")
                .split(","));
    }

    /** Each value becomes a row more, and some change their place. The 64 MB go once. */
    private static List<String> values(String table, int pass) {
        if (table.equals("texts_without_key")) {
            return List.of(
                    "DELETE FROM vals.%1$s WHERE a = ''; INSERT INTO vals.%1$s VALUES ('', '', '')".formatted(table));
        }
        return List.of(
                """
                BEGIN;
                CREATE TEMPORARY TABLE moved ON COMMIT DROP AS SELECT * FROM vals.%1$s WHERE id BETWEEN 1 AND 45;
                UPDATE moved SET id = id + 10000 * %2$d;
                INSERT INTO vals.%1$s SELECT * FROM moved;
                COMMIT
                """.formatted(table, pass),
                "UPDATE vals.%1$s SET id = -id WHERE id %% 3 = %2$d %% 3 AND (id <> 50 OR %2$d = 3)"
                        .formatted(table, pass),
                "DELETE FROM vals.%1$s WHERE id > 10000 AND id %% 7 = 1".formatted(table));
    }

    private void copy(int pass) {
        String rows = IntStream.range(0, 500)
                .mapToObj(i -> 1_000_000 * pass + i + "\t" + i + "\n")
                .collect(Collectors.joining());
        try (Connection connection = zoo.open(zoo.database().owner())) {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY zoo.bulk (id, v) FROM STDIN", new StringReader(rows));
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(
                            "COPY zoo.hashed FROM STDIN WITH (FORMAT csv)",
                            new StringReader("-%1$d,\"a\"\"b\",1\n-%1$d,,2\n-%1$d,\"\",3\n"
                                    .formatted(pass)
                                    .replace(",,", ",\" \",")));
        } catch (SQLException | IOException e) {
            throw new IllegalStateException("COPY", e);
        }
    }

    /** A transaction that goes on while cycles pass, over tables of several kinds; to be committed by the caller. */
    public Connection openTransaction() {
        List<String> statements = new ArrayList<>(List.of(
                "BEGIN",
                "INSERT INTO zoo.customers VALUES (-100, NULL, NULL, 0, 'patient')",
                "INSERT INTO zoo.orders VALUES (-100, -100, 0)",
                "SAVEPOINT a",
                "INSERT INTO zoo.keyless VALUES (-100, 'patient')",
                "INSERT INTO zoo.ranged VALUES (-100, '2025-02-03', 'patient', 0)",
                "ROLLBACK TO a",
                "INSERT INTO zoo.ranged VALUES (-100, '2025-02-03', 'patient too', 0)",
                "INSERT INTO zoo.columns_1600 (c1600) VALUES (-100)"));
        try {
            Connection connection = zoo.open(zoo.database().owner());
            try (Statement statement = connection.createStatement()) {
                for (String sql : statements) {
                    statement.execute(sql);
                }
            }
            return connection;
        } catch (SQLException e) {
            throw new IllegalStateException("a long transaction", e);
        }
    }
}
