package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.TableFilter;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

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
