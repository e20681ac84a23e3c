package dev.ferry.preflight;

import dev.ferry.preflight.Finding.Level;

/** What a check made of what it saw; with the check's id it is a {@link Finding}. */
record Verdict(Level level, String title, String detail, String remedy) {
    static Verdict ok(String title) {
        return new Verdict(Level.OK, title, "", "");
    }

    static Verdict ok(String title, String detail) {
        return new Verdict(Level.OK, title, detail, "");
    }

    static Verdict note(String title, String detail, String remedy) {
        return new Verdict(Level.NOTE, title, detail, remedy);
    }

    static Verdict warning(String title, String detail, String remedy) {
        return new Verdict(Level.WARNING, title, detail, remedy);
    }

    static Verdict blocker(String title, String detail, String remedy) {
        return new Verdict(Level.BLOCKER, title, detail, remedy);
    }
}
