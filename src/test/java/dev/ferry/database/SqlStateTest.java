package dev.ferry.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

class SqlStateTest {
    @ParameterizedTest
    @CsvSource({
        "08000, true, false, false",
        "08006, true, false, false",
        "53300, true, false, false",
        "53100, true, false, false",
        "40001, true, false, false",
        "40P01, true, false, false",
        "55P03, true, false, false",
        "57014, true, false, false",
        "57P01, true, false, false",
        "57P02, true, false, false",
        "57P03, true, false, false",
        "25006, true, false, false",
        "28P01, false, true, false",
        "28000, false, true, false",
        "3D000, false, true, false",
        "23505, false, false, true",
        "23P01, false, false, true",
        "23503, false, false, false",
        "42501, false, false, false",
        "42P01, false, false, false",
        "22021, false, false, false",
        "XX000, false, false, false",
    })
    void sortsFailuresByTheirState(String state, boolean passes, boolean wrongCredentials, boolean conflictingRow) {
        RuntimeException failure = new RuntimeException(new SQLException("text", state));

        assertThat(SqlState.isTransient(failure)).isEqualTo(passes);
        assertThat(SqlState.isWrongCredentials(failure)).isEqualTo(wrongCredentials);
        assertThat(SqlState.isConflictingRow(failure)).isEqualTo(conflictingRow);
        assertThat(SqlState.is(failure, state)).isTrue();
    }

    @Test
    void takesAFailureWithoutStateForPermanent() {
        assertThat(SqlState.of(new IllegalStateException())).isNull();
        assertThat(SqlState.isTransient(new IllegalStateException(new SQLException("text"))))
                .isFalse();
    }

    @Test
    void takesAPoolThatHadNoConnectionToGiveForPassing() {
        // As HikariCP throws it: without a SQLSTATE, and without a cause where no connection was even tried.
        SQLException exhausted = new SQLTransientConnectionException(
                "ferry - Connection is not available, request timed out after 10000ms");

        assertThat(SqlState.of(exhausted)).isNull();
        assertThat(SqlState.isTransient(new IllegalStateException(exhausted))).isTrue();
    }

    @Test
    void findsTheStateBehindAnExceptionThatHasNone() {
        assertThat(SqlState.of(new SQLException("pool", new SQLException("server", "28P01"))))
                .isEqualTo("28P01");
    }

    @Test
    void describesWithoutTheDetailThatQuotesRows() {
        PSQLException failure = new PSQLException(
                new ServerErrorMessage(
                        "SERROR\0C23505\0Mduplicate key value violates unique constraint \"k\"\0DKey (id)=(S3CRET) exists.\0\0"));

        assertThat(SqlState.describe(new RuntimeException(failure)))
                .isEqualTo("duplicate key value violates unique constraint \"k\" (SQLSTATE 23505)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "22P02|invalid input syntax for type integer: \"S3CRET\"",
                "22003|value \"S3CRET\" is out of range for type integer",
                "22007|invalid input syntax for type timestamp: \"S3CRET\"",
            })
    void describesARefusedValueWithoutTheMessageThatQuotesIt(String state, String message) {
        PSQLException failure =
                new PSQLException(new ServerErrorMessage("SERROR\0C" + state + "\0M" + message + "\0\0"));

        assertThat(SqlState.describe(new RuntimeException(failure)))
                .isEqualTo("a value was refused (SQLSTATE " + state + ")");
    }

    @Test
    void describesTheCauseInsteadOfThePoolsComplaint() {
        SQLException refused = new PSQLException(
                "Connection refused.", PSQLState.CONNECTION_UNABLE_TO_CONNECT, new ConnectException("no"));

        assertThat(SqlState.describe(
                        new RuntimeException(new SQLTransientConnectionException("pool timed out", "08001", refused))))
                .isEqualTo("Connection refused: no (SQLSTATE 08001)");
    }
}
