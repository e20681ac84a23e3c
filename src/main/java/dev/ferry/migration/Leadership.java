package dev.ferry.migration;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which process leads: the one whose name is in the lease on the target. A leader that is gone, or silent for longer than
 * the lease's expiry, is replaced: its sessions at both ends are ended and the epoch is raised. What keeps two leaders from
 * harm is not the lease but the epoch, which each writing transaction holds (RULES A7).
 */
final class Leadership implements EpochFence {
    /** SQLSTATE raised inside a DO block whose epoch is not the current one. */
    static final String REPLACED = "FE001";

    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

    private final String holder;
    private final Supplier<Database> source;
    private final Supplier<Database> target;
    private final Duration expiry;
    private volatile long epoch = -1;
    private volatile @Nullable UUID claimedRun;
    private @Nullable Session heartbeatSession;

    Leadership(String holder, Supplier<Database> source, Supplier<Database> target, Duration expiry) {
        this.holder = holder;
        this.source = source;
        this.target = target;
        this.expiry = expiry;
    }

    boolean leads() {
        return epoch >= 0;
    }

    /**
     * Takes the lease if it is free, expired, or its holder's session is gone. Ferry's schema must exist on the target.
     */
    synchronized boolean acquire() {
        try (Session session = target.get().open()) {
            session.begin();
            // Two candidates: one waits here and then finds a fresh lease.
            session.execute("LOCK TABLE ferry.lease IN SHARE ROW EXCLUSIVE MODE");
            List<Holder> current = session.jdbc()
                    .sql("""
                            SELECT l.holder,
                              l.heartbeat_at > clock_timestamp() - make_interval(secs => ?)
                                AND EXISTS (SELECT FROM pg_stat_activity a
                                            WHERE a.pid = l.backend_pid AND a.application_name = l.holder) AS alive
                            FROM ferry.lease l
                            """)
                    .param(expiry.toMillis() / 1000.0)
                    .query(Holder.class)
                    .list();
            if (!current.isEmpty()
                    && current.get(0).alive()
                    && !current.get(0).holder().equals(holder)) {
                return false;
            }
            for (Holder old : current) {
                if (!old.holder().equals(holder)) {
                    endSessions(session, old.holder());
                }
            }
            long raised = session.jdbc()
                    .sql("UPDATE ferry.epoch SET epoch = epoch + 1 RETURNING epoch")
                    .query(Long.class)
                    .single();
            session.jdbc().sql("""
                            INSERT INTO ferry.lease (holder, backend_pid, heartbeat_at)
                            VALUES (?, pg_backend_pid(), clock_timestamp())
                            ON CONFLICT (only_row) DO UPDATE SET holder = excluded.holder,
                              backend_pid = excluded.backend_pid, heartbeat_at = excluded.heartbeat_at
                            """).param(holder).update();
            session.commit();
            epoch = raised;
        }
        heartbeat();
        LOG.info("Leading, epoch {}", epoch);
        return true;
    }

    private record Holder(String holder, boolean alive) {}

    private static void endSessions(Session session, String oldHolder) {
        session.jdbc().sql("""
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name = ? AND usename = current_user AND pid <> pg_backend_pid()
                        """).param(oldHolder).query(Boolean.class).list();
    }

    /** Says that this process lives. Called on a schedule; a failure is left to the next beat. */
    synchronized void heartbeat() {
        if (!leads()) {
            return;
        }
        try {
            if (heartbeatSession == null) {
                heartbeatSession = target.get().open();
                heartbeatSession.statementTimeout(expiry);
            }
            int renewed = heartbeatSession.jdbc().sql("""
                            UPDATE ferry.lease SET heartbeat_at = clock_timestamp(), backend_pid = pg_backend_pid()
                            WHERE holder = ?
                            """).param(holder).update();
            if (renewed == 0) {
                LOG.warn("Another process leads now");
                resign();
            }
        } catch (RuntimeException e) {
            LOG.debug("No heartbeat: {}", SqlState.describe(e)); // the pulse tells, and the status shows it
            closeHeartbeat();
        }
    }

    /** Gives the lease back, for a process that ends in good order. */
    synchronized void release() {
        if (leads()) {
            try {
                target.get()
                        .jdbc()
                        .sql("UPDATE ferry.lease SET heartbeat_at = '-infinity' WHERE holder = ?")
                        .param(holder)
                        .update();
            } catch (RuntimeException e) {
                LOG.warn("The lease could not be given back and will expire: {}", SqlState.describe(e));
            }
        }
        resign();
    }

    /** Stops leading at once, here; nothing is written. */
    synchronized void resign() {
        epoch = -1;
        closeHeartbeat();
    }

    private void closeHeartbeat() {
        if (heartbeatSession != null) {
            heartbeatSession.close();
            heartbeatSession = null;
        }
    }

    /**
     * Makes the source know this leader's epoch, and ends what a former one still has open there. Before the first write
     * to the source, which {@link #hold} refuses otherwise.
     */
    void claimSource(UUID runId) {
        claimedRun = runId;
        try (Session session = source.get().open()) {
            session.jdbc()
                    .sql("""
                            SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
                            WHERE application_name LIKE 'ferry/%' AND application_name <> ? AND usename = current_user
                              AND datname = current_database()
                              AND EXISTS (SELECT FROM ferry.run WHERE run_id = ? AND epoch < ?)
                            """)
                    .params(holder, runId, epoch)
                    .query(Boolean.class)
                    .list();
            session.jdbc()
                    .sql("UPDATE ferry.run SET epoch = ? WHERE run_id = ? AND epoch < ?")
                    .params(epoch, runId, epoch)
                    .update();
        }
    }

    long epoch() {
        return epoch;
    }

    @Override
    public void hold(Session session, End end) {
        List<Long> held = end == End.TARGET
                ? session.list(Long.class, "SELECT epoch FROM ferry.epoch WHERE epoch = ? FOR SHARE", epoch)
                : session.list(
                        Long.class,
                        "SELECT epoch FROM ferry.run WHERE epoch = ? AND run_id::text = ? FOR SHARE",
                        epoch,
                        String.valueOf(claimedRun));
        if (held.isEmpty()) {
            throw new FerryException(
                    FailureCode.NOT_LEADER,
                    "Another process leads this migration now; this one has stopped.",
                    "Nothing to do. If no other Ferry should run, look for one and end it.");
        }
    }

    @Override
    public String assertion(End end) {
        return """
                PERFORM 1 FROM %s WHERE epoch = %d%s FOR SHARE;
                IF NOT FOUND THEN
                  RAISE EXCEPTION 'another process leads' USING ERRCODE = '%s';
                END IF;
                """.formatted(
                        end == End.TARGET ? "ferry.epoch" : "ferry.run",
                        epoch,
                        // Epochs count from one in each run: the source may belong to another one by now.
                        end == End.TARGET ? "" : " AND run_id::text = '" + claimedRun + "'",
                        REPLACED);
    }
}
