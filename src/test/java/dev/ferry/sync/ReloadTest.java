package dev.ferry.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReloadTest {
    private static final Instant ENDED = Instant.parse("2026-03-01T12:00:00Z");

    @ParameterizedTest(name = "took {0}, looked at after {1}: {2}")
    @CsvSource({
        "PT0S, PT0S, true",
        "PT0.005S, PT0.049S, false",
        "PT0.005S, PT0.05S, true",
        "PT1S, PT0S, false",
        "PT1S, PT9.999S, false",
        "PT1S, PT10S, true",
        "PT1S, PT1H, true",
        "PT10M, PT99M, false",
        "PT10M, PT100M, true",
        "PT1S, PT-1S, false",
    })
    void keepsTenTimesItsOwnLengthAsDistance(Duration took, Duration later, boolean due) {
        assertThat(new Reload(ENDED, took).isFollowedBy(ENDED.plus(later))).isEqualTo(due);
    }
}
