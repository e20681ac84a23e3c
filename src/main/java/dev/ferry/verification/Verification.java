package dev.ferry.verification;

import dev.ferry.database.LockCourtesy;
import dev.ferry.database.Route;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Journal;
import dev.ferry.sync.LiveSync;
import dev.ferry.sync.SyncCycle;
import dev.ferry.verification.VerificationLedger.Compared;
import dev.ferry.verification.VerificationLedger.OpenRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares every row of every table while the app goes on writing. After a complete cycle the target equals the source as it
 * was at the cycle's snapshot, so both are held at an {@link EqualMoment} for some seconds and ranges of keys are compared in
 * it, several side by side; then comes another moment. No snapshot is held for longer than one range takes beyond that.
 *
 * <p>Runs on threads of its own. Stopping it loses the ranges under way; the ledger knows all others.
 */
public final class Verification {
    private static final Logger LOG = LoggerFactory.getLogger(Verification.class);

    /** No range is begun at a moment that is older. */
    private static final Duration MOMENT = Duration.ofSeconds(10);

    private static final Duration RANGE = Duration.ofSeconds(30);
    private static final Duration UNBOUNDED = Duration.ZERO;
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);
    private static final int CUT_INTO = 4;
    private static final int TRIES = 8;
    private static final int RANGES_READ = 500;

    private final Route route;
    /** Null once the app writes to the target: then the source stands still, and what the log there knows is left out. */
    private final @Nullable LiveSync sync;

    private final Map<Integer, TrackedTable> tables;
    /** By their roots, the leaves of trees that are moved as a whole (RULES E4). */
    private final Map<TableName, List<TrackedTable>> trees;

    private final VerificationLedger ledger;
    private final Supplier<List<DefinitionDifference>> definitions;
    private final Predicate<TrackedTable> altered;
    private final Pace pace;
    private final Journal journal;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Map<Integer, Integer> tries = new ConcurrentHashMap<>();
    private final Set<Long> patient = ConcurrentHashMap.newKeySet();
    private volatile List<Lane> lanes = List.of();
    private volatile boolean reading;
    private boolean reloads;
    private volatile @Nullable String waiting;
    private volatile @Nullable Throwable failure;

    /**
     * How hard it works.
     *
     * @param lanes ranges that are compared side by side; each takes a connection at either end
     * @param rangeBytes heap and TOAST of one range, about
     */
    public record Pace(int lanes, long rangeBytes) {}

    private Verification(
            Route route,
            @Nullable LiveSync sync,
            Collection<TrackedTable> tables,
            VerificationLedger ledger,
            Supplier<List<DefinitionDifference>> definitions,
            Predicate<TrackedTable> altered,
            Pace pace,
            Journal journal) {
        this.route = route;
        this.sync = sync;
        this.tables = tables.stream().collect(Collectors.toMap(TrackedTable::id, Function.identity()));
        this.trees = tables.stream()
                .filter(table -> table.definition().through() != null)
                .sorted(Comparator.comparingInt(TrackedTable::id))
                .collect(Collectors.groupingBy(
                        table -> Objects.requireNonNull(table.definition().through())));
        this.ledger = ledger;
        this.definitions = definitions;
        this.altered = altered;
        this.pace = pace;
        this.journal = journal;
    }

    /**
     * Goes on with what the ledger says is open.
     *
     * @param sync whose cycles are to be looked at; it runs elsewhere. Null after the switch, when nobody writes to the
     *     origin: rows that the app has written at the destination since are left out then, by the log there
     * @param definitions compares the definitions, once the rows are done
     * @param altered asked after the switch: whether the app has altered a table at the destination
     */
    public static Verification start(
            Route route,
            @Nullable LiveSync sync,
            Collection<TrackedTable> tables,
            VerificationLedger ledger,
            Supplier<List<DefinitionDifference>> definitions,
            Predicate<TrackedTable> altered,
            Pace pace,
            Journal journal) {
        Verification verification = new Verification(route, sync, tables, ledger, definitions, altered, pace, journal);
        Thread thread = new Thread(verification::run, "ferry-verify");
        thread.setDaemon(true);
        thread.start();
        return verification;
    }

    /** It came to its end, or failed. */
    public boolean ended() {
        return ended.getCount() == 0;
    }

    /** Why it ended before it was complete; null if it was. */
    public @Nullable Throwable failure() {
        return failure;
    }

    /** What it waits for, a sentence for people; null if it works. */
    public @Nullable String waiting() {
        return waiting;
    }

    /**
     * Ends what is under way and returns once no row is read any more. Catalogs may be read for some seconds longer; nothing
     * comes of it.
     */
    public void stop() {
        stopping.countDown();
        try {
            do {
                lanes.forEach(Verification::cancel);
            } while (!reading && !ended.await(200, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void cancel(Lane lane) {
        try {
            lane.cancel();
        } catch (RuntimeException e) {
            LOG.debug("Not cancelled: {}", SqlState.describe(e));
        }
    }

    private boolean stopped() {
        return stopping.getCount() == 0;
    }

    private void run() {
        try (LockCourtesy atOrigin = new LockCourtesy(route.origin());
                LockCourtesy atDestination = new LockCourtesy(route.destination())) {
            Duration pause = BETWEEN_TRIES;
            while (!stopped()) {
                try {
                    if (compareSome(atOrigin, atDestination)) {
                        finish();
                        return;
                    }
                    pause = BETWEEN_TRIES;
                } catch (RuntimeException e) {
                    if (!SqlState.isTransient(e)) {
                        throw e;
                    }
                    if (!stopped()) {
                        waiting = "Tries again: " + SqlState.describe(e) + ".";
                        LOG.debug("Verification tries again", e);
                    }
                    rest(pause);
                    pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
                }
            }
        } catch (Throwable e) {
            failure = e;
        } finally {
            ended.countDown();
        }
    }

    private void rest(Duration duration) {
        try {
            if (stopping.await(duration.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("Stopped while it waited");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Catches a moment and compares what fits into it.
     *
     * @return whether nothing is left
     */
    private boolean compareSome(LockCourtesy atOrigin, LockCourtesy atDestination) {
        planSmall();
        List<Integer> large = ledger.unplanned();
        if (large.isEmpty() && ledger.open(1).isEmpty()) {
            return true;
        }
        ExecutorService threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "ferry-verify-lane");
            thread.setDaemon(true);
            return thread;
        });
        List<Lane> opened = new ArrayList<>();
        try {
            for (int i = 0; i < pace.lanes(); i++) {
                opened.add(new Lane(route, atOrigin, atDestination, threads, trees));
            }
            lanes = List.copyOf(opened);
            EqualMoment.Caught caught = catchMoment(opened);
            if (caught == null) {
                return false;
            }
            waiting = null;
            long until = System.nanoTime() + MOMENT.toNanos();
            reloads = false;
            planLarge(opened.get(0), large, caught, until);
            compareAt(opened, threads, caught, until);
            return false;
        } finally {
            lanes = List.of();
            opened.forEach(Lane::close);
            threads.shutdown();
        }
    }

    private EqualMoment.@Nullable Caught catchMoment(List<Lane> opened) {
        if (sync == null) {
            for (Lane lane : opened) {
                lane.joinOrigin();
                lane.joinDestination();
            }
            return new EqualMoment.Caught(tables.keySet(), Set.of());
        }
        return catchMoment(opened, sync);
    }

    private EqualMoment.@Nullable Caught catchMoment(List<Lane> opened, LiveSync cycles) {
        EqualMoment moment = new EqualMoment(opened, reloads);
        cycles.witness(moment);
        try {
            while (!stopped()) {
                try {
                    return moment.caught().get(500, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    waiting = "Waits for the sync to be complete for a moment.";
                }
            }
            return null;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            cycles.witness(SyncCycle.Witness.NONE);
            moment.forget();
        }
    }

    private void planSmall() {
        RangePlan plan = plan();
        List<Integer> small = new ArrayList<>();
        for (int id : ledger.unplanned()) {
            TrackedTable table = tables.get(id);
            if (table == null) {
                ledger.notCompared(id, "it is gone, or its key is");
            } else if (isWithinTree(table)) {
                ledger.comparedWith(id, String.valueOf(table.definition().through()));
            } else if (plan.isSmall(table) || table.definition().key() == null) {
                small.add(id);
            }
        }
        if (!small.isEmpty()) {
            ledger.planWhole(small);
        }
    }

    /** In which leaf of such a tree a row is, differs between the ends: the first leaf stands for the whole. */
    private boolean isWithinTree(TrackedTable table) {
        TableName root = table.definition().through();
        return root != null
                && table.id() != Objects.requireNonNull(trees.get(root)).get(0).id();
    }

    private @Nullable RangePlan plan;

    private RangePlan plan() {
        RangePlan known = plan;
        if (known == null) {
            known = new RangePlan(route, pace.rangeBytes());
            plan = known;
        }
        return known;
    }

    private void planLarge(Lane lane, List<Integer> large, EqualMoment.Caught caught, long until) {
        for (int id : large) {
            if (stopped() || lane.isBroken() || System.nanoTime() >= until) {
                return; // the rest at another moment
            }
            TrackedTable table = tables.get(id);
            if (table == null) {
                continue;
            }
            if (!caught.equal().contains(id)) {
                notEqual(id, caught);
                continue;
            }
            try {
                ledger.plan(id, lane.canBeCut(plan(), table) ? plan().of(lane, table, RANGE) : List.of(KeyRange.ALL));
            } catch (Lane.LaterException e) {
                later(id, e);
                rest(BETWEEN_TRIES);
            } catch (Lane.TooSlowException e) {
                if (!stopped()) {
                    ledger.plan(id, List.of(KeyRange.ALL));
                }
            }
        }
    }

    /** Where a reload waits, the next moment has it done; else the table is no pass. */
    private void notEqual(int id, EqualMoment.Caught caught) {
        TrackedTable table = tables.get(id);
        if (table != null && caught.postponed().contains(id)) {
            reloads = true;
        } else {
            ledger.notCompared(id, table == null ? "it is gone, or its key is" : notInSync(table));
        }
    }

    private String notInSync(TrackedTable table) {
        String reason = sync == null ? null : sync.suspended().get(table.name().toString());
        return reason == null ? "it is not in sync" : "it is suspended: " + reason;
    }

    private void compareAt(List<Lane> opened, ExecutorService threads, EqualMoment.Caught caught, long until) {
        Queue<OpenRange> queue = new ConcurrentLinkedQueue<>(ledger.open(RANGES_READ));
        for (OpenRange range : List.copyOf(queue)) {
            if (!caught.equal().contains(range.table())) {
                notEqual(range.table(), caught);
                queue.removeIf(other -> other.table() == range.table());
            }
        }
        Set<Integer> leftForLater = ConcurrentHashMap.newKeySet();
        Queue<Compared> results = new ConcurrentLinkedQueue<>();
        List<Future<?>> working = opened.stream()
                .<Future<?>>map(lane -> threads.submit(() -> {
                    OpenRange range;
                    while (!stopped()
                            && !lane.isBroken()
                            && System.nanoTime() < until
                            && (range = queue.poll()) != null) {
                        if (!leftForLater.contains(range.table())) {
                            compareOne(lane, range, results, leftForLater);
                        }
                    }
                    lane.leave();
                }))
                .toList();
        RuntimeException failed = null;
        for (Future<?> work : working) {
            RuntimeException met = await(work, results);
            failed = failed == null ? met : failed;
        }
        write(results);
        if (failed != null) {
            throw failed;
        }
        if (results.isEmpty() && !leftForLater.isEmpty()) {
            rest(BETWEEN_TRIES);
        }
    }

    private @Nullable RuntimeException await(Future<?> work, Queue<Compared> results) {
        while (true) {
            try {
                work.get(500, TimeUnit.MILLISECONDS);
                return null;
            } catch (TimeoutException e) {
                write(results);
            } catch (ExecutionException e) {
                return e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return new IllegalStateException(e);
            }
        }
    }

    private void write(Queue<Compared> results) {
        List<Compared> some = new ArrayList<>();
        Compared one;
        while ((one = results.poll()) != null) {
            some.add(one);
        }
        if (!some.isEmpty()) {
            ledger.compared(some);
        }
    }

    private void compareOne(Lane lane, OpenRange range, Queue<Compared> results, Set<Integer> leftForLater) {
        TrackedTable table = Objects.requireNonNull(tables.get(range.table()));
        try {
            Duration atMost = patient.contains(range.id()) ? UNBOUNDED : RANGE;
            RangeComparison.Result result = new RangeComparison(
                            lane, plan().compared(table), atMost, differences(lane, table))
                    .compare(range.range());
            requireDecided(result);
            requireUnchanged(table, result);
            results.add(new Compared(range, result));
            tries.remove(range.table());
        } catch (UndecidedException e) {
            leftForLater.add(range.table());
            ledger.notCompared(range.table(), String.valueOf(e.getMessage()));
        } catch (Lane.LaterException e) {
            leftForLater.add(range.table());
            later(range.table(), e);
        } catch (Lane.TooSlowException e) {
            if (!stopped() && !lane.isBroken()) {
                smaller(lane, range, table, leftForLater);
            }
        } catch (RuntimeException e) {
            String state = SqlState.of(e);
            boolean tooLarge =
                    state != null && state.startsWith("53"); // memory, disk: of this statement, as far as known
            if (state == null || (SqlState.isTransient(e) && !tooLarge)) {
                throw e;
            }
            leftForLater.add(range.table());
            later(range.table(), new Lane.LaterException(SqlState.describe(e), e));
        }
    }

    /** What differs may be damage, or not: nothing can tell. */
    private static final class UndecidedException extends RuntimeException {
        UndecidedException(String reason) {
            super(reason);
        }
    }

    /** After the switch the app writes at the destination, and the log there knows which rows. */
    private Predicate<RowDifference> differences(Lane lane, TrackedTable table) {
        if (sync != null) {
            return difference -> true;
        }
        return new Predicate<>() {
            private @Nullable Set<List<String>> written;

            @Override
            public boolean test(RowDifference difference) {
                Set<List<String>> keys = written;
                if (keys == null) {
                    keys = lane.writtenAtDestination(table)
                            .orElseThrow(() -> new UndecidedException(
                                    "it was changed as a whole, or by very many rows, since the switch"));
                    written = keys;
                }
                return difference.key() == null || !keys.contains(difference.key());
            }
        };
    }

    /** Parts differ, and what was looked at of them is no difference: the rest may be one. */
    private static void requireDecided(RangeComparison.Result result) {
        if (result.differences().isEmpty() && result.more()) {
            throw new UndecidedException("more rows seem to differ than can be looked at");
        }
    }

    /** Catalogs know no snapshots: a table is read as it is defined now. */
    private void requireUnchanged(TrackedTable table, RangeComparison.Result result) {
        if (result.differences().isEmpty()) {
            return;
        }
        if (sync == null) {
            if (altered.test(table)) {
                throw new UndecidedException("it was altered on the target since the switch");
            }
            return;
        }
        String drift = sync.drift(List.of(table)).get(table.id());
        if (drift != null) {
            throw new Lane.LaterException(drift);
        }
    }

    private void later(int table, Lane.LaterException e) {
        if (tries.merge(table, 1, Integer::sum) >= TRIES) {
            tries.remove(table);
            ledger.notCompared(table, String.valueOf(e.getMessage()));
        }
    }

    /** What takes too long is done in parts; what has no parts may take its time. */
    private void smaller(Lane lane, OpenRange range, TrackedTable table, Set<Integer> leftForLater) {
        try {
            List<KeyRange> parts = lane.canBeCut(plan(), table)
                    ? plan().cut(lane, table, range.range(), CUT_INTO, RANGE)
                    : List.of(range.range());
            if (parts.size() > 1) {
                ledger.cut(range, parts);
            } else {
                patient.add(range.id());
            }
        } catch (Lane.LaterException e) {
            leftForLater.add(range.table());
            later(range.table(), e);
        } catch (Lane.TooSlowException e) {
            if (!stopped() && !lane.isBroken()) {
                patient.add(range.id());
            }
        }
    }

    private List<DefinitionDifference> definitionsRead() {
        reading = true;
        try {
            return definitions.get();
        } finally {
            reading = false;
        }
    }

    private void finish() {
        List<DefinitionDifference> found = definitionsRead();
        if (stopped()) {
            return;
        }
        ledger.finish(found);
        VerificationReport report = ledger.report();
        String said = report.sentence();
        if (report.state().equals("equal")) {
            journal.info(said);
        } else {
            journal.warn(said);
        }
    }

    /**
     * Puts the keys of all differences that are listed into the log again: the next cycle makes these rows what they are at
     * the origin. The tables are then compared once more.
     *
     * @return how many keys; a table without a key counts as one, and is reloaded whole
     * @throws FerryException if this process does not lead any more
     */
    public static long repair(Route route, Collection<TrackedTable> tables, VerificationLedger ledger) {
        Map<Integer, TrackedTable> byId =
                tables.stream().collect(Collectors.toMap(TrackedTable::id, Function.identity()));
        Repair repair = new Repair(route);
        List<Integer> again = new ArrayList<>();
        long logged = 0;
        for (int id : ledger.differentTables()) {
            TrackedTable table = byId.get(id);
            if (table != null) {
                logged += repair.log(table, ledger.differences(id));
                again.add(id);
            }
        }
        if (!again.isEmpty()) {
            ledger.compareAgain(again);
        }
        return logged;
    }
}
