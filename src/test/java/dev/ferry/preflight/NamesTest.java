package dev.ferry.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesTest {
    @Test
    void showsTwentyNamesAndCountsTheRest() {
        List<Integer> numbers = IntStream.rangeClosed(1, 1021).boxed().toList();

        assertThat(Names.some(numbers)).startsWith("1, 2, 3").endsWith("19, 20 and 1001 more");
        assertThat(Names.some(numbers.subList(0, 20))).endsWith("19, 20");
        assertThat(Names.lines(numbers.subList(0, 21))).endsWith("20\n-- and 1 more");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 bytes",
        "999, 999 bytes",
        "1000, 1.0 kB",
        "12345, 12 kB",
        "5500000, 5.5 MB",
        "123456789012, 123 GB",
        "2000000000000000, 2000 TB"
    })
    void writesBytesInOneUnit(long bytes, String text) {
        assertThat(Names.bytes(bytes)).isEqualTo(text);
    }

    @Test
    void countsInSingularAndPlural() {
        assertThat(Names.count(1, "table")).isEqualTo("1 table");
        assertThat(Names.count(5000, "table")).isEqualTo("5,000 tables");
        assertThat(Names.count(2, "table has", "tables have")).isEqualTo("2 tables have");
    }
}
