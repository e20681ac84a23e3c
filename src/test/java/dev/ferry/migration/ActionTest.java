package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every action in every phase, against the table of DESIGN.md under "State", written down here once more. */
class ActionTest {
    private static final Map<Action, Set<Phase>> LEGAL = Map.ofEntries(
            Map.entry(Action.START, EnumSet.of(Phase.WAITING)),
            Map.entry(Action.START_COPY, EnumSet.of(Phase.READY_TO_COPY)),
            Map.entry(Action.PAUSE, EnumSet.of(Phase.COPYING, Phase.REPLICATING)),
            Map.entry(Action.RESUME, EnumSet.noneOf(Phase.class)), // only while paused: see below
            Map.entry(Action.SWITCH, EnumSet.of(Phase.REPLICATING)),
            Map.entry(Action.REVERT, EnumSet.of(Phase.SWITCHED)),
            Map.entry(Action.CLEANUP, EnumSet.of(Phase.SWITCHED)),
            Map.entry(
                    Action.ABORT,
                    EnumSet.of(
                            Phase.STARTING,
                            Phase.CONFIGURING,
                            Phase.READY_TO_COPY,
                            Phase.COPYING,
                            Phase.REPLICATING,
                            Phase.ERROR)),
            Map.entry(Action.RETRY, EnumSet.of(Phase.ERROR)),
            Map.entry(Action.REMOVE_STATE, EnumSet.of(Phase.COMPLETED, Phase.ABORTED)),
            Map.entry(Action.VERIFY, EnumSet.of(Phase.REPLICATING, Phase.SWITCHED)),
            // by what the verification does: see below
            Map.entry(Action.PAUSE_VERIFICATION, EnumSet.noneOf(Phase.class)),
            Map.entry(Action.RESUME_VERIFICATION, EnumSet.noneOf(Phase.class)),
            Map.entry(Action.REPAIR, EnumSet.noneOf(Phase.class)));

    private static MigrationRow row(Phase phase, @Nullable Phase failed, boolean paused, @Nullable String request) {
        return row(phase, failed, paused, request, null);
    }

    private static MigrationRow row(
            Phase phase,
            @Nullable Phase failed,
            boolean paused,
            @Nullable String request,
            @Nullable String verification) {
        return new MigrationRow(
                new UUID(0, 1),
                "source",
                phase,
                failed,
                paused,
                false,
                null,
                request,
                null,
                false,
                Instant.EPOCH,
                null,
                null,
                null,
                null,
                verification,
                null);
    }

    @ParameterizedTest
    @EnumSource(Action.class)
    void isLegalWhereTheDesignSaysAndNowhereElse(Action action) {
        for (Phase phase : Phase.values()) {
            Phase failed = phase == Phase.ERROR ? Phase.COPYING : null;
            assertThat(StatusReader.isLegal(action, row(phase, failed, false, null)))
                    .as("%s in %s", action, phase)
                    .isEqualTo(Objects.requireNonNull(LEGAL.get(action)).contains(phase));
        }
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-,          VERIFY",
                "running,    PAUSE_VERIFICATION",
                "paused,     RESUME_VERIFICATION VERIFY",
                "equal,      VERIFY",
                "incomplete, VERIFY",
                "different,  VERIFY REPAIR"
            })
    void whatCanBeDoneWithAVerificationGoesByItsState(@Nullable String state, String legal) {
        EnumSet<Action> verifying =
                EnumSet.of(Action.VERIFY, Action.PAUSE_VERIFICATION, Action.RESUME_VERIFICATION, Action.REPAIR);
        for (Phase phase : Phase.values()) {
            Set<Action> found = EnumSet.copyOf(verifying);
            found.retainAll(StatusReader.legal(row(phase, null, false, null, state)));
            assertThat(found)
                    .as("%s in %s", state, phase)
                    .extracting(Action::name)
                    .containsExactlyInAnyOrder(
                            switch (phase) {
                                case REPLICATING -> legal.split(" ");
                                case SWITCHED -> legal.replace(" REPAIR", "").split(" ");
                                default -> new String[0];
                            });
        }
    }

    @ParameterizedTest
    @EnumSource(Phase.class)
    void pauseAndResumeExcludeEachOther(Phase phase) {
        boolean pausable = phase == Phase.COPYING || phase == Phase.REPLICATING;
        assertThat(StatusReader.isLegal(Action.RESUME, row(phase, null, true, null)))
                .isEqualTo(pausable);
        assertThat(StatusReader.isLegal(Action.PAUSE, row(phase, null, true, null)))
                .isFalse();
        assertThat(StatusReader.isLegal(Action.RESUME, row(phase, null, false, null)))
                .isFalse();
    }

    @Test
    void anUnfinishedSwitchCanBeRevertedOrAborted() {
        assertThat(StatusReader.legal(row(Phase.REPLICATING, null, false, "switch")))
                .containsExactlyInAnyOrder(Action.REVERT, Action.ABORT);
    }

    @Test
    void aRevertThatCannotEndLeavesTheOtherWayOut() {
        assertThat(StatusReader.legal(row(Phase.SWITCHED, null, false, "revert")))
                .containsExactly(Action.CLEANUP);
        assertThat(StatusReader.legal(row(Phase.REPLICATING, null, false, "revert")))
                .containsExactly(Action.ABORT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"abort", "abort_without_source", "retry"})
    void anAbortOrARetryUnderWayLeavesTheAbort(String request) {
        assertThat(StatusReader.legal(row(Phase.COPYING, null, false, request))).containsExactly(Action.ABORT);
    }

    @Test
    void aSwitchThatStoppedInAnErrorGoesOnOrIsReverted() {
        assertThat(StatusReader.legal(row(Phase.ERROR, Phase.REPLICATING, false, "switch")))
                .containsExactlyInAnyOrder(Action.RETRY, Action.REVERT, Action.ABORT);
        assertThat(StatusReader.legal(row(Phase.ERROR, Phase.SWITCHED, false, "revert")))
                .containsExactlyInAnyOrder(Action.RETRY, Action.REVERT, Action.CLEANUP);
    }

    @ParameterizedTest
    @CsvSource({"SWITCHED, false", "CLEANING_UP, false", "REPLICATING, true", "COPYING, true", "CONFIGURING, true"})
    void aMigrationThatFailedAfterTheSwitchCannotBeAborted(Phase failed, boolean legal) {
        assertThat(StatusReader.isLegal(Action.ABORT, row(Phase.ERROR, failed, false, null)))
                .isEqualTo(legal);
        assertThat(StatusReader.isLegal(Action.RETRY, row(Phase.ERROR, failed, false, null)))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({"SWITCHED, true, true", "CLEANING_UP, false, false", "REPLICATING, false, false"})
    void whatFailedAfterTheSwitchCanStillBeRevertedAndCompleted(Phase failed, boolean revert, boolean complete) {
        assertThat(StatusReader.isLegal(Action.REVERT, row(Phase.ERROR, failed, false, null)))
                .isEqualTo(revert);
        assertThat(StatusReader.isLegal(Action.CLEANUP, row(Phase.ERROR, failed, false, null)))
                .isEqualTo(complete);
    }

    @ParameterizedTest
    @EnumSource(Phase.class)
    void everyPhaseIsReadBackFromItsLabel(Phase phase) {
        assertThat(Phase.ofLabel(phase.label())).isEqualTo(phase);
        assertThat(phase.label()).matches("[a-z_]+");
    }
}
