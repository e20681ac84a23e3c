package dev.ferry.migration;

import dev.ferry.database.EndFailure;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableLockedException;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.sync.SyncCycle;

/** How a failure is told, and what is done about it. */
final class Failures {
    private Failures() {}

    /** What the runner does after a failure. */
    enum Reaction {
        /** The same again after a while. */
        TRY_AGAIN,
        /** Somebody else leads. */
        RESIGN,
        /** Phase ERROR: a person is needed. */
        STOP
    }

    static Reaction reaction(Throwable failure) {
        if (failure instanceof IllegalPhaseChangeException) {
            return Reaction.TRY_AGAIN; // what the database says now is what holds
        }
        if (failure instanceof FerryException ferry) {
            return ferry.code() == FailureCode.NOT_LEADER ? Reaction.RESIGN : Reaction.STOP;
        }
        if (failure instanceof SyncCycle.MovedException) {
            return Reaction.TRY_AGAIN;
        }
        if (SqlState.is(failure, Leadership.REPLACED)) {
            return Reaction.RESIGN;
        }
        return SqlState.isTransient(failure) || SqlState.isWrongCredentials(failure)
                ? Reaction.TRY_AGAIN
                : Reaction.STOP;
    }

    /** For people: what failed and what to do, without stack trace, secrets or rows. */
    static String describe(Throwable failure) {
        if (failure instanceof FerryException ferry) {
            return ferry.getMessage() + " " + ferry.remedy();
        }
        if (failure instanceof TableLockedException || failure instanceof SyncCycle.MovedException) {
            return String.valueOf(failure.getMessage());
        }
        String state = SqlState.of(failure);
        String where = EndFailure.endOf(failure)
                .map(end -> "The " + end.label() + ": ")
                .orElse("");
        if (state == null && SqlState.isTransient(failure)) {
            return where + "no connection in time. Ferry keeps trying and goes on by itself.";
        }
        if (state == null) {
            return "Ferry met an error of its own (" + failure.getClass().getSimpleName()
                    + "). Press Retry; if it comes again, report it with the process's log.";
        }
        String said = where + SqlState.describe(failure) + ".";
        if (state.startsWith("08")) {
            return said + " Ferry keeps trying and goes on by itself.";
        }
        if (SqlState.isWrongCredentials(failure)) {
            return said + " Ferry keeps trying; if the password or the database changed, set the new URL.";
        }
        if (state.equals("53100")) {
            return said
                    + " The disk is full: give the database more storage; Ferry keeps trying and goes on by itself.";
        }
        if (state.equals(SqlState.READ_ONLY_TRANSACTION)) {
            return said + " The database is read-only now; Ferry keeps trying and goes on by itself.";
        }
        if (state.equals(SqlState.INSUFFICIENT_PRIVILEGE)) {
            return said + " Give Ferry's role this right (or make it the owner), then press Retry.";
        }
        return said;
    }
}
