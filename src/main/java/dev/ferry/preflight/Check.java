package dev.ferry.preflight;

import dev.ferry.database.SqlState;
import dev.ferry.failure.FerryException;
import java.util.function.Function;

/**
 * One question to one or both ends, independent of all others.
 *
 * @param id stable, in kebab-case
 * @param subject what it looks at, for the title if it fails
 * @param needs which ends have to be reached for it
 */
record Check(String id, String subject, Needs needs, Function<Ends, Verdict> question) {
    enum Needs {
        SOURCE,
        TARGET,
        BOTH
    }

    static Check ofSource(String id, String subject, Function<Ends, Verdict> question) {
        return new Check(id, subject, Needs.SOURCE, question);
    }

    static Check ofTarget(String id, String subject, Function<Ends, Verdict> question) {
        return new Check(id, subject, Needs.TARGET, question);
    }

    static Check ofBoth(String id, String subject, Function<Ends, Verdict> question) {
        return new Check(id, subject, Needs.BOTH, question);
    }

    /** Never fails: a question that cannot be answered blocks under this check's name. */
    Finding run(Ends ends) {
        try {
            return Finding.of(id, question.apply(ends));
        } catch (FerryException e) {
            return couldNotRun(e.getMessage() + " " + e.remedy());
        } catch (RuntimeException e) {
            return couldNotRun(SqlState.describe(e));
        }
    }

    Finding couldNotRun(String reason) {
        return new Finding(
                id,
                Finding.Level.BLOCKER,
                "Could not check: " + subject,
                reason,
                "Remove the cause and check again. Or confirm this check by its name, " + id
                        + ", when you start, if you know the answer.",
                true);
    }
}
