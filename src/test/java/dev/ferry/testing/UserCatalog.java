package dev.ferry.testing;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What belongs to the user in a database, read by plain catalog queries that share nothing with the product. Formats are
 * pinned on each connection handed out, so that equal values have equal texts on every server.
 */
final class UserCatalog {
    /** Of a pg_namespace row called {@code n}. */
    static final String USER_SCHEMA =
            "n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'ferry', 'pscale_extensions')";

    private static final String PINNED = """
            SET search_path = '';
            SET client_encoding = 'UTF8';
            SET DateStyle = 'ISO, YMD';
            SET IntervalStyle = 'postgres';
            SET TimeZone = 'UTC';
            SET extra_float_digits = 3;
            SET bytea_output = 'hex';
            SET lc_monetary = 'C';
            SET row_security = off;
            """;

    private UserCatalog() {}

    /** The object {@code alias.oid} of a catalog is no member of an extension. */
    static String notInExtension(String catalog, String alias) {
        return "NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog." + catalog
                + "'::pg_catalog.regclass AND d.objid = " + alias + ".oid AND d.deptype = 'e')";
    }

    /** A superuser's connection with pinned formats, in a transaction with one snapshot. */
    static Connection snapshot(TestDatabase database) throws SQLException {
        Connection connection = database.superuser();
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(PINNED);
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("SELECT 1");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Each table that holds rows of its own (partitioned parents do not), with its columns in alphabetical order. */
    static SortedMap<String, List<String>> tables(Connection connection) throws SQLException {
        String sql = """
                SELECT pg_catalog.format('%I.%I', n.nspname, c.relname),
                       ARRAY(SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_attribute a
                              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                              ORDER BY a.attname COLLATE "C")
                  FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND %s AND %s
                """.replace("%s AND %s", USER_SCHEMA + " AND " + notInExtension("pg_class", "c"));
        SortedMap<String, List<String>> tables = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                Array columns = rows.getArray(2);
                tables.put(rows.getString(1), Arrays.asList((String[]) columns.getArray()));
            }
        }
        return tables;
    }

    /** The first column of every row, sorted. */
    static SortedSet<String> lines(Connection connection, String sql) throws SQLException {
        SortedSet<String> lines = new TreeSet<>();
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                lines.add(rows.getString(1));
            }
        }
        return lines;
    }

    static List<String> strings(Connection connection, String sql, Object... parameters) throws SQLException {
        List<String> values = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    values.add(rows.getString(1));
                }
            }
        }
        return values;
    }
}
