package dev.ferry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.Key;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyRangeTest {
    private static final Key.KeyColumn ID = new Key.KeyColumn("id", "bigint", "bigint", "", "OPERATOR(pg_catalog.=)");
    private static final Key.KeyColumn NAME =
            new Key.KeyColumn("Na\"me", "text", "text", "COLLATE pg_catalog.\"C\"", "OPERATOR(pg_catalog.=)");

    @Test
    void allIsNoCondition() {
        assertThat(KeyRange.ALL.condition(new Key(List.of(ID), false))).isEqualTo("true");
        assertThat(KeyRange.ALL.condition(null)).isEqualTo("true");
    }

    @Test
    void boundsAreRowsOfTypedLiteralsUnderTheIndexsCollation() {
        Key key = new Key(List.of(ID, NAME), false);
        assertThat(new KeyRange(List.of("1", "it's"), List.of("2", "b"), false).condition(key))
                .isEqualTo(
                        "ROW(t.\"id\", t.\"Na\"\"me\") > ROW('1'::bigint, ('it''s'::text COLLATE pg_catalog.\"C\"))"
                                + " AND ROW(t.\"id\", t.\"Na\"\"me\") <= ROW('2'::bigint, ('b'::text COLLATE pg_catalog.\"C\"))");
    }

    @Test
    void rowsWithANullInTheKeyAreARangeOfTheirOwn() {
        Key key = new Key(List.of(ID), true);
        assertThat(new KeyRange(null, List.of("7"), false).condition(key))
                .isEqualTo("ROW(t.\"id\") <= ROW('7'::bigint) AND NOT (t.\"id\" IS NULL)");
        assertThat(KeyRange.UNKEYED.condition(key)).isEqualTo("(t.\"id\" IS NULL)");
    }

    @Test
    void aCutCoversWhatWasCut() {
        KeyRange whole = new KeyRange(List.of("0"), List.of("9"), false);
        assertThat(whole.cutAt(List.of(List.of("3"), List.of("6"))))
                .containsExactly(
                        new KeyRange(List.of("0"), List.of("3"), false),
                        new KeyRange(List.of("3"), List.of("6"), false),
                        new KeyRange(List.of("6"), List.of("9"), false));
        assertThat(whole.cutAt(List.of())).containsExactly(whole);
    }
}
