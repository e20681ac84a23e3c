package dev.ferry.copy;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Which chunks there are and which are done, on the target. A chunk's rows and its mark commit in one transaction there,
 * so what the ledger says is what the table holds, whoever died when. The state of a table moves from {@code pending} over
 * {@code copying} and {@code pruned} to {@code synced}.
 */
public final class ChunkLedger {
    private final Database target;
    private final EpochFence fence;

    public ChunkLedger(Database target, EpochFence fence) {
        this.target = target;
        this.fence = fence;
    }

    List<Integer> tablesIn(String state) {
        return target.jdbc()
                .sql("SELECT table_id FROM ferry.table_copy WHERE state = ? AND suspended IS NULL ORDER BY table_id")
                .param(state)
                .query(Integer.class)
                .list();
    }

    /** Writes a plan for a table that has none, or in place of its old one, whose rows it deletes. */
    void plan(TrackedTable table, long filenode, List<ChunkPlanner.BlockRange> ranges) {
        try (Session session = target.open()) {
            session.begin();
            fence.hold(session, End.TARGET);
            // Waits for chunks of this table that are on their way, and makes those that come later see a new
            // generation.
            int generation = session.jdbc()
                    .sql("SELECT generation FROM ferry.table_copy WHERE table_id = ? FOR UPDATE")
                    .param(table.id())
                    .query(Integer.class)
                    .single();
            if (generation > 0) {
                if (table.definition().through() == null) {
                    session.execute("TRUNCATE ONLY " + table.name().sql());
                }
                session.jdbc()
                        .sql("DELETE FROM ferry.chunk WHERE table_id = ?")
                        .param(table.id())
                        .update();
            }
            for (ChunkPlanner.BlockRange range : ranges) {
                session.jdbc()
                        .sql("INSERT INTO ferry.chunk (table_id, first_block, end_block, bytes) VALUES (?, ?, ?, ?)")
                        .params(table.id(), range.firstBlock(), range.endBlock(), range.bytes())
                        .update();
            }
            session.jdbc().sql("""
                            UPDATE ferry.table_copy SET state = 'copying', generation = generation + 1, filenode = ?
                            WHERE table_id = ?
                            """).params(filenode, table.id()).update();
            session.commit();
        }
    }

    /** The plan's file node is no longer the table's: back to be planned again, unless somebody did so before. */
    void planAgain(int tableId, int generation) {
        target.jdbc()
                .sql(
                        "UPDATE ferry.table_copy SET state = 'pending' WHERE table_id = ? AND generation = ? AND state = 'copying'")
                .params(tableId, generation)
                .update();
    }

    /**
     * Takes a chunk that nobody has, for the rest of the session's transaction.
     *
     * @param leftOut tables to take none of
     */
    Optional<Chunk> claim(Session session, Collection<Integer> leftOut) {
        return session.jdbc()
                .sql("""
                        SELECT k.table_id, k.first_block, k.end_block, t.filenode, t.generation
                        FROM ferry.chunk k JOIN ferry.table_copy t ON t.table_id = k.table_id
                        WHERE k.done_at IS NULL AND t.state = 'copying' AND t.suspended IS NULL
                          AND k.table_id <> ALL (?)
                        ORDER BY k.table_id, k.first_block
                        LIMIT 1
                        FOR UPDATE OF k SKIP LOCKED
                        FOR SHARE OF t
                        """)
                .param(leftOut.toArray(Integer[]::new))
                .query(Chunk.class)
                .optional();
    }

    void done(Session session, Chunk chunk, long rows) {
        session.jdbc()
                .sql("""
                        UPDATE ferry.chunk SET done_at = clock_timestamp(), rows = ?
                        WHERE table_id = ? AND first_block = ?
                        """)
                .params(rows, chunk.tableId(), chunk.firstBlock())
                .update();
    }

    boolean hasOpenChunks() {
        return target.jdbc().sql("""
                        SELECT EXISTS (
                          SELECT FROM ferry.chunk k JOIN ferry.table_copy t ON t.table_id = k.table_id
                          WHERE k.done_at IS NULL AND t.suspended IS NULL)
                        """).query(Boolean.class).single();
    }

    long filenodeOf(int tableId) {
        return target.jdbc()
                .sql("SELECT filenode FROM ferry.table_copy WHERE table_id = ?")
                .param(tableId)
                .query(Long.class)
                .single();
    }

    void advance(Session session, int tableId, String from, String to) {
        session.jdbc()
                .sql("UPDATE ferry.table_copy SET state = ? WHERE table_id = ? AND state = ?")
                .params(to, tableId, from)
                .update();
    }
}
