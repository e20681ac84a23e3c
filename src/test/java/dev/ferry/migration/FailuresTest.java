package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.End;
import dev.ferry.database.EndFailure;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;

class FailuresTest {
    /** The pool's own exception has no SQLSTATE: an end that swallows everything would be told of as an error of Ferry's. */
    @Test
    void aConnectionThatWasNotToBeHadIsTheEndsTrouble() {
        EndFailure failure = new EndFailure(
                End.TARGET,
                new SQLTransientConnectionException("target - Connection is not available, request timed out after"
                        + " 10001ms (total=0, active=0, idle=0, waiting=1)"));

        assertThat(Failures.reaction(failure)).isEqualTo(Failures.Reaction.TRY_AGAIN);
        assertThat(Failures.describe(failure))
                .isEqualTo("The target: no connection in time. Ferry keeps trying and goes on by itself.");
    }

    @Test
    void whatNobodyForesawIsFerrysOwn() {
        assertThat(Failures.describe(new IllegalStateException("boom"))).startsWith("Ferry met an error of its own");
        assertThat(Failures.describe(new EndFailure(End.SOURCE, new SQLException("no state"))))
                .startsWith("Ferry met an error of its own");
    }
}
