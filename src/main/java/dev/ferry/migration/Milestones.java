package dev.ferry.migration;

import dev.ferry.database.Database;
import dev.ferry.database.SqlState;
import dev.ferry.migration.MigrationStatus.ReplicationDelay;
import dev.ferry.notification.Delivery;
import dev.ferry.notification.Notice;
import dev.ferry.notification.Notifier;
import dev.ferry.notification.Place;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what the ledger says is to be told, and watches for what no transaction brings about: lag, the log's size, a copy
 * that stands still. The leader's alone. What it notes while the target is gone is sent all the same, and written down later.
 *
 * <p>A message is sent once, also across restarts; twice if the process dies between the sending and its mark.
 */
final class Milestones {
    private static final Logger LOG = LoggerFactory.getLogger(Milestones.class);
    private static final Duration LOG_LOOKED_AT_EVERY = Duration.ofSeconds(10);

    private final Ends ends;
    private final MigrationStore store;
    private final Leadership leadership;
    private final FerryProperties.Notification limits;
    private final Notifier notifier;
    private final Place place;
    private final Clock clock;

    private @Nullable UUID runId;
    private final Set<Alarm> raised = EnumSet.noneOf(Alarm.class);
    private final Map<UUID, MilestoneLedger.Line> unwritten = new LinkedHashMap<>();
    private final Set<UUID> underWay = ConcurrentHashMap.newKeySet();
    private final Set<UUID> unmarked = ConcurrentHashMap.newKeySet();
    private Instant logLookedAt = Instant.EPOCH;
    private long copiedAtStall = -1;

    Milestones(
            Ends ends,
            MigrationStore store,
            Leadership leadership,
            FerryProperties.Notification limits,
            Notifier notifier,
            Clock clock) {
        this.ends = ends;
        this.store = store;
        this.leadership = leadership;
        this.limits = limits;
        this.notifier = notifier;
        this.place = Place.between(ends.source().url(), ends.target().url());
        this.clock = clock;
    }

    /** Called on a schedule, with what the migration looks like now. */
    synchronized void look(MigrationStatus status) {
        if (!leadership.leads()) {
            runId = null;
            return;
        }
        try {
            settle();
        } catch (RuntimeException e) {
            LOG.debug("Not settled: {}", SqlState.describe(e)); // the target is gone; the status says so
        }
        if (runId != null) {
            change(Alarm.STALL, stall(status), status);
            change(Alarm.LAG, lag(status), status);
            change(Alarm.LOG, log(status), status);
        }
        handOver();
    }

    /** Hands all that is to be told to the notifier: before it is gone with Ferry's schema, too. */
    synchronized void handOver() {
        UUID run = runId;
        if (run == null) {
            return;
        }
        try {
            for (MilestoneLedger.Line line : MilestoneLedger.unsent(store.jdbc())) {
                if (!underWay.contains(line.id()) && !offer(run, line, () -> isDue(line.id()))) {
                    return; // later, and in order
                }
            }
        } catch (RuntimeException e) {
            LOG.debug("Nothing handed over: {}", SqlState.describe(e));
        }
    }

    /** Learns which run this is, and writes down what could not be written when it happened. */
    private void settle() {
        UUID run = store.exists() ? store.read().map(MigrationRow::runId).orElse(null) : null;
        if (run == null || !run.equals(runId)) {
            raised.clear();
            unwritten.clear();
            copiedAtStall = -1;
            runId = null;
            if (run == null) {
                return;
            }
            for (Alarm alarm : Alarm.values()) {
                if (MilestoneLedger.newest(store.jdbc(), Set.of(alarm.raised(), alarm.over())) == alarm.raised()) {
                    raised.add(alarm);
                }
            }
            runId = run;
        }
        for (MilestoneLedger.Line line : List.copyOf(unwritten.values())) {
            write(line);
            unwritten.remove(line.id());
        }
        for (UUID id : Set.copyOf(unmarked)) {
            MilestoneLedger.sent(store.jdbc(), id);
            unmarked.remove(id);
            underWay.remove(id);
        }
    }

    private void write(MilestoneLedger.Line line) {
        store.inTransaction(leadership, session -> MilestoneLedger.write(session, line));
    }

    private boolean offer(UUID run, MilestoneLedger.Line line, BooleanSupplier due) {
        underWay.add(line.id());
        Notice notice = new Notice(line.milestone(), line.phase(), run, line.at(), line.figures(), place);
        boolean taken = notifier.offer(new Delivery(notice, due, () -> mark(line.id())));
        if (!taken) {
            underWay.remove(line.id());
        }
        return taken;
    }

