package dev.ferry.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentifiersTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {
                "orders, \"orders\"",
                "Orders, \"Orders\"",
                "select, \"select\"",
                "a b, \"a b\"",
                "a\"b, \"a\"\"b\"",
                "\"; DROP TABLE t; --, \"\"\"; DROP TABLE t; --\"",
                "größe, \"größe\"",
                "a.b, \"a.b\"",
            })
    void quotesEveryIdentifier(String name, String quoted) {
        assertThat(Identifiers.quote(name)).isEqualTo(quoted);
    }

    @Test
    void refusesAZeroByte() {
        assertThatIllegalArgumentException().isThrownBy(() -> Identifiers.quote("a\0b"));
    }

    @Test
    void quotesLists() {
        assertThat(Identifiers.quoteAll(List.of("a", "B"))).isEqualTo("\"a\", \"B\"");
        assertThat(new TableName("My", "t\"x").sql()).isEqualTo("\"My\".\"t\"\"x\"");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {"a, 'a'", "it's, 'it''s'", "a\\b, ~ E'a\\\\b'~", "a\\'b, ~ E'a\\\\''b'~"})
    void writesLiteralsThatNoSettingMisreads(String value, String literal) {
        assertThat(Identifiers.literal(value)).isEqualTo(literal);
    }
}
