package dev.ferry.migration;

import org.jspecify.annotations.Nullable;

/** The answer to an {@link Action}. */
public sealed interface Outcome {
    String message();

    /** Done, or begun and going on by itself. */
    record Accepted(String message) implements Outcome {}

    /** Begun, and not over within the time that a caller waits. */
    record Pending(String message) implements Outcome {}

    /** Not done, and nothing changed; unless the phase is ERROR: begun, and stopped there. */
    record Refused(
            Code code,
            String message,
            Phase phase,
            @Nullable Readiness readiness) implements Outcome {
        /** Why; the API shows it in lower case. */
        public enum Code {
            WRONG_PHASE,
            PREFLIGHT_BLOCKED,
            CUTOVER_BLOCKED,
            CUTOVER_OVERRIDE_REQUIRED,
            NOT_LEADER
        }
    }
}
