package dev.ferry.database;

import java.sql.SQLException;
import java.util.Optional;
import org.springframework.dao.DataAccessException;

/** A statement or a connection failed, and at which end. {@link SqlState} sorts it by its cause. */
public final class EndFailure extends DataAccessException {
    private final End end;

    public EndFailure(End end, SQLException cause) {
        super(end.label() + ": " + SqlState.describe(cause), cause);
        this.end = end;
    }

    public End end() {
        return end;
    }

    /** The end that a failure came from; empty if no database is to blame. */
    public static Optional<End> endOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof EndFailure at) {
                return Optional.of(at.end);
            }
        }
        return Optional.empty();
    }
}
