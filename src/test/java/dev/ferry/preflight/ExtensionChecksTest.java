package dev.ferry.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExtensionChecksTest {
    @ParameterizedTest
    @CsvSource({
        "1.9, 1.10, -1",
        "1.10, 1.9, 1",
        "1.4, 1.4, 0",
        "1.4, 1.4.0, 0",
        "1.4, 1.4.1, -1",
        "2, 1.9, 1",
        "3.4.0dev, 3.4.1dev, -1",
        "unpackaged, unpackaged, 0",
    })
    void ordersVersionsByTheirNumbers(String left, String right, int order) {
        assertThat(Integer.signum(ExtensionChecks.compare(left, right))).isEqualTo(order);
    }
}
