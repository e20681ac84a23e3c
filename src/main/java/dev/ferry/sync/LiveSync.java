package dev.ferry.sync;

import dev.ferry.capture.ChangeLog;
import dev.ferry.database.Catalog;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Journal;
import dev.ferry.rows.UnreadableRowException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Cycle after cycle: suspends what drifted and goes on with the others, widens a cycle that met a conflict, and knows how
 * far behind the destination is. One thread runs it; any thread may read {@link #lag()}.
 */
public final class LiveSync {
    private static final Duration DRIFT_EVERY = Duration.ofSeconds(2);
    private static final int MOVES_IN_A_ROW = 5;

    /** A larger table that was altered is suspended: reading it whole would hold up all others. */
    private static final long READ_ANEW_UP_TO = 1L << 30;

    /** How the reason of a table begins that has a row which cannot be read. */
    private static final String UNREADABLE = "a row cannot be read: ";

    /** Such a table is tried again by and by: its row may have been corrected, and a try may cost a read of the table. */
    private static final Duration UNREADABLE_TRIED_EVERY = Duration.ofSeconds(20);

    private final Route route;
    private final SyncCycle cycle;
    private final TrackedTables store;
    private final Map<Integer, TrackedTable> tables;
    private final Predicate<TableName> included;
    private final long limit;
    private final Journal journal;
    private final CycleCounts counts;
    private final Clock clock;

    private volatile Map<Integer, TrackedTables.Entry> entries;
    private final Map<Integer, Reload> reloads = new TreeMap<>();
    private Instant driftCheckedAt = Instant.EPOCH;
    private Instant unreadableTriedAt = Instant.EPOCH;
    private volatile List<String> newTables = List.of();
    private volatile Map<String, String> suspended = Map.of();
    private volatile SyncCycle.Witness witness = SyncCycle.Witness.NONE;
    private volatile Lag lag = new Lag(null, 0, Map.of(), false, Set.of());

    public LiveSync(
            Route route,
            UUID runId,
            TrackedTables store,
            Collection<TrackedTable> tables,
            Predicate<TableName> included,
            long limit,
            Journal journal,
            CycleCounts counts,
            Clock clock) {
        this.route = route;
        this.cycle = new SyncCycle(route, runId, clock);
        this.store = store;
        this.tables = tables.stream().collect(Collectors.toMap(TrackedTable::id, table -> table));
        this.included = included;
        this.limit = limit;
        this.journal = journal;
        this.counts = counts;
        this.clock = clock;
        this.entries = Map.of();
        reloadEntries();
        entries.forEach(
                (id, entry) -> Optional.ofNullable(entry.lastReload()).ifPresent(reload -> reloads.put(id, reload)));
    }

    /**
     * How far behind.
     *
     * @param equalAt the destination equals the origin as it was then, the postponed tables aside; null before the first
     *     complete cycle
     * @param pending rows of log that waited when the last cycle looked
     * @param byTable the same by table number
     * @param complete the last cycle left nothing behind but what it postponed
     * @param postponed numbers of changed tables that are as they were at their last reload
     */
    public record Lag(
            @Nullable Instant equalAt,
            long pending,
            Map<Integer, Long> byTable,
            boolean complete,
            Set<Integer> postponed) {}

    public Lag lag() {
        return lag;
    }

    /** Tables that are not synced, with the reason. */
    public Map<String, String> suspended() {
        return suspended;
    }

    /** Tables that appeared on the source and are not part of the migration. */
    public List<String> newTables() {
        return newTables;
    }

    /** From the next cycle on, until another takes its place. */
    public void witness(SyncCycle.Witness looksOn) {
        witness = looksOn;
    }

    /** Whether the tables are still what was captured, by a fresh look; those that are not, by number. */
    public Map<Integer, String> drift(Collection<TrackedTable> asked) {
        Map<Integer, TrackedTables.Entry> known = entries;
        try (Session fresh = route.origin().open()) {
            return SchemaDrift.find(
                    fresh,
                    asked.stream()
                            .flatMap(table -> Optional.ofNullable(known.get(table.id())).stream())
                            .toList());
        }
    }

    /** Somebody else wrote to the tables' entries: takes over what is suspended now. */
    public void reread() {
        reloadEntries();
    }

    private void reloadEntries() {
        entries = store.entries();
        suspended = entries.values().stream()
                .filter(entry -> entry.suspended() != null)
                .collect(
                        Collectors.toMap(entry -> entry.name().toString(), entry -> String.valueOf(entry.suspended())));
    }

    private List<TrackedTable> active() {
        return entries.values().stream()
                .filter(entry -> entry.suspended() == null && tables.containsKey(entry.id()))
                .map(entry -> java.util.Objects.requireNonNull(tables.get(entry.id())))
                .toList();
    }

    /**
     * Runs one cycle to its commit.
     *
     * @param whole take everything from the log, however much it is, and reload every table that is marked, however short
     *     ago it was last reloaded
     * @param atCommit runs in the destination's transaction of a cycle that found changes, before its commit
     */
    public SyncCycle.Result cycle(boolean whole, Consumer<Session> atCommit) {
        checkDrift(!whole);
        boolean unbounded = whole;
        for (int moves = 0; ; ) {
            try {
                long begun = System.nanoTime();
                SyncCycle.Witness looksOn = witness;
                SyncCycle.Result result = cycle.run(
                        active(),
                        entries,
                        unbounded ? Long.MAX_VALUE : limit,
                        whole || looksOn.wantsReloads() ? Set.of() : justReloaded(),
                        atCommit,
                        looksOn);
                counts.add(result, System.nanoTime() - begun);
                note(result);
                return result;
            } catch (SyncCycle.DriftException e) {
                suspend(whole ? e.drift() : withoutAltered(e.drift()));
            } catch (UnreadableRowException e) {
                suspend(Map.of(e.table().id(), UNREADABLE + e.row()));
                unreadableTriedAt = clock.instant();
            } catch (SyncCycle.MovedException e) {
                if (++moves >= MOVES_IN_A_ROW) {
                    throw e;
                }
            } catch (SyncCycle.ConflictException e) {
                checkDriftNow();
                if (unbounded) {
                    throw new FerryException(
                            FailureCode.TARGET,
                            "A unique or exclusion constraint of " + e.table().name()
                                    + " refused a row on the "
                                    + route.destination().end().label()
                                    + " with the whole log applied: " + SqlState.describe(e) + ".",
                            "The two ends compare values differently (collation or ctype), or somebody wrote to the "
                                    + route.destination().end().label() + ". Mend it there, then press Retry.",
                            e);
                }
                unbounded = true;
            }
        }
    }

    private Set<Integer> justReloaded() {
        Instant now = clock.instant();
        return reloads.entrySet().stream()
                .filter(reload -> !reload.getValue().isFollowedBy(now))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private void note(SyncCycle.Result result) {
        reloads.putAll(result.reloaded());
        Map<Integer, Long> found = new TreeMap<>();
        result.pending().forEach((id, pending) -> found.put(id, pending.rows() + (pending.marked() ? 1 : 0)));
        Instant equalAt = result.complete() ? result.snapshotAt() : lag.equalAt();
        lag = new Lag(equalAt, sum(found), found, result.complete(), result.postponed());
    }

    /** Looks for drift and new tables at once, however short ago the last look was. */
    public void checkDriftNow() {
        driftCheckedAt = Instant.EPOCH;
        checkDrift(false);
    }

    /**
     * GRANT and REVOKE rewrite the catalog rows of columns that have rights of their own: takes over the stamps of these
     * tables, if they are otherwise the same.
     */
    public void acceptRightsChanges(Set<TableName> changed) {
        List<TrackedTables.Entry> watched = entries.values().stream()
                .filter(entry -> entry.suspended() == null && changed.contains(entry.name()))
                .toList();
        if (watched.isEmpty()) {
            return;
        }
        try (Session fresh = route.origin().open()) {
            Map<Long, Catalog.Fingerprint> now = Catalog.fingerprints(
                    fresh, watched.stream().map(TrackedTables.Entry::sourceOid).toList());
            for (TrackedTables.Entry entry : watched) {
                Catalog.Fingerprint fingerprint = now.get(entry.sourceOid());
                if (fingerprint != null
                        && fingerprint.definition().equals(entry.definition())
                        && fingerprint.triggers().equals(entry.triggers())) {
                    store.restamp(entry.id(), fingerprint.stamps());
                }
            }
        }
        reloadEntries();
    }

    /** @param readAnew tables that were altered and look the same are read whole in the next cycle, and not suspended */
    private void checkDrift(boolean readAnew) {
        if (Duration.between(driftCheckedAt, clock.instant()).compareTo(DRIFT_EVERY) < 0) {
            return;
        }
        resumeWhereNothingActs();
        tryUnreadable();
        try (Session fresh = route.origin().open()) {
            List<TrackedTables.Entry> watched = entries.values().stream()
                    .filter(entry -> entry.suspended() == null)
                    .toList();
            Map<Integer, String> drift = SchemaDrift.find(fresh, watched);
            if (!drift.isEmpty()) {
                suspend(readAnew ? withoutAltered(drift) : drift);
            }
            List<String> appeared = SchemaDrift.newTables(fresh, entries.values(), included).stream()
                    .map(TableName::toString)
                    .toList();
            if (!appeared.equals(newTables)) {
                newTables = appeared;
                if (!appeared.isEmpty()) {
                    journal.warn("New tables on the source are not part of this migration: "
                            + String.join(", ", appeared) + ". The switch waits until they are gone.");
                }
            }
        }
        driftCheckedAt = clock.instant();
    }

    private void resumeWhereNothingActs() {
        List<TrackedTable> waiting = entries.values().stream()
                .filter(entry -> String.valueOf(entry.suspended()).startsWith(ActingObjects.SUSPENDED))
                .flatMap(entry -> Optional.ofNullable(tables.get(entry.id())).stream())
                .toList();
        if (waiting.isEmpty()) {
            return;
        }
        Map<Integer, String> acting;
        try (Session session = route.destination().open()) {
            acting = ActingObjects.find(session, waiting, route.replicaRole());
        }
        for (TrackedTable table : waiting) {
            if (!acting.containsKey(table.id())) {
                store.resume(table.id(), ActingObjects.SUSPENDED);
                journal.info("Nothing acts on " + table.name() + " on the target any more: its sync goes on.");
            }
        }
        reloadEntries();
    }

    private void tryUnreadable() {
        List<TrackedTables.Entry> waiting = entries.values().stream()
                .filter(entry -> String.valueOf(entry.suspended()).startsWith(UNREADABLE))
                .toList();
        Duration sinceLast = Duration.between(unreadableTriedAt, clock.instant());
        if (!waiting.isEmpty() && sinceLast.compareTo(UNREADABLE_TRIED_EVERY) >= 0) {
            unreadableTriedAt = clock.instant();
            waiting.forEach(entry -> store.resume(entry.id(), UNREADABLE));
            cycle.beCareful();
            reloadEntries();
        }
    }

    /**
     * Tables whose columns were altered and are the same as before: a GRANT on a column, or values rewritten by ALTER TYPE
     * ... USING without a trigger (RULES A3). Which it was cannot be told, so they are reloaded, unless they are too large
     * for one cycle. The marker is committed before the new stamps are: whoever dies in between finds the change again.
     *
     * @return the drift of all others
     */
    private Map<Integer, String> withoutAltered(Map<Integer, String> drift) {
        Map<Integer, String> others = new TreeMap<>(drift);
        List<TrackedTables.Entry> asked = drift.keySet().stream()
                .flatMap(id -> Optional.ofNullable(entries.get(id)).stream())
                .toList();
        try (Session origin = route.origin().open()) {
            Map<Long, Catalog.Fingerprint> now = Catalog.fingerprints(
                    origin, asked.stream().map(TrackedTables.Entry::sourceOid).toList());
            for (TrackedTables.Entry entry : asked) {
                TrackedTable table = tables.get(entry.id());
                Catalog.Fingerprint found = now.get(entry.sourceOid());
                if (table != null
                        && found != null
                        && table.definition().totalBytes() <= READ_ANEW_UP_TO
                        && isAlteredAndTheSame(entry, found)) {
                    origin.begin();
                    new ChangeLog(route).mark(origin, table, "its columns were altered");
                    origin.commit();
                    store.restamp(entry.id(), found.stamps());
                    journal.warn(entry.name() + " is read anew: " + others.remove(entry.id()) + ".");
                }
            }
        }
        reloadEntries();
        return others;
    }

    private static boolean isAlteredAndTheSame(TrackedTables.Entry entry, Catalog.Fingerprint now) {
        return now.definition().equals(entry.definition())
                && now.triggers().equals(entry.triggers())
                && !now.stamps().equals(entry.stamps());
    }

    private void suspend(Map<Integer, String> drift) {
        drift.forEach((id, reason) -> {
            store.suspend(id, reason);
            TrackedTables.Entry entry = entries.get(id);
            journal.warn((entry == null ? "Table " + id : entry.name().toString()) + " is suspended: " + reason
                    + ". Its changes stay in the log; the other tables go on.");
        });
        reloadEntries();
    }

    /** Counts what is waiting, and applies nothing: while paused. */
    public void look() {
        Map<Integer, Long> waiting = new TreeMap<>();
        try (Session session = route.origin().open()) {
            session.begin(Session.Isolation.REPEATABLE_READ);
            session.list(Integer.class, "SELECT 1 FROM ferry.position"); // takes the snapshot
            new ChangeLog(route)
                    .pending(session, active())
                    .forEach((id, pending) -> waiting.put(id, pending.rows() + (pending.marked() ? 1 : 0)));
        }
        lag = new Lag(lag.equalAt(), sum(waiting), waiting, waiting.isEmpty(), lag.postponed());
    }

    private static long sum(Map<Integer, Long> rows) {
        return rows.values().stream().mapToLong(Long::longValue).sum();
    }
}
