package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class WebSettingsTest {
    @EnableConfigurationProperties(WebSettings.class)
    static class Settings {}

    @ParameterizedTest
    @ValueSource(
            strings = {
                "renderEvery",
                "sampleEvery",
                "historySize",
                "heartbeat",
                "streamLifetime",
                "sessionTimeout",
                "preflightWait"
            })
    void aTimeOrSizeOfNothingStopsTheStartAndIsNamed(String setting) {
        new ApplicationContextRunner()
                .withUserConfiguration(Settings.class)
                .withPropertyValues("ferry.web." + setting + "=0")
                .run(context -> assertThat(context)
                        .hasFailed()
                        .getFailure()
                        .hasStackTraceContaining("ferry.web")
                        .hasStackTraceContaining(setting));
    }
}