    /** Another process may have taken over and sent it while it waited here. */
    private boolean isDue(UUID id) {
        try {
            return !MilestoneLedger.isSent(store.jdbc(), id);
        } catch (RuntimeException e) {
            return true; // Ferry's schema is gone, or the target: then nobody else knows of it
        }
    }

    private void mark(UUID id) {
        try {
            MilestoneLedger.sent(store.jdbc(), id);
        } catch (RuntimeException e) {
            LOG.debug("Not marked yet: {}", SqlState.describe(e));
        }
        unmarked.add(id); // again with the next look: it may not have been written yet
    }

    /** @param high over the limit, or well under it; what is between changes nothing, and is no reading */
    private record Reading(boolean high, Map<String, Object> figures) {}

    private void change(Alarm alarm, @Nullable Reading reading, MigrationStatus status) {
        UUID run = runId;
        if (run == null || reading == null || reading.high() == raised.contains(alarm)) {
            return;
        }
        MilestoneLedger.Line line = new MilestoneLedger.Line(
                UUID.randomUUID(),
                reading.high() ? alarm.raised() : alarm.over(),
                status.phase(),
                clock.instant(),
                reading.figures());
        try {
            write(line);
        } catch (RuntimeException e) {
            if (Failures.reaction(e) == Failures.Reaction.RESIGN) {
                return; // the successor's own eyes see it
            }
            unwritten.put(line.id(), line);
            offer(run, line, () -> true);
        }
        if (reading.high()) {
            raised.add(alarm);
        } else {
            raised.remove(alarm);
        }
    }

    private @Nullable Reading lag(MigrationStatus status) {
        ReplicationDelay delay = status.progressSignals().replicationDelay();
        boolean follows = is(status, Phase.REPLICATING) && !delay.healthState().equals("paused");
        Double seconds = delay.seconds();
        if (seconds == null || !(follows || is(status, Phase.SWITCHED))) {
            return null;
        }
        double limit = limits.lag().toMillis() / 1000.0;
        if (seconds <= limit && seconds > limit / 2) {
            return null;
        }
        Map<String, Object> figures = new HashMap<>();
        figures.put("lag_seconds", Math.round(seconds * 10) / 10.0);
        figures.put("limit_seconds", limit);
        String reason = delay.blockerReason();
        if (seconds > limit && reason != null) {
            figures.put("reason", reason);
        }
        return new Reading(seconds > limit, figures);
    }

    /** Files, and not lines: it is the disk that fills. They shrink when the server vacuums. */
    private @Nullable Reading log(MigrationStatus status) {
        boolean logs = is(status, Phase.READY_TO_COPY) || is(status, Phase.COPYING) || is(status, Phase.REPLICATING);
        Instant now = clock.instant();
        if (!logs || Duration.between(logLookedAt, now).compareTo(LOG_LOOKED_AT_EVERY) < 0) {
            return null;
        }
        logLookedAt = now;
        long bytes;
        try {
            bytes = logBytes(ends.source());
        } catch (RuntimeException e) {
            LOG.debug("The log's size is not known: {}", SqlState.describe(e));
            return null;
        }
        long limit = limits.log().toBytes();
        if (bytes <= limit && bytes > limit / 2) {
            return null;
        }
        Map<String, Object> figures = new HashMap<>();
        figures.put("log_bytes", bytes);
        figures.put("limit_bytes", limit);
        if (status.state().equals("paused")) {
            figures.put("reason", "The migration is paused.");
        }
        return new Reading(bytes > limit, figures);
    }

    private static long logBytes(Database source) {
        return source.jdbc().sql("""
                        SELECT coalesce(sum(pg_catalog.pg_relation_size(c.oid)), 0)
                        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = 'ferry' AND c.relkind = 'r' AND c.relname LIKE 'delta\\_%'
                        """).query(Long.class).single();
    }

    /** It is over when bytes were copied since, and not when a new process has not watched for long enough to say so. */
    private @Nullable Reading stall(MigrationStatus status) {
        MigrationStatus.StallDetection stall = status.progressSignals().stallDetection();
        long copied = status.progressSignals().byteWeighted().copiedBytes();
        if (stall.stalled()) {
            if (copiedAtStall < 0) {
                copiedAtStall = copied;
            }
            return new Reading(
                    true, Map.of("no_progress_minutes", stall.noProgressMinutes(), "reason", stall.message()));
        }
        if (!raised.contains(Alarm.STALL)) {
            copiedAtStall = -1;
            return null;
        }
        if (copiedAtStall < 0) {
            copiedAtStall = copied; // raised by an earlier process
        }
        return copied != copiedAtStall || is(status, Phase.REPLICATING) ? new Reading(false, Map.of()) : null;
    }

    private static boolean is(MigrationStatus status, Phase phase) {
        return status.phase().equals(phase.label());
    }
}
