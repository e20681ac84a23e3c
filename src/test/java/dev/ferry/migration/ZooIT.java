package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SchemaComparison;
import dev.ferry.testing.SequenceComparison;
import dev.ferry.testing.TestDatabase;
import dev.ferry.verification.VerificationReport;
import dev.ferry.zoo.Zoo;
import dev.ferry.zoo.ZooScript;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A database with one of each is migrated while statements of each kind run, before, during and after the copy, through to
 * the switch. {@code -Dferry.test.zoo=all} takes all targets, {@code -Dferry.test.large=1000000} larger transactions.
 */
class ZooIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    static Stream<Arguments> targets() {
        return System.getProperty("ferry.test.zoo", "").equals("all")
                ? Stream.of(15, 16, 17, 18)
                        .flatMap(version -> Stream.of(true, false).map(may -> Arguments.of(version, may)))
                : Stream.of(Arguments.of(17, true), Arguments.of(18, false));
    }

    @ParameterizedTest(name = "to PostgreSQL {0}, replica role: {1}")
    @MethodSource("targets")
    void everythingArrivesWhateverHappensMeanwhile(int version, boolean mayReplicate) throws SQLException {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        TestDatabase target = PostgresServer.shared(version).planetScaleDatabase(mayReplicate);
        Zoo zoo = Zoo.in(source);
        Zoo.prepare(target);
        ZooScript script = new ZooScript(zoo, Integer.getInteger("ferry.test.large", 20_000));
        try (RunningMigration ferry =
                RunningMigration.between(source, target, Zoo.LEFT_OUT, Map.of("ferry.chunk.size", "64KB"))) {
            ferry.heldBeforeTheCopy();
            script.run(1);
            try (Connection patient = script.openTransaction()) {
                try (Connection lock = source.connect();
                        Statement statement = lock.createStatement()) {
                    // So that the copy is not over before the script is.
                    lock.setAutoCommit(false);
                    statement.execute("LOCK TABLE zoo.locked_during_the_copy");
                    ferry.accepted(Action.START_COPY);
                    await("the first chunk")
                            .atMost(PATIENCE)
                            .until(() ->
                                    target.count("SELECT count(*) FROM ferry.chunk WHERE done_at IS NOT NULL") > 0);
                    script.run(2);
                    assertThat(target.value("SELECT phase FROM ferry.migration"))
                            .isEqualTo(Phase.COPYING.label());
                    lock.commit();
                }
                ferry.awaitPhase(Phase.REPLICATING);
                script.run(3);
                script.run(4);
                ferry.awaitReady();
                patient.createStatement().execute("COMMIT");
            }
            // The views are refreshed as the switch begins.
            await("the last transaction")
                    .atMost(PATIENCE)
                    .until(() -> target.count("SELECT count(*) FROM zoo.orders WHERE id = -100") == 1);
            ferry.awaitReady();
            VerificationReport verified = ferry.verified();
            assertThat(verified.state()).as(verified.toString()).isEqualTo("equal");

            ferry.accepted(Action.SWITCH);

            RowComparison.assertEqual(source, target, Zoo.LEFT_OUT);
            SequenceComparison.assertEqual(source, target);
            // Foreign keys are validated in the background where the target has no replica role.
            await("all definitions are equal")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> SchemaComparison.assertEqual(source, target));
            assertThat(target.value("SELECT string_agg(s::text, ',' ORDER BY v) FROM zoo.summary s"))
                    .isEqualTo(source.value("SELECT string_agg(s::text, ',' ORDER BY v) FROM"
                            + " (SELECT v, count(*) AS n FROM zoo.orders GROUP BY v) s"));
            assertThat(target.value("SELECT n FROM zoo.over_summary"))
                    .isEqualTo(source.value("SELECT count(*) FROM zoo.orders"));
            VerificationReport after = ferry.verified();
            assertThat(after.state()).as(after.toString()).isEqualTo("equal");
        }
    }
}
