package dev.ferry.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.database.Session;
import dev.ferry.testing.SyncedPair;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a COPY that ends in the middle leaves behind. */
class CopyPipeIT {
    private final SyncedPair pair = SyncedPair.create();

    @AfterEach
    void close() {
        pair.close();
    }

    @Test
    void aCopyThatTheDestinationRefusesLeavesNoAnswerOfItsOwnForTheNextToAsk() {
        pair.planetScale().run("CREATE TABLE t (i int CHECK (i < 0))");
        for (int i = 0; i < 200; i++) {
            String into = i % 2 == 0 ? "nowhere" : "public.t";
            int rows = i % 3 == 0 ? 10 : 50_000;
            assertThatThrownBy(() -> {
                        try (Session origin = pair.source().open();
                                Session destination = pair.target().open()) {
                            origin.begin();
                            destination.begin();
                            CopyPipe.run(
                                    origin,
                                    "COPY (SELECT generate_series(1, " + rows + ")) TO STDOUT",
                                    destination,
                                    "COPY " + into + " FROM STDIN");
                        }
                    })
                    .hasMessageContaining("SQLSTATE");
            try (Session next = pair.source().open()) {
                assertThat(next.list(Integer.class, "SELECT ?::int", i))
                        .as("what the pool gives after try %d", i)
                        .containsExactly(i);
            }
        }
    }
}
