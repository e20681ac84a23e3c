package dev.ferry.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.SyncedPair;
import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys and values that are equal without being the same, and the other way round (RULES A4, E1, E3, E5, E6). */
class ValuesIT {
    private final SyncedPair pair = SyncedPair.create();

    @AfterEach
    void close() {
        pair.close();
    }

    private void both(String sql) {
        pair.heroku().run(sql);
        pair.planetScale().run(sql);
    }

    static Stream<Arguments> keys() {
        String nondeterministic =
                "CREATE COLLATION public.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);";
        return Stream.of(
                Arguments.of(
                        "citext",
                        "CREATE SCHEMA heroku_ext; CREATE EXTENSION citext SCHEMA heroku_ext;",
                        "heroku_ext.citext",
                        "'bob@x'",
                        "'Bob@x'"),
                Arguments.of(
                        "text with a nondeterministic collation",
                        nondeterministic,
                        "text COLLATE ci",
                        "'bob'",
                        "'BOB'"),
                Arguments.of("a domain over citext", """
                        CREATE EXTENSION citext;
                        CREATE DOMAIN mail AS citext CHECK (VALUE ~ '@');
                        """, "mail", "'bob@x'", "'BOB@X'"),
                Arguments.of("numeric", "", "numeric", "1.0", "1.00"),
                Arguments.of("numeric with a scale", "", "numeric(20, 3)", "1.5", "2.5"),
                Arguments.of("double precision", "", "float8", "'0'", "'-0'"),
                Arguments.of("char(n)", "", "char(8)", "'bob'", "'bob  '"),
                Arguments.of("char(n) of another length", "", "char(8)", "'bob'", "'bobby'"),
                Arguments.of("an enum", "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');", "mood", "'sad'", "'happy'"),
                Arguments.of(
                        "a domain", "CREATE DOMAIN positive AS int NOT NULL CHECK (VALUE > 0);", "positive", "1", "2"),
                Arguments.of("a domain over a domain", """
                        CREATE DOMAIN short AS varchar(5);
                        CREATE DOMAIN code AS short NOT NULL CHECK (VALUE <> '');
                        """, "code", "'a'", "'b'"),
                Arguments.of("a composite", "CREATE TYPE pair AS (a int, b text);", "pair", "'(1,x)'", "'(2,y)'"),
                Arguments.of("an array", "", "text[]", "'{NULL,\"NULL\"}'", "'{\"NULL\",NULL}'"),
                Arguments.of("a range", "", "int4range", "'[1,5)'", "'(0,4]'"),
                Arguments.of("a moment", "", "timestamptz", "'2024-03-10 02:30 America/New_York'", "'infinity'"),
                Arguments.of("an interval", "", "interval", "'1 day'", "'24 hours'"),
                Arguments.of("jsonb", "", "jsonb", "'{\"a\": 1.0}'", "'{\"a\": 1.00}'"),
                Arguments.of("bytea", "", "bytea", "'\\x00ff'", "'\\x'"),
                // Its operators are not where capture looks for names (RULES B2).
                Arguments.of(
                        "ltree",
                        "CREATE SCHEMA heroku_ext; CREATE EXTENSION ltree SCHEMA heroku_ext;",
                        "heroku_ext.ltree",
                        "'a.b'",
                        "'a.c'"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("keys")
    void aKeyThatChangesItsLookArrivesAsItIs(String what, String before, String type, String first, String second) {
        both(before);
        pair.schema("CREATE TABLE t (k %s PRIMARY KEY, v int NOT NULL)".formatted(type)
                        + "; CREATE TABLE two (a int, k %s, v int NOT NULL, PRIMARY KEY (k, a))".formatted(type))
                .captured();

        step("INSERT INTO t VALUES (%1$s, 1); INSERT INTO two VALUES (1, %1$s, 1), (2, %1$s, 1)".formatted(first));
        step("UPDATE t SET k = %1$s; UPDATE two SET k = %1$s WHERE a = 1".formatted(second));
        step("UPDATE t SET v = 2; UPDATE two SET v = 2");
        step("DELETE FROM t; DELETE FROM two WHERE a = 2; INSERT INTO t VALUES (%1$s, 3)".formatted(first));
        step("DELETE FROM t; INSERT INTO t VALUES (%1$s, 4); UPDATE two SET k = %2$s".formatted(second, first));
        step("DELETE FROM t; DELETE FROM two");
        assertThat(pair.planetScale().count("SELECT count(*) FROM t")).as(what).isZero();
    }

    /** By keys and not by a reload, which would hide how they are compared. */
    private void step(String sql) {
        pair.heroku().run(sql);
        SyncCycle.Result result = pair.cycle();
        assertThat(result.reloaded()).as(sql).isEmpty();
        assertThat(result.keys()).as(sql).isPositive();
        pair.assertEqual();
    }

    /** A table may have 1,600 columns; the key and the word on the row's presence would be too many in a stage. */
    @ParameterizedTest
    @ValueSource(ints = {1598, 1599, 1600})
    void aTableWithAsManyColumnsAsThereCanBeIsFollowed(int columns) {
        pair.schema("CREATE TABLE t (%s, k int PRIMARY KEY)"
                        .formatted(IntStream.range(1, columns)
                                .mapToObj(i -> "c" + i + " smallint")
                                .collect(Collectors.joining(", "))))
                .captured();

        step("INSERT INTO t (c1, c1000, k) SELECT i, -i, i FROM generate_series(1, 20) i");
        step("UPDATE t SET c1 = 7 WHERE k < 5; DELETE FROM t WHERE k = 6; UPDATE t SET k = 100 WHERE k = 7");
        step(
                "BEGIN; UPDATE t SET k = 0 WHERE k = 1; UPDATE t SET k = 1 WHERE k = 2; UPDATE t SET k = 2 WHERE k = 0; COMMIT");
        step("DELETE FROM t");
    }

    @Test
    void rowsOfATableWithoutColumnsAreCounted() {
        pair.schema("CREATE TABLE bare (); CREATE TABLE computed (g int GENERATED ALWAYS AS (5) STORED);"
                        + " CREATE TABLE computed_key (g int GENERATED ALWAYS AS (5) STORED PRIMARY KEY)")
                .captured();

        pair.heroku()
                .run("INSERT INTO bare DEFAULT VALUES; INSERT INTO bare DEFAULT VALUES;"
                        + " INSERT INTO computed DEFAULT VALUES; INSERT INTO computed_key DEFAULT VALUES");
        pair.cycle();
        pair.assertEqual();
        pair.heroku().run("DELETE FROM bare; DELETE FROM computed_key; INSERT INTO computed DEFAULT VALUES");
        pair.cycle();
        pair.assertEqual();
    }

    @Test
    void aUniqueKeyThatMayBeNullIsFollowedToo() {
        pair.schema("CREATE TABLE t (k text UNIQUE, v int)").captured();
        step("INSERT INTO t VALUES ('a', 1), ('b', 1)");
        pair.heroku().run("INSERT INTO t VALUES (NULL, 1), (NULL, 1); UPDATE t SET k = NULL WHERE k = 'a'");
        pair.cycle();
        pair.assertEqual();
        pair.heroku().run("UPDATE t SET k = 'c' WHERE ctid = (SELECT max(ctid) FROM t WHERE k IS NULL)");
        pair.cycle();
        pair.assertEqual();
        step("UPDATE t SET v = 5 WHERE k = 'c'");
    }

    @Test
    void uniqueValuesThatSwapRowsArrive() {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE, n int UNIQUE DEFERRABLE)")
                .captured();
        step("INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
        step("BEGIN; UPDATE t SET email = 'x' WHERE id = 1; UPDATE t SET email = 'a' WHERE id = 2;"
                + " UPDATE t SET email = 'b' WHERE id = 1; UPDATE t SET n = 4 - n; UPDATE t SET id = 9 WHERE id = 1;"
                + " UPDATE t SET id = 1 WHERE id = 3; UPDATE t SET id = 3 WHERE id = 9; COMMIT");
    }

    static Stream<Arguments> paths() {
        return Stream.of(Arguments.of("public", "public"), Arguments.of("app", "app, public"));
    }

    @ParameterizedTest(name = "functions in {0}")
    @MethodSource("paths")
    void checksAndIndexesWhoseFunctionsNameNoSchemaWorkWhileRowsAreApplied(String schema, String path) {
        for (TestDatabase end : new TestDatabase[] {pair.heroku(), pair.planetScale()}) {
            end.run("CREATE SCHEMA IF NOT EXISTS app");
            end.run("ALTER DATABASE " + end.name() + " SET search_path = " + path);
            end.run("""
                    CREATE TABLE %1$s.allowed (word text PRIMARY KEY);
                    INSERT INTO %1$s.allowed VALUES ('one'), ('two');
                    CREATE FUNCTION %1$s.plain(t text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
                      'BEGIN RETURN lower(t); END';
                    CREATE FUNCTION %1$s.normal(t text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
                      'BEGIN RETURN plain(t); END';
                    CREATE FUNCTION %1$s.is_allowed(t text) RETURNS boolean LANGUAGE plpgsql AS
                      'BEGIN RETURN EXISTS (SELECT FROM allowed WHERE word = normal(t)); END';
                    CREATE TABLE t (id int PRIMARY KEY, w text CHECK (is_allowed(w)));
                    CREATE UNIQUE INDEX ON t (normal(w));
                    """.formatted(schema));
        }
        pair.close();
        try (SyncedPair again =
                SyncedPair.between(pair.heroku(), pair.planetScale()).captured()) {
            again.heroku().run("INSERT INTO t VALUES (1, 'One'), (2, 'TWO')");
            again.cycle();
            again.assertEqual();
            again.heroku()
                    .run("BEGIN; DELETE FROM t WHERE id = 1; UPDATE t SET w = 'one' WHERE id = 2;"
                            + " INSERT INTO t VALUES (1, 'Two'); COMMIT");
            again.cycle();
            again.assertEqual();
        }
    }

    @Test
    void rowsThatAreGoneDoNotOffendADomainThatIsNotNull() {
        both("CREATE DOMAIN must AS text NOT NULL CHECK (VALUE <> ''); CREATE DOMAIN label AS varchar(3)");
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, m must, l label, n int NOT NULL, a must[])")
                .captured();
        step("INSERT INTO t SELECT i, 'm', 'abc', i, '{x}' FROM generate_series(1, 20) i");
        step(
                "DELETE FROM t WHERE id % 2 = 0; UPDATE t SET m = 'changed' WHERE id = 1; UPDATE t SET id = 100 WHERE id = 3");
    }

    /** A row whose columns are all NULL is a row: presence is not what {@code t IS NOT NULL} says. */
    @Test
    void aRowOfNullsIsPresent() {
        pair.schema("CREATE TABLE t (id int PRIMARY KEY, a text, b text); CREATE TABLE bare (id int PRIMARY KEY)")
                .captured();
        step("INSERT INTO t VALUES (1), (2); INSERT INTO bare VALUES (1), (2)");
        step("UPDATE t SET a = 'x' WHERE id = 1; DELETE FROM bare WHERE id = 2");
        step("UPDATE t SET a = NULL WHERE id = 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"keyless", "keyed"})
    void aReaderOnTheTargetKeepsItsRowsWhileATableIsReloaded(String table) throws SQLException {
        pair.schema("CREATE TABLE keyless (a int); CREATE TABLE keyed (a int PRIMARY KEY)")
                .captured();
        pair.heroku().run("INSERT INTO %1$s SELECT generate_series(1, 50)".formatted(table));
        pair.cycle();
        try (Connection reader = pair.planetScale().connect()) {
            reader.setAutoCommit(false);
            reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            assertThat(count(reader, "pg_class")).isPositive(); // takes the snapshot, and no lock on the table
            pair.heroku().run("TRUNCATE %1$s; INSERT INTO %1$s VALUES (1), (2)".formatted(table));

            assertThat(pair.cycle().reloaded()).hasSize(1);

            assertThat(count(reader, table)).isEqualTo(50);
            reader.commit();
            assertThat(count(reader, table)).isEqualTo(2);
        }
        pair.assertEqual();
    }

    private static long count(Connection connection, String table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void valuesPassWhateverTheDatabasesFormatsAre() {
        for (TestDatabase end : new TestDatabase[] {pair.heroku(), pair.planetScale()}) {
            boolean first = end.equals(pair.heroku());
            for (String setting : new String[] {
                "array_nulls = off",
                "xmloption = document",
                "DateStyle = " + (first ? "'SQL, DMY'" : "'German'"),
                "IntervalStyle = " + (first ? "'sql_standard'" : "'iso_8601'"),
                "extra_float_digits = " + (first ? "-10" : "0"),
                "bytea_output = 'escape'",
                "standard_conforming_strings = off",
                "TimeZone = " + (first ? "'Asia/Kathmandu'" : "'America/St_Johns'"),
                "client_encoding = 'LATIN1'",
                "row_security = on",
            }) {
                end.run("ALTER DATABASE " + end.name() + " SET " + setting);
            }
        }
        pair.schema("""
                        CREATE TABLE t (id int PRIMARY KEY, words text[], document xml, at timestamptz, day date, span interval,
                          ratio float8, real4 float4, bytes bytea, note text, j json, price money,
                          fast int GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (id * 2) STORED)
                        """).captured();
        step("""
                SET array_nulls = on; SET xmloption = content; SET standard_conforming_strings = on;
                SET client_encoding = 'UTF8'; SET DateStyle = 'ISO, YMD';
                INSERT INTO t (id, words, document, at, day, span, ratio, real4, bytes, note, j, price) VALUES
                  (1, ARRAY['NULL', NULL, 'null', ''], 'plain text', '2024-03-10 02:30:00.123456+05:45', '2024-02-01',
                   '-1 year 2 days -3 hours', 0.1 + 0.2, 0.1, '\\x00ff5c27', E'tab\\t \\\\ newline\\n größe €', '{"s":"\\u0000"}', '12.34'),
                  (2, '{}', '<a/><b/>', 'infinity', '-infinity', '1 mon -1 day', 'NaN', '-Infinity', '', '\\N', ' {"b" : 1, "b" : 2} ', -1),
                  (3, '[2:3]={a,"b\\"c"}', 'before <!-- c --> <a>x</a> after', '0044-03-15 12:00:00+00 BC', '5874897-12-31', '0', '-0', '1e-45',
                   '\\x5c', '\\.', 'null', '-92233720368547758.08'),
                  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
                """);
        step("UPDATE t SET id = id + 10, words = words || ARRAY['NULL', NULL]");
    }
}
