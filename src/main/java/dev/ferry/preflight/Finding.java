package dev.ferry.preflight;

/**
 * What one check saw.
 *
 * @param id stable name of the check, in kebab-case; with {@code couldNotRun} it is what the user confirms
 * @param title one line, for a list
 * @param detail what is so, with names and numbers
 * @param remedy what to do, with the statement to run where there is one; empty for {@link Level#OK}
 * @param couldNotRun the check itself failed: it blocks until it runs or the user confirms it by id
 */
public record Finding(String id, Level level, String title, String detail, String remedy, boolean couldNotRun) {
    /** How a finding bears on the start. */
    public enum Level {
        OK,
        NOTE,
        WARNING,
        BLOCKER
    }

    static Finding of(String id, Verdict verdict) {
        return new Finding(id, verdict.level(), verdict.title(), verdict.detail(), verdict.remedy(), false);
    }
}
