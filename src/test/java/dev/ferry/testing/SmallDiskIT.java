package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class SmallDiskIT {
    @Test
    void aDatabaseOnItRunsFullAndRecovers() {
        Optional<SmallDisk> possible = SmallDisk.mount(64);
        assumeThat(possible).as("may mount").isPresent();
        TestDatabase database = PostgresServer.shared(17).planetScaleDatabase(true);
        try (SmallDisk disk = possible.orElseThrow()) {
            disk.holds(database);
            database.run("CREATE TABLE t (a text)");
            disk.fill();
            assertThatThrownBy(
                            () -> database.run("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 1000)"))
                    .rootCause()
                    .hasMessageContaining("No space left on device");
            disk.free();
            database.run("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 1000)");
            assertThat(database.count("SELECT count(*) FROM t")).isEqualTo(1000);
        }
    }
}
