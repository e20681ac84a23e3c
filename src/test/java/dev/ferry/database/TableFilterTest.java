package dev.ferry.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableFilterTest {
    @ParameterizedTest
    @CsvSource({
        "orders, public, orders, true",
        "orders, archive, orders, false",
        "public.orders, public, orders, true",
        "public.orders, public, orders_old, false",
        "public.orders, public, Orders, false",
        "archive.*, archive, x, true",
        "archive.*, archive2, x, false",
        "*.log, any, log, true",
        "*.log, public, x.log, false",
        "*, public, x, true",
        "*, other, x, false",
        "*.*, other, x, true",
        "tmp_*, public, tmp_1, true",
        "tmp_*, public, mytmp_1, false",
        "*_log, public, audit_log, true",
        "a*b*c, public, aXbYc, true",
        "a*b*c, public, aXcYb, false",
        "public.a.b, public, a.b, true",
        "public.a.b, public.a, b, true",
        "public.a+b, public, a+b, true",
        "public.a+b, public, aab, false",
        "public.a?, public, a, false",
        "'x.a, y.b', y, b, true",
        "' x.a ,, ', x, a, true",
        "'', public, x, false",
    })
    void excludesExactlyWhatThePatternsSay(String value, String schema, String name, boolean excluded) {
        assertThat(TableFilter.parse(value).excludes(new TableName(schema, name)))
                .isEqualTo(excluded);
    }

    @Test
    void matchesNamesWithLineBreaks() {
        assertThat(TableFilter.parse("s.a*").excludes(new TableName("s", "a\nb")))
                .isTrue();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", ","})
    void excludesNothingWithoutPatterns(String value) {
        assertThat(TableFilter.parse(value).excludes(new TableName("public", "x")))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {".orders", "public.", "a,.b", "."})
    void refusesHalfAPattern(String value) {
        assertThatThrownBy(() -> TableFilter.parse(value))
                .isInstanceOfSatisfying(
                        FerryException.class, e -> assertThat(e.code()).isEqualTo(FailureCode.CONFIGURATION))
                .hasMessageContaining("EXCLUDE_TABLES");
    }

    @Test
    void namesThePatternsThatFitNoTable() {
        TableFilter filter = TableFilter.parse("orders, ordres, archive.*");

        assertThat(filter.patternsWithoutMatch(
                        List.of(new TableName("public", "orders"), new TableName("archive", "x"))))
                .containsExactly("ordres");
    }
}
