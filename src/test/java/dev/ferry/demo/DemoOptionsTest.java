package dev.ferry.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemoOptionsTest {
    @Test
    void readsEachOption() {
        assertThat(DemoOptions.parse(List.of(
                        "--port", "0", "--rows", "300000", "--target-version", "18", "--rate", "5", "--follow")))
                .isEqualTo(new DemoOptions(0, 300_000, 18, 5, true));
        assertThat(DemoOptions.parse(List.of("--no-traffic")).transactionsPerSecond())
                .isZero();
        assertThat(DemoOptions.parse(List.of())).isEqualTo(DemoOptions.DEFAULT);
    }

    @Test
    void hasAtLeastThreeHundredThousandRowsUnlessToldOtherwise() {
        assertThat(DemoOptions.DEFAULT.rows()).isGreaterThanOrEqualTo(300_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--prot", "--port", "--port x", "--port 65536", "--rows 5", "--target-version 15"})
    void refusesWhatItDoesNotUnderstandAndNamesIt(String line) {
        assertThatThrownBy(() -> DemoOptions.parse(List.of(line.split(" "))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(line.split(" ")[0]);
    }
}
