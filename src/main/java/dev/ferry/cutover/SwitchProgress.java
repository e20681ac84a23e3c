package dev.ferry.cutover;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a switch stands, for people. */
public record SwitchProgress(
        int attempt,
        State state,
        List<String> waitingFor,
        @Nullable String lastError) {
    public static final SwitchProgress IDLE = new SwitchProgress(0, State.IDLE, List.of(), null);

    /** The API shows these in lower case. */
    public enum State {
        IDLE,
        /** Waiting for open writers; the app is held up for less than a second at each try. */
        LOCKING,
        /** The app is shut out; the rest of the log is on its way. */
        DRAINING,
        DONE,
        /** No lock on all tables in any try; the app writes as before. */
        GAVE_UP
    }
}
