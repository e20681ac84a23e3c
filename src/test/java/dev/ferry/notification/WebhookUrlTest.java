package dev.ferry.notification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.failure.FerryException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookUrlTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "S3CRET",
                "hooks.example/S3CRET",
                "ftp://hooks.example/S3CRET",
                "https:S3CRET",
                "https:///S3CRET",
                "https://hooks.example/S3CRET with a blank",
                "https://hooks.example/${S3CRET}",
                "https://user:S3CRET@hooks.example/",
                "https://hooks.example:99999/S3CRET",
            })
    void whatCannotBeUsedIsRefusedWithoutBeingShown(String text) {
        assertThatThrownBy(() -> WebhookUrl.parse(text)).isInstanceOfSatisfying(FerryException.class, e -> {
            StringWriter everything = new StringWriter();
            e.printStackTrace(new PrintWriter(everything));
            assertThat(everything + e.remedy())
                    .contains("NOTIFICATION_WEBHOOK_URL")
                    .doesNotContain("S3CRET");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"https://hooks.example/services/T/B/X", " http://localhost:8080/?key=a%20b ", "HTTPS://[::1]/x"})
    void whatCanBeUsedIsTakenAndNotShownEither(String text) {
        WebhookUrl url = WebhookUrl.parse(text);
        assertThat(url.uri()).hasToString(text.strip());
        assertThat(url).hasToString("WebhookUrl");
    }

    @Test
    void hasNoAddressOfItsOwn() {
        assertThatThrownBy(() -> WebhookUrl.parse("")).isInstanceOf(FerryException.class);
    }
}
