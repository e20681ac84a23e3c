package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FerryEnvironmentTest {
    @ParameterizedTest
    @CsvSource({
        "https://hooks.example/x,, true",
        "https://hooks.example/x, '', true",
        "https://hooks.example/x, false, true",
        "https://hooks.example/x, 0, true",
        "https://hooks.example/x, true, false",
        "https://hooks.example/x, TRUE, false",
        "https://hooks.example/x, ' Yes ', false",
        "https://hooks.example/x, 1, false",
        ", false, false",
        "'  ', false, false",
    })
    void notifiesOnceAnAddressIsSetUnlessToldNotTo(
            @Nullable String address, @Nullable String disabled, boolean notifies) {
        Map<String, String> variables = new HashMap<>();
        if (address != null) {
            variables.put("NOTIFICATION_WEBHOOK_URL", address);
        }
        if (disabled != null) {
            variables.put("DISABLE_NOTIFICATIONS", disabled);
        }
        assertThat(FerryEnvironment.of(variables).notifies()).isEqualTo(notifies);
    }

    @Test
    void showsNothing() {
        assertThat(FerryEnvironment.of(Map.of("NOTIFICATION_WEBHOOK_URL", "https://hooks.example/S3CRET")))
                .hasToString("FerryEnvironment");
    }
}
