package dev.ferry.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresServerIT {
    @ParameterizedTest
    @ValueSource(ints = {15, 16, 17, 18})
    void startsEachMajorVersionWithOwnersThatAreNoSuperusers(int version) {
        TestDatabase target = PostgresServer.shared(version).planetScaleDatabase(true);

        assertThat(target.count("SELECT current_setting('server_version_num')::int / 10000"))
                .isEqualTo(version);
        assertThat(target.value("SELECT rolsuper::text FROM pg_roles WHERE rolname = ?", target.owner()))
                .isEqualTo("false");
        target.run("SET session_replication_role = replica");
    }
}
