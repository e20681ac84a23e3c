package dev.ferry.cutover;

import dev.ferry.capture.Capture;
import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Session;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Journal;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/** Removes every trace of Ferry from the source, and proves it. */
public final class SourceCleanup {
    /** What Flyway made there; all else is removed by the capture's manifest. */
    private static final List<String> FIXED_TABLES =
            List.of("captured_table", "marker", "flush", "write_fence", "position", "run", "flyway_schema_history");

    private final Database source;
    private final EpochFence fence;
    private final WriteFence writeFence;
    private final Journal journal;

    public SourceCleanup(Database source, EpochFence fence, WriteFence writeFence, Journal journal) {
        this.source = source;
        this.fence = fence;
        this.writeFence = writeFence;
        this.journal = journal;
    }

    /**
     * Removes capture, the write fence's triggers, then the schema; leaves alone what belongs to another run.
     *
     * @return false if asked to stop before
     */
    public boolean run(UUID runId, BooleanSupplier keepGoing) {
        if (belongsToAnotherRun(runId)) {
            journal.warn("Schema ferry on the source belongs to another run and was left alone.");
            return true;
        }
        if (schemaIsThere()) {
            if (!new Capture(source, fence, journal, keepGoing).remove() || !writeFence.remove(keepGoing)) {
                return false;
            }
            StringBuilder drops = new StringBuilder("DO $ferry_block$ BEGIN\n").append(fence.assertion(End.SOURCE));
            for (String table : FIXED_TABLES) {
                drops.append("DROP TABLE IF EXISTS ferry.").append(table).append(";\n");
            }
            drops.append("DROP SCHEMA ferry RESTRICT;\nEND $ferry_block$");
            try (Session session = source.open()) {
                session.execute(drops.toString());
            }
        } else {
            dropUnfinishedSetUp();
        }
        requireNothingLeft();
        return true;
    }

    private boolean belongsToAnotherRun(UUID runId) {
        return schemaIsThere()
                && source.jdbc()
                        .sql("SELECT EXISTS (SELECT FROM ferry.run WHERE run_id <> ?)")
                        .param(runId)
                        .query(Boolean.class)
                        .single();
    }

    private boolean schemaIsThere() {
        return source.jdbc()
                .sql("SELECT to_regclass('ferry.run') IS NOT NULL")
                .query(Boolean.class)
                .single();
    }

    /** Flyway makes the schema and its own history before the first table. Anything else in there makes this fail. */
    private void dropUnfinishedSetUp() {
        try (Session session = source.open()) {
            session.execute("DROP TABLE IF EXISTS ferry.flyway_schema_history; DROP SCHEMA IF EXISTS ferry RESTRICT");
        }
    }

    private void requireNothingLeft() {
        long left = source.jdbc().sql("""
                        SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'ferry')
                             + (SELECT count(*) FROM pg_trigger
                                WHERE tgname IN ('ferry_capture', 'ferry_truncate', 'ferry_write_fence'))
                        """).query(Long.class).single();
        if (left > 0) {
            throw new FerryException(
                    FailureCode.SOURCE,
                    left + " objects of Ferry are still on the source.",
                    "Press Retry; if it stays so, run docs/remove-ferry.sql on the source.");
        }
        journal.info("Nothing of Ferry is left on the source: 0 schemas, 0 triggers.");
    }
}
