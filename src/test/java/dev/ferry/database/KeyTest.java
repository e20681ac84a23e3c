package dev.ferry.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.Key.KeyColumn;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyTest {
    private static final KeyColumn NUMBER =
            new KeyColumn("a \"b\"", "integer", "integer", "", "OPERATOR(pg_catalog.=)");
    private static final KeyColumn MAIL =
            new KeyColumn("Select", "text", "heroku_ext.citext", "COLLATE public.\"My C\"", "OPERATOR(heroku_ext.=)");
    private static final KeyColumn MOOD = new KeyColumn("mood", "text", "public.mood", "", "OPERATOR(pg_catalog.=)");
    private final Key key = new Key(List.of(NUMBER, MAIL, MOOD), false);

    @Test
    void theLogHasTypesThatNobodyCanDrop() {
        assertThat(key.logDeclarations()).isEqualTo("k1 integer, k2 text, k3 text");
    }

    @Test
    void aCopyOfTheKeyHasItsTypeAndCollation() {
        assertThat(key.declarations())
                .isEqualTo("k1 integer, k2 heroku_ext.citext COLLATE public.\"My C\", k3 public.mood");
    }

    @Test
    void aLoggedKeyIsGivenItsTypeAndCollationBack() {
        assertThat(key.restored("d"))
                .isEqualTo("d.k1 AS k1, (d.k2::heroku_ext.citext COLLATE public.\"My C\") AS k2,"
                        + " d.k3::public.mood AS k3");
    }

    @Test
    void keysAreComparedByTheOperatorsOfTheirOwnIndex() {
        assertThat(key.matches("t", "k"))
                .isEqualTo("t.\"a \"\"b\"\"\" OPERATOR(pg_catalog.=) k.k1 AND t.\"Select\" OPERATOR(heroku_ext.=) k.k2"
                        + " AND t.\"mood\" OPERATOR(pg_catalog.=) k.k3");
    }

    @Test
    void columnsAreCalledByPosition() {
        assertThat(key.names("")).isEqualTo("k1, k2, k3");
        assertThat(key.names("k.")).isEqualTo("k.k1, k.k2, k.k3");
    }
}
