package dev.ferry.migration;

import java.util.EnumSet;
import java.util.Set;

/** What a user can ask for, and in which phases it is legal (DESIGN, "State"). */
public enum Action {
    START(EnumSet.of(Phase.WAITING)),
    START_COPY(EnumSet.of(Phase.READY_TO_COPY)),
    PAUSE(EnumSet.of(Phase.COPYING, Phase.REPLICATING)),
    RESUME(EnumSet.of(Phase.COPYING, Phase.REPLICATING)),
    SWITCH(EnumSet.of(Phase.REPLICATING)),
    /** Also legal in REPLICATING while a switch is unfinished. */
    REVERT(EnumSet.of(Phase.SWITCHED)),
    /** Complete. */
    CLEANUP(EnumSet.of(Phase.SWITCHED)),
    ABORT(EnumSet.of(
            Phase.STARTING, Phase.CONFIGURING, Phase.READY_TO_COPY, Phase.COPYING, Phase.REPLICATING, Phase.ERROR)),
    RETRY(EnumSet.of(Phase.ERROR)),
    /** Compares every row and every definition, from the beginning. */
    VERIFY(EnumSet.of(Phase.REPLICATING, Phase.SWITCHED)),
    PAUSE_VERIFICATION(EnumSet.of(Phase.REPLICATING, Phase.SWITCHED)),
    RESUME_VERIFICATION(EnumSet.of(Phase.REPLICATING, Phase.SWITCHED)),
    /** Logs the keys of rows that a verification found different, so that they are read once more. */
    REPAIR(EnumSet.of(Phase.REPLICATING)),
    /** Removes schema {@code ferry} from the target, after Complete or Abort. */
    REMOVE_STATE(EnumSet.of(Phase.COMPLETED, Phase.ABORTED));

    private final Set<Phase> legalIn;

    Action(Set<Phase> legalIn) {
        this.legalIn = legalIn;
    }

    public Set<Phase> legalIn() {
        return legalIn;
    }
}
