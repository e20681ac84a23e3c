package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowComparisonIT {
    private static final String TABLES = """
            CREATE SCHEMA "Other";
            CREATE TABLE keyed (id int PRIMARY KEY, body text, f double precision, raw bytea, n numeric);
            INSERT INTO keyed SELECT i, 'body ' || i, 0, 'abc', 1.0 FROM generate_series(1, 1000) i;
            CREATE TABLE "Other"."Key Less" (a int, b text);
            INSERT INTO "Other"."Key Less" VALUES (1, 'x'), (1, 'x'), (2, NULL), (3, '');
            CREATE TABLE parted (id int, r text) PARTITION BY LIST (r);
            CREATE TABLE parted_a PARTITION OF parted FOR VALUES IN ('a');
            CREATE TABLE parted_b PARTITION OF parted DEFAULT;
            INSERT INTO parted VALUES (1, 'a'), (2, 'b');
            CREATE TABLE parent (id int);
            CREATE TABLE child () INHERITS (parent);
            INSERT INTO child VALUES (7);
            CREATE TABLE wide (id int, total int GENERATED ALWAYS AS (id * 2) STORED);
            INSERT INTO wide VALUES (4);
            CREATE TABLE nothing ();
            CREATE SEQUENCE counter;
            SELECT nextval('counter'), nextval('counter');
            """;

    private TestDatabase source;
    private TestDatabase target;

    @BeforeEach
    void makeTwoEqualDatabases() {
        source = PostgresServer.shared(15).herokuDatabase();
        target = PostgresServer.shared(18).planetScaleDatabase(true);
        source.run(TABLES);
        target.run(TABLES);
    }

    @Test
    void findsEqualRowsEqualAcrossMajorVersionsAndColumnOrders() {
        target.run("ALTER TABLE keyed DROP COLUMN body; ALTER TABLE keyed ADD COLUMN body text;"
                + " UPDATE keyed SET body = 'body ' || id");

        RowComparison.assertEqual(source, target);
        SequenceComparison.assertEqual(source, target);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE keyed SET body = 'body 50!' WHERE id = 500",
                "UPDATE keyed SET raw = 'abd' WHERE id = 1000",
                "UPDATE keyed SET f = '-0' WHERE id = 1",
                "UPDATE keyed SET f = 5e-324 WHERE id = 1",
                "UPDATE keyed SET n = 1.00 WHERE id = 3",
                "DELETE FROM keyed WHERE id = 1000",
                "INSERT INTO keyed VALUES (0)",
                "UPDATE keyed SET id = 2000 WHERE id = 1",
                "INSERT INTO \"Other\".\"Key Less\" VALUES (1, 'x')",
                "DELETE FROM \"Other\".\"Key Less\" WHERE ctid = '(0,1)'",
                "UPDATE \"Other\".\"Key Less\" SET b = '' WHERE a = 2",
                "UPDATE \"Other\".\"Key Less\" SET b = NULL WHERE a = 3",
                "UPDATE \"Other\".\"Key Less\" SET a = 3 WHERE a = 2",
                "DELETE FROM parted WHERE id = 2",
                "INSERT INTO parent VALUES (7); DELETE FROM child",
                "INSERT INTO nothing DEFAULT VALUES",
                "TRUNCATE keyed",
            })
    void findsOneDamage(String damage) {
        target.run(damage);

        assertThat(RowComparison.differences(source, target)).isNotEmpty();
        assertThat(RowComparison.differences(target, source)).isNotEmpty();
    }

    @Test
    void namesTheTableAndItsRows() {
        target.run("UPDATE keyed SET body = 'forged' WHERE id = 77");
        target.run("DELETE FROM keyed WHERE id > 980");

        assertThatThrownBy(() -> RowComparison.assertEqual(source, target))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("public.keyed")
                .hasMessageContaining("1000 rows expected, 980 found, 22 differences")
                .hasMessageContaining("only on the target: (forged,0,77,1.0,\"\\\\x616263\")")
                .message()
                .satisfies(message -> assertThat(message.lines().filter(line -> line.contains("only on the source")))
                        .hasSize(10));
    }

    @Test
    void findsATableThatOneSideLacks() {
        target.run("DROP TABLE wide");

        assertThatThrownBy(() -> RowComparison.assertEqual(source, target)).hasMessageContaining("public.wide");
    }

    @Test
    void leavesExcludedTablesOut() {
        target.run("DELETE FROM keyed");

        assertThatCode(() -> RowComparison.assertEqual(source, target, "public.keyed"))
                .doesNotThrowAnyException();
    }

    @Test
    void refusesToCompareNothing() {
        TestDatabase empty = PostgresServer.shared(15).herokuDatabase();

        assertThatThrownBy(() -> RowComparison.assertEqual(empty, empty)).isInstanceOf(AssertionError.class);
    }

    @Test
    void findsASequenceThatWouldHandOutAValueTwice() {
        target.run("SELECT setval('counter', 2, false)");

        assertThatThrownBy(() -> SequenceComparison.assertEqual(source, target)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> SequenceComparison.assertNotBehind(source, target))
                .isInstanceOf(AssertionError.class);
        target.run("SELECT setval('counter', 200)");
        SequenceComparison.assertNotBehind(source, target);
    }
}
