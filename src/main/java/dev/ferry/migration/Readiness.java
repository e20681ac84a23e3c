package dev.ferry.migration;

import java.util.List;

/**
 * Whether a switch may begin, and what stands against it.
 *
 * @param canForce only soft blockers stand against it
 */
public record Readiness(
        Level level,
        boolean canForce,
        String message,
        List<Blocker> hardBlockers,
        List<Blocker> softBlockers,
        List<String> notes) {

    /** The sum of it; the API shows it in lower case. */
    public enum Level {
        NOT_READY,
        BLOCKED,
        WARNING,
        READY
    }

    /** @param code stable, as listed in docs/api.md */
    public record Blocker(String code, String message) {}
}
