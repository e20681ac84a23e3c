package dev.ferry.migration;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Session;
import dev.ferry.notification.Milestone;
import dev.ferry.sync.SourceServer;
import dev.ferry.verification.VerificationLedger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The migration's row on the target. The database decides: a move whose starting point does not hold changes no row. */
final class MigrationStore {
    private final Supplier<Database> target;

    MigrationStore(Supplier<Database> target) {
        this.target = target;
    }

    /** Creates or updates Ferry's own schema at one end. */
    static void migrateSchema(Database database) {
        Flyway.configure()
                .dataSource(database.dataSource())
                .schemas("ferry")
                .defaultSchema("ferry")
                .createSchemas(true)
                .locations(
                        database.end() == End.TARGET ? "classpath:db/target" : "classpath:db/source",
                        "classpath:db/capture")
                .load()
                .migrate();
    }

    /** Whether Ferry has written to this target before. */
    boolean exists() {
        return target.get()
                .jdbc()
                .sql("SELECT to_regclass('ferry.migration') IS NOT NULL")
                .query(Boolean.class)
                .single();
    }

    Optional<MigrationRow> read() {
        return target.get()
                .jdbc()
                // By name through JSON: a process that does not lead yet may read a row of before V11 or V22.
                .sql("""
                        SELECT m.*, to_jsonb(m) ->> 'excluded_tables' AS excluded, to_jsonb(m) ->> 'verification' AS verified,
                          (to_jsonb(m) ->> 'verification_finished_at')::timestamptz AS verified_at
                        FROM ferry.migration m
                        """)
                .query((row, number) -> row(row))
                .optional();
    }

    private static MigrationRow row(ResultSet row) throws SQLException {
        String failed = row.getString("failed_phase");
        return new MigrationRow(
                row.getObject("run_id", UUID.class),
                row.getString("source"),
                Phase.ofLabel(row.getString("phase")),
                failed == null ? null : Phase.ofLabel(failed),
                row.getBoolean("paused"),
                row.getBoolean("hold"),
                row.getString("excluded"),
                row.getString("request"),
                row.getString("error"),
                row.getBoolean("revert_unsettled"),
                row.getTimestamp("started_at").toInstant(),
                instant(row.getTimestamp("in_sync_at")),
                instant(row.getTimestamp("switched_at")),
                instant(row.getTimestamp("completed_at")),
                row.getObject("write_blocked_ms", Long.class),
                row.getString("verified"),
                instant(row.getTimestamp("verified_at")));
    }

    private static @Nullable Instant instant(@Nullable Timestamp timestamp) {
        return timestamp == null ? null : timestamp.toInstant();
    }

    void create(EpochFence fence, UUID runId, String source, boolean hold, String excludedTables) {
        inTransaction(fence, session -> {
            session.jdbc()
                    .sql("""
                    INSERT INTO ferry.migration (run_id, source, phase, hold, excluded_tables, started_at)
                    VALUES (?, ?, ?, ?, ?, clock_timestamp())
                    """)
                    .params(runId, source, Phase.STARTING.label(), hold, excludedTables)
                    .update();
            MilestoneLedger.note(session, Milestone.STARTED);
        });
    }

    /** Moves on, in a transaction of its own. */
    void move(EpochFence fence, Phase from, Phase to) {
        inTransaction(fence, session -> move(session, from, to));
    }

    /** Moves on, inside the session's transaction. */
    static void move(Session session, Phase from, Phase to) {
        move(session, from, to, null);
    }

    private static void move(Session session, Phase from, Phase to, @Nullable String request) {
        int moved = session.jdbc()
                .sql("""
                        UPDATE ferry.migration SET phase = :to, error = NULL, failed_phase = NULL,
                          in_sync_at = CASE WHEN :to = 'replicating' THEN coalesce(in_sync_at, clock_timestamp())
                                            ELSE in_sync_at END,
                          switched_at = CASE WHEN :to = 'switched' THEN coalesce(switched_at, clock_timestamp())
                                             WHEN :to = 'replicating' THEN NULL ELSE switched_at END,
                          completed_at = CASE WHEN :to IN ('completed', 'aborted') THEN clock_timestamp()
                                              ELSE completed_at END,
                          request = CASE WHEN :to IN ('completed', 'aborted', 'cleaning_up')
                                           OR :to = 'switched' AND :from <> 'error'
                                         THEN NULL ELSE request END
                        WHERE phase = :from AND (:request::text IS NULL OR request = :request)
                        """)
                .param("from", from.label())
                .param("to", to.label())
                .param("request", request)
                .update();
        if (moved == 0) {
            throw new IllegalPhaseChangeException(from, to);
        }
        if (to == Phase.CLEANING_UP || to == Phase.ABORTED) {
            VerificationLedger.leaveIncomplete(session);
        }
        MilestoneLedger.noteMove(session, from, to);
    }

    /** Opens the way for the app, unless a revert was asked for meanwhile. */
    static void moveToSwitched(Session session, long writeBlockedMillis) {
        move(session, Phase.REPLICATING, Phase.SWITCHED, "switch");
        session.execute("UPDATE ferry.migration SET verification = 'paused' WHERE verification = 'running'");
        MilestoneLedger.noteSwitch(session, writeBlockedMillis);
    }

