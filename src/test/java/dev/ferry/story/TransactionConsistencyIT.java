package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import dev.ferry.testing.TpcB;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionConsistencyIT {
    private static final int READS = 50;
    private static final int STATES = 10;

    @ParameterizedTest(name = "session_replication_role may be set: {0}")
    @ValueSource(booleans = {true, false})
    void aReaderOfTheTargetNeverSeesHalfATransaction(boolean mayReplicate) throws SQLException {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(mayReplicate);
        TpcB.createTables(source, 1, 20_000);
        try (FerryProcess ferry = FerryProcess.between(source, target).start()) {
            ferry.start();
            ferry.awaitInSync();

            List<TpcB.Sums> reads = new ArrayList<>();
            try (TpcB bank = TpcB.start(source, 2, 77, Duration.ofMillis(1));
                    Connection reader = target.superuser()) {
                Awaitility.await("%d reads of %d states".formatted(READS, STATES))
                        .atMost(Duration.ofMinutes(1))
                        .pollInterval(Duration.ofMillis(100))
                        .until(() -> {
                            reads.add(TpcB.sums(reader));
                            return reads.size() >= READS
                                    && reads.stream().distinct().count() >= STATES;
                        });
                bank.assertUndisturbed();
            }
            assertThat(reads).allMatch(TpcB.Sums::agree);
            assertThat(reads).isSortedAccordingTo((a, b) -> Long.compare(a.transactions(), b.transactions()));

            Awaitility.await("the last transactions arrive")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> RowComparison.assertEqual(source, target));
        }
    }
}
