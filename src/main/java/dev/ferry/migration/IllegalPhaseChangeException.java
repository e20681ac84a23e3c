package dev.ferry.migration;

import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;

/** The migration was not in the phase that a move starts from: somebody else moved it. */
final class IllegalPhaseChangeException extends FerryException {
    IllegalPhaseChangeException(Phase seen, String asked) {
        super(
                FailureCode.INTERNAL,
                "The migration is no longer in phase " + seen.label() + ", or something else was asked for meanwhile: "
                        + asked + " was not taken up.",
                "Look at the dashboard: the phase shown is the one that holds.");
    }

    IllegalPhaseChangeException(Phase from, Phase to) {
        super(
                FailureCode.INTERNAL,
                "The migration is no longer in phase " + from.label() + ", so it cannot go to " + to.label() + ".",
                "Look at the dashboard: the phase shown is the one that holds.");
    }
}
