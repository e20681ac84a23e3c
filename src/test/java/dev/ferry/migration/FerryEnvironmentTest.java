package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FerryEnvironmentTest {
    private static final Map<String, String> COMPLETE =
            Map.of("HEROKU_URL", "postgres://…", "PLANETSCALE_URL", "postgres://…", "PASSWORD", "…");

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
        "https://hooks.example/x, on, false",
        "https://hooks.example/x, ture, false",
        "https://hooks.example/x, ' Off ', true",
        "https://hooks.example/x, no, true",
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
    void startsWithWhatIsRequiredAndPatternsThatCanBeUnderstood() {
        assertThat(FerryEnvironment.against(COMPLETE)).isEmpty();
        assertThat(FerryEnvironment.against(with("EXCLUDE_TABLES", "public.audit_log, archive.*")))
                .isEmpty();
    }

    @Test
    void namesInOneSentenceWhatStandsAgainstAStart() {
        assertThat(FerryEnvironment.against(Map.of("PASSWORD", " ")))
                .hasValue("Ferry needs HEROKU_URL, PLANETSCALE_URL, PASSWORD, which are missing or empty."
                        + " Set HEROKU_URL, PLANETSCALE_URL and PASSWORD, then start it again.");
        assertThat(FerryEnvironment.against(with("HEROKU_URL", "")))
                .hasValueSatisfying(
                        text -> assertThat(text).startsWith("Ferry needs HEROKU_URL, which is missing or empty."));
        assertThat(FerryEnvironment.against(with("EXCLUDE_TABLES", "archive.*, public.")))
                .hasValue(
                        "EXCLUDE_TABLES holds the pattern public., which is not schema.table."
                                + " Write patterns like public.audit_log or archive.*, separated by commas, and restart Ferry.");
    }

    private static Map<String, String> with(String name, String value) {
        Map<String, String> variables = new HashMap<>(COMPLETE);
        variables.put(name, value);
        return variables;
    }

    @Test
    void showsNothing() {
        assertThat(FerryEnvironment.of(Map.of("NOTIFICATION_WEBHOOK_URL", "https://hooks.example/S3CRET")))
                .hasToString("FerryEnvironment");
    }
}