    void fail(EpochFence fence, Phase from, String error) {
        inTransaction(fence, session -> {
            int failed = session.jdbc()
                    .sql("""
                    UPDATE ferry.migration SET phase = 'error', error = :error,
                      failed_phase = CASE WHEN phase = 'error' THEN failed_phase ELSE phase END,
                      request = CASE WHEN request IN ('switch', 'revert') THEN request END
                    WHERE phase = :from
                    """)
                    .param("from", from.label())
                    .param("error", error)
                    .update();
            if (failed == 1 && from != Phase.ERROR) {
                MilestoneLedger.noteError(session);
            }
        });
    }

    /**
     * Asks for something that the leader's runner takes up.
     *
     * @throws IllegalPhaseChangeException if the phase, or what was asked for before, is no longer as the caller saw it
     */
    void request(EpochFence fence, MigrationRow seen, String what) {
        inTransaction(fence, session -> {
            int asked = session.jdbc()
                    .sql("""
                            UPDATE ferry.migration SET request = :asked
                            WHERE phase = :phase AND request IS NOT DISTINCT FROM :before::text
                            """)
                    .param("asked", what)
                    .param("phase", seen.phase().label())
                    .param("before", seen.request())
                    .update();
            if (asked == 0) {
                throw new IllegalPhaseChangeException(seen.phase(), what);
            }
        });
    }

    /** What was asked for is over. */
    void requestOver(EpochFence fence) {
        inTransaction(fence, session -> {
            MilestoneLedger.noteEndOfRequest(session);
            session.execute("UPDATE ferry.migration SET request = NULL");
        });
    }

    void pause(EpochFence fence, boolean paused) {
        inTransaction(
                fence,
                session -> session.jdbc()
                        .sql("UPDATE ferry.migration SET paused = ?")
                        .param(paused)
                        .update());
    }

    void writeBlocked(EpochFence fence, long millis) {
        inTransaction(fence, session -> {
            session.jdbc()
                    .sql("UPDATE ferry.migration SET write_blocked_ms = ?")
                    .param(millis)
                    .update();
            MilestoneLedger.correctSwitch(session, millis);
        });
    }

    /** From ERROR back to the phase that failed; a source that has become another server is accepted by that. */
    void retry(EpochFence fence, MigrationRow failed, Phase to) {
        inTransaction(fence, session -> {
            if (String.valueOf(failed.error()).startsWith(SourceServer.CHANGED)) {
                SourceServer.forget(session);
            }
            move(session, Phase.ERROR, to);
        });
    }

    /**
     * Takes a switch back, unless the target is open: a transaction that opens it, and whose outcome nobody has seen yet,
     * is waited for here, and one that comes later finds no switch to finish.
     *
     * @return false if the target is open
     */
    boolean giveUpSwitch(EpochFence fence) {
        boolean[] taken = {false};
        inTransaction(
                fence,
                session -> taken[0] = session.jdbc()
                                .sql("UPDATE ferry.migration SET request = 'revert' WHERE phase = 'replicating'")
                                .update()
                        == 1);
        return taken[0];
    }

    static void settleRevert(Session session) {
        session.execute("UPDATE ferry.migration SET revert_unsettled = false WHERE revert_unsettled");
    }

    VerificationLedger verification(EpochFence fence) {
        return new VerificationLedger(target.get(), fence);
    }

    boolean isDone(String step) {
        return target.get()
                .jdbc()
                .sql("SELECT EXISTS (SELECT FROM ferry.step WHERE name = ?)")
                .param(step)
                .query(Boolean.class)
                .single();
    }

    void done(EpochFence fence, String step) {
        inTransaction(fence, session -> {
            int fresh = session.jdbc()
                    .sql("INSERT INTO ferry.step (name) VALUES (?) ON CONFLICT DO NOTHING")
                    .param(step)
                    .update();
            if (fresh == 1 && step.equals(Copying.COPIED)) {
                MilestoneLedger.noteCopy(session);
            }
        });
    }

    void undone(EpochFence fence, String step) {
        inTransaction(
                fence,
                session -> session.jdbc()
                        .sql("DELETE FROM ferry.step WHERE name = ?")
                        .param(step)
                        .update());
    }

    /** Removes Ferry's schema from the target: every table in it, then the schema, which must be empty by then. */
    void removeSchema(EpochFence fence) {
        inTransaction(fence, session -> {
            for (String table : session.list(String.class, """
                    SELECT c.oid::regclass::text FROM pg_class c
                    WHERE c.relnamespace = 'ferry'::regnamespace AND c.relkind = 'r'
                    """)) {
                session.execute("DROP TABLE " + table + " CASCADE");
            }
            session.execute("DROP SCHEMA ferry RESTRICT");
        });
    }

    void inTransaction(EpochFence fence, java.util.function.Consumer<Session> work) {
        try (Session session = target.get().open()) {
            session.begin();
            fence.hold(session, End.TARGET);
            work.accept(session);
            session.commit();
        }
    }

    JdbcClient jdbc() {
        return target.get().jdbc();
    }
}
