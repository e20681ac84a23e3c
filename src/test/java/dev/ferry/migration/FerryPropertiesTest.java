package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.TableFilter;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class FerryPropertiesTest {
    private static FerryProperties of(Map<String, String> settings) {
        return new Binder(new MapConfigurationPropertySource(settings)).bindOrCreate("ferry", FerryProperties.class);
    }

    private static List<String> names(String prefix, Class<?> type) {
        List<String> names = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            String name = prefix + "." + component.getName();
            if (component.getType().isRecord()) {
                names.addAll(names(name, component.getType()));
            } else {
                names.add(name);
            }
        }
        return names;
    }

    /** Each would end as a stack trace of whoever uses it, or as work that never ends. */
    @ParameterizedTest
    @CsvSource({
        "ferry.chunk.size, 0B",
        "ferry.chunk.size, -1MB",
        "ferry.copy.workers, 0",
        "ferry.copy.workers, 17",
        "ferry.sync.interval, 0s",
        "ferry.sync.interval, -1s",
        "ferry.sync.limit, 99",
        "ferry.lease.heartbeat, 0s",
        "ferry.lease.heartbeat, 20s",
        "ferry.lease.expiry, 5s",
        "ferry.connect.timeout, 0s",
        "ferry.connect.silence, 0s",
        "ferry.cutover.attempts, 0",
        "ferry.verify.lanes, 0",
        "ferry.verify.range, 0B",
        "ferry.notification.lag, 0s",
        "ferry.notification.lag, -1s",
        "ferry.notification.log, 0B",
    })
    void aValueThatCannotWorkStopsTheStartAndIsNamed(String setting, String value) {
        new ApplicationContextRunner()
                .withUserConfiguration(Settings.class)
                .withPropertyValues(setting + "=" + value)
                .run(context -> assertThat(context)
                        .hasFailed()
                        .getFailure()
                        .hasStackTraceContaining(setting.substring(0, setting.lastIndexOf('.')))
                        .hasStackTraceContaining(setting.substring(setting.lastIndexOf('.') + 1)));
    }

    @Test
    void theDefaultsWork() {
        new ApplicationContextRunner()
                .withUserConfiguration(Settings.class)
                .run(context -> assertThat(context).hasNotFailed());
    }

    @EnableConfigurationProperties(FerryProperties.class)
    static class Settings {}

    @Test
    void showsEverySetting() {
        List<String> all = names("ferry", FerryProperties.class);
        assertThat(all).contains("ferry.chunk.size", "ferry.notification.lag");

        Map<String, String> shown = of(Map.of("ferry.notification.lag", "90s")).shown(TableFilter.parse("archive.*"));

        assertThat(shown).containsOnlyKeys(withExclusions(all));
        assertThat(shown)
                .containsEntry("exclude-tables", "archive.*")
                .containsEntry("ferry.notification.lag", "PT1M30S")
                .containsEntry("ferry.notification.format", "slack");
    }

    private static String[] withExclusions(List<String> settings) {
        List<String> names = new ArrayList<>(settings);
        names.add("exclude-tables");
        return names.toArray(String[]::new);
    }
}
