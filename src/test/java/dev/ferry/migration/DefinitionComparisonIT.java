package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import dev.ferry.verification.DefinitionComparison;
import dev.ferry.verification.DefinitionDifference;
import dev.ferry.verification.Moment;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefinitionComparisonIT {
    @ParameterizedTest
    @CsvSource({"15, true", "16, true", "17, true", "18, true", "17, false", "18, false"})
    void findsNothingBeforeAndAfterTheSwitchOfARichSchema(int version, boolean mayReplicate) {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        TestDatabase target = PostgresServer.shared(version).planetScaleDatabase(mayReplicate);
        load(source, resource("/dev/ferry/schema/rich.sql"));
        try (RunningMigration migration =
                RunningMigration.between(source, target).inSync()) {
            assertThat(differences(source, target, Moment.BEFORE_SWITCH)).isEmpty();

            migration.accepted(Action.SWITCH);
            migration.awaitPhase(Phase.SWITCHED);
            assertThat(differences(source, target, Moment.VALIDATING_FOREIGN_KEYS))
                    .isEmpty();
        }
    }

    static List<DefinitionDifference> differences(TestDatabase source, TestDatabase target, Moment moment) {
        try (Database sourceEnd = database(End.SOURCE, source);
                Database targetEnd = database(End.TARGET, target)) {
            return DefinitionComparison.compare(sourceEnd, targetEnd, name -> true, moment);
        }
    }

    private static Database database(End end, TestDatabase database) {
        return new Database(DatabaseUrl.parse(end, database.url()), "ferry test", 3, Duration.ofSeconds(10));
    }

    /** As psql sends it: whole, for the server to take apart. */
    private static void load(TestDatabase database, String sql) {
        Properties properties = new Properties();
        properties.setProperty("user", database.owner());
        properties.setProperty("password", database.password());
        properties.setProperty("preferQueryMode", "simple");
        try (Connection connection = DriverManager.getConnection(database.jdbcUrl(), properties);
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(DefinitionComparisonIT.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
