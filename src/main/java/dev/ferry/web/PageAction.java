package dev.ferry.web;

import dev.ferry.migration.Action;
import org.jspecify.annotations.Nullable;

/** An {@link Action} as the dashboard offers it. The dangerous ones are asked about before they are done. */
enum PageAction {
    START(Action.START, "start", "Start", false),
    START_COPY(Action.START_COPY, "start-copy", "Start copy", false),
    PAUSE(Action.PAUSE, "pause", "Pause", false),
    RESUME(Action.RESUME, "resume", "Resume", false),
    SWITCH(Action.SWITCH, "switch", "Switch traffic", true),
    REVERT(Action.REVERT, "revert", "Revert switch", true),
    COMPLETE(Action.CLEANUP, "complete", "Complete", true),
    RETRY(Action.RETRY, "retry", "Retry", false),
    ABORT(Action.ABORT, "abort", "Abort", true),
    VERIFY(Action.VERIFY, "verify", "Verify", false),
    PAUSE_VERIFICATION(Action.PAUSE_VERIFICATION, "pause-verification", "Pause verification", false),
    RESUME_VERIFICATION(Action.RESUME_VERIFICATION, "resume-verification", "Resume verification", false),
    REPAIR(Action.REPAIR, "repair", "Repair", false),
    REMOVE_STATE(Action.REMOVE_STATE, "remove-state", "Remove Ferry’s schema", true);

    private final Action action;
    private final String path;
    private final String label;
    private final boolean dangerous;

    PageAction(Action action, String path, String label, boolean dangerous) {
        this.action = action;
        this.path = path;
        this.label = label;
        this.dangerous = dangerous;
    }

    static PageAction of(Action action) {
        for (PageAction page : values()) {
            if (page.action == action) {
                return page;
            }
        }
        throw new IllegalArgumentException("no button for " + action);
    }

    static @Nullable PageAction ofPath(String path) {
        for (PageAction page : values()) {
            if (page.path.equals(path)) {
                return page;
            }
        }
        return null;
    }

    Action action() {
        return action;
    }

    String path() {
        return path;
    }

    String label() {
        return label;
    }

    /** It waits for the source, and need not where that is gone for good. */
    boolean canLeaveSource() {
        return this == COMPLETE || this == ABORT;
    }

    boolean dangerous() {
        return dangerous;
    }
}
