package dev.ferry.converge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.PostgresServer;
import org.junit.jupiter.api.Test;

/** A few rounds of what {@code bin/converge} runs for hours. */
class ConvergeIT {
    private static final int ROUNDS = 30;
    /** On a machine that is busy with other things there are fewer. */
    private static final long NANOS = 90_000_000_000L;

    @Test
    void theDatabasesAreEqualAfterRandomWritesAndFaults() {
        long seed = System.nanoTime() % 1_000_000_000;
        System.out.println("seed " + seed + "; again: bin/converge --rounds 1 --seed <that of a round>");
        long begun = System.nanoTime();
        long compared = 0;
        long statements = 0;
        int round = 0;
        for (; round < ROUNDS && System.nanoTime() - begun < NANOS; round++) {
            Round.Result result = Round.run(seed + round, PostgresServer.shared(15), PostgresServer.shared(17));
            compared += result.compared();
            statements += result.statements();
        }
        System.out.println(round + " rounds, " + statements + " statements, " + compared + " rows compared");
        assertThat(compared).as("rows compared").isPositive();
        assertThat(statements).as("statements of the app").isPositive();
    }
}
