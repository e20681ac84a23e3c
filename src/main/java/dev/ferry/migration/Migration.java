package dev.ferry.migration;

import dev.ferry.journal.Event;
import dev.ferry.preflight.PreflightReport;
import java.util.List;
import java.util.Set;

/**
 * The one service behind dashboard and API: same actions, same rules. Nothing in here waits for a database longer than a
 * few seconds, and nothing advances because somebody asks: the machine advances by itself.
 */
public interface Migration {
    /** Cheap: at most about a second old, whatever the number of viewers. */
    MigrationStatus status();

    /**
     * Runs all checks; takes up to some tens of seconds when an end cannot be reached.
     *
     * @param maximumAgeSeconds an earlier report no older than this is good enough
     */
    PreflightReport preflight(int maximumAgeSeconds);

    /** From memory alone, at once. */
    Vitals vitals();

    /** The newest events, oldest first. */
    List<Event> events(int lines);

    /** Asks for an action. Only the leader acts; see {@link Outcome}. */
    Outcome perform(Action action, Options options);

    /** The statements that Switch and Revert would run on the source now, for people to read. */
    CutoverSql cutoverSql();

    /**
     * What goes with an action.
     *
     * @param hold START stops at {@code ready_to_copy}
     * @param force SWITCH overrides soft blockers; ABORT and CLEANUP leave a source alone that cannot be reached
     * @param confirmedChecks START goes on although these preflight checks (by id) could not run
     */
    record Options(boolean hold, boolean force, Set<String> confirmedChecks) {
        public static final Options NONE = new Options(false, false, Set.of());
    }

    /**
     * Statements for people to read.
     *
     * @param grantsAfterComplete what undoes the write block on the source once Ferry is gone
     */
    record CutoverSql(String switchSql, String revertSql, String grantsAfterComplete) {}
}
