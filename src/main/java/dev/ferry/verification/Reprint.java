package dev.ferry.verification;

import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import org.jspecify.annotations.Nullable;

/**
 * Lets the target's server print a text of the source's server in its own words: versions print the same parse tree
 * differently (from 16 on a view on one table leaves out the table's name before its columns). What is made for that is
 * temporary, and rolled back.
 */
final class Reprint {
    private final Session target;
    private final Runnable begin;

    Reprint(Session target, Runnable begin) {
        this.target = target;
        this.begin = begin;
    }

    /** Null if the target's server does not take it: what is there is something else then. */
    @Nullable String of(Definition definition, String text) {
        return switch (definition.kind()) {
            case "view", "materialized view" ->
                reprinted(
                        "CREATE TEMPORARY VIEW ferry_reprint AS " + text,
                        "SELECT pg_get_viewdef('pg_temp.ferry_reprint'::regclass)");
            default -> null;
        };
    }

    private @Nullable String reprinted(String creation, String print) {
        begin.run();
        try {
            target.execute(creation);
            return target.list(String.class, print).get(0);
        } catch (RuntimeException e) {
            if (SqlState.of(e) == null || SqlState.isTransient(e)) {
                throw e;
            }
            return null;
        } finally {
            target.rollback();
        }
    }
}
