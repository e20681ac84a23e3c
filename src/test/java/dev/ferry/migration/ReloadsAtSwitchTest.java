package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.migration.MigrationStatus.TableStatus;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReloadsAtSwitchTest {
    private static TableStatus table(boolean keyless, @Nullable Double seconds) {
        return new TableStatus(
                "public",
                "t",
                "synced",
                0,
                0,
                0,
                0,
                0,
                keyless,
                0,
                null,
                seconds == null ? null : Instant.EPOCH,
                seconds);
    }

    @Test
    void tenSecondsTogetherAreANoteAndMoreABlocker() {
        ReloadsAtSwitch ten = ReloadsAtSwitch.of(List.of(table(true, 4.0), table(false, 6.0), table(false, null)));
        assertThat(ten.blocker()).isEmpty();
        assertThat(ten.note()).hasValueSatisfying(note -> assertThat(note).contains("adds 10.0 s"));

        ReloadsAtSwitch more = ReloadsAtSwitch.of(List.of(table(true, 4.0), table(true, 6.1), table(true, null)));
        assertThat(more.note()).isEmpty();
        assertThat(more.blocker()).hasValueSatisfying(blocker -> {
            assertThat(blocker.code()).isEqualTo("keyless_reload_over_10s");
            assertThat(blocker.message()).contains("adds 10.1 s").contains("not measured yet");
        });
        assertThat(ReloadsAtSwitch.of(List.of(table(false, null))).note()).isEmpty();
    }
}
