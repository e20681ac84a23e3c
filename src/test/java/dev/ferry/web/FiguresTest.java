package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "999, 999 B",
        "1000, 1 kB",
        "999499, 999 kB",
        "999500, 1.0 MB",
        "1500000, 1.5 MB",
        "12800000000, 13 GB",
        "5220000000000, 5.2 TB"
    })
    void bytesHaveTwoSignificantDigitsOrMore(long bytes, String text) {
        assertThat(Figures.bytes(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"99.99, 99 %", "100, 100 %", "0, 0 %", "0.9, 0 %"})
    void aHundredPercentIsSaidOnlyWhenItIsSo(double percent, String text) {
        assertThat(Figures.percent(percent)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0.84, 0.8 s", "9.96, 10 s", "75, 1 min 15 s", "120, 2 min", "7260, 2 h 1 min", "200000, 2 days"})
    void durationsGetCoarserAsTheyGrow(double seconds, String text) {
        assertThat(Figures.seconds(seconds)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0.1, 0.4, under a minute", "3, 3.2, about 3 min", "10.2, 13.8, 10 to 14 min", "90, 150, 1.5 to 2.5 h"})
    void estimatesAreSpans(double least, double most, String text) {
        assertThat(Figures.minutes(least, most)).isEqualTo(text);
    }
}
