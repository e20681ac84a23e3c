package dev.ferry.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a database or a role is set to for the app must not change what Ferry's sessions do. */
class DatabaseIT {
    static Stream<Arguments> settings() {
        return Stream.of(
                        "default_transaction_isolation|serializable|read committed",
                        "default_transaction_deferrable|on|off",
                        "statement_timeout|30s|0",
                        "lock_timeout|20s|0",
                        "idle_in_transaction_session_timeout|1s|15min",
                        "idle_session_timeout|10s|0",
                        "row_security|on|off",
                        "synchronous_commit|off|on",
                        "DateStyle|SQL, DMY|ISO, YMD",
                        "IntervalStyle|iso_8601|postgres",
                        "TimeZone|Asia/Kathmandu|UTC",
                        "extra_float_digits|-5|3",
                        "bytea_output|escape|hex",
                        "array_nulls|off|on",
                        "xmloption|document|content")
                .map(line -> Arguments.of((Object[]) line.split("\\|")));
    }

    private static Database open(End end, TestDatabase database) {
        return new Database(DatabaseUrl.parse(end, database.url()), "ferry/test", 2, Duration.ofSeconds(10));
    }

    private static String setting(Database database, String name) {
        try (Session session = database.open()) {
            return session.list(String.class, "SELECT current_setting(?)", name).get(0);
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void aSettingOfTheRoleOrTheDatabaseDoesNotReachASession(String name, String hostile, String pinned) {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        source.runAsSuperuser("ALTER DATABASE %s SET %s = '%s'".formatted(source.name(), name, hostile));
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        target.runAsSuperuser("ALTER ROLE %s SET %s = '%s'".formatted(target.owner(), name, hostile));
        try (Database from = open(End.SOURCE, source);
                Database to = open(End.TARGET, target)) {
            assertThat(setting(from, name)).isEqualTo(pinned);
            assertThat(setting(to, name)).isEqualTo(pinned);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 16, 17, 18})
    void aTimeoutThatAServerDoesNotKnowIsNoObstacle(int version) {
        TestDatabase database = PostgresServer.shared(version).planetScaleDatabase(true);
        if (version >= 17) {
            database.runAsSuperuser("ALTER ROLE " + database.owner() + " SET transaction_timeout = '30s'");
        }
        try (Database target = open(End.TARGET, database)) {
            assertThat(setting(target, "idle_session_timeout")).isEqualTo("0");
            if (version >= 17) {
                assertThat(setting(target, "transaction_timeout")).isEqualTo("0");
            }
        }
    }

    /** A host sets it on purpose, while a disk grows: to write all the same would fill the disk. */
    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void aReadOnlyDefaultIsLeftAsItIs(String value) {
        TestDatabase database = PostgresServer.shared(17).planetScaleDatabase(true);
        database.runAsSuperuser("ALTER DATABASE " + database.name() + " SET default_transaction_read_only = " + value);
        try (Database target = open(End.TARGET, database)) {
            assertThat(setting(target, "transaction_read_only")).isEqualTo(value);
        }
    }

    /** The first failure is often met while something is put back in order, which fails as well. */
    @Test
    void whatIsAskedOfALostConnectionFailsAsSomethingThatPasses() {
        try (Database source = open(End.SOURCE, PostgresServer.shared(15).herokuDatabase());
                Session session = source.open()) {
            source.jdbc()
                    .sql("SELECT pg_catalog.pg_terminate_backend(?)")
                    .param(session.backendPid())
                    .query(Boolean.class)
                    .single();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> session.list(Integer.class, "SELECT 1"))
                        .matches(SqlState::isTransient, "passes");
            }
        }
    }
}
