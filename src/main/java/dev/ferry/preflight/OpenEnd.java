package dev.ferry.preflight;

import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.Session;
import java.time.Duration;

/**
 * One end that was reached.
 *
 * @param role who we are there: {@code current_user}, never the URL's user, which may carry a routing suffix
 * @param roundTrip the median of a few empty statements
 * @param sharedServerProcess two connections of ours were served by one server process, as behind a pooler
 * @param encryption the protocol's version, or "no TLS"
 */
record OpenEnd(
        Session session,
        DatabaseUrl url,
        int majorVersion,
        String fullVersion,
        String role,
        Duration roundTrip,
        boolean sharedServerProcess,
        String encryption)
        implements AutoCloseable {

    boolean is(String question, Object... parameters) {
        return Boolean.TRUE.equals(session.jdbc()
                .sql(question)
                .params(parameters)
                .query(Boolean.class)
                .single());
    }

    String text(String question, Object... parameters) {
        return String.valueOf(session.jdbc()
                .sql(question)
                .params(parameters)
                .query(String.class)
                .single());
    }

    /** Numbers are never null in what a preflight asks. */
    long number(String question, Object... parameters) {
        return Long.parseLong(text(question, parameters));
    }

    /** Runs in a transaction that is always rolled back. */
    void tryOut(Runnable work) {
        session.begin();
        try {
            work.run();
        } finally {
            session.rollback();
        }
    }

    @Override
    public void close() {
        session.close();
    }
}
