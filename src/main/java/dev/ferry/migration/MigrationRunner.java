package dev.ferry.migration;

import dev.ferry.cutover.Switch;
import dev.ferry.cutover.SwitchProgress;
import dev.ferry.cutover.WriteFence;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableFilter;
import dev.ferry.database.TableName;
import dev.ferry.failure.FerryException;
import dev.ferry.schema.PgClient;
import dev.ferry.schema.Stage;
import dev.ferry.sync.CycleCounts;
import dev.ferry.sync.DefinitionWatch;
import dev.ferry.sync.LiveSync;
import dev.ferry.verification.Moment;
import dev.ferry.verification.Verification;
import dev.ferry.verification.VerificationLedger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that advances a migration, in the process that leads: reads where it stands, does what that phase asks
 * for, again and again. Nothing here depends on anybody's looking.
 */
final class MigrationRunner implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationRunner.class);
    private static final Duration IDLE = Duration.ofSeconds(1);
    private static final Duration TARGET_LOOKED_AT_EVERY = Duration.ofSeconds(2);
    /** So often a source must fail to answer, a second apart, before it is taken for gone. */
    private static final int ASKED_BEFORE_LEFT = 3;

    private static final String FOREIGN_KEYS_VALID = "foreign keys valid";

    private final Ends ends;
    private final MigrationStore store;
    private final Leadership leadership;
    private final TableFilter filter;
    private final FerryProperties properties;
    private final PgClient pgClient;
    private final EventLog events;
    private final Clock clock;
    private final Signals signals;
    private final Troubles troubles;
    private final CycleCounts cycles = new CycleCounts();

    private @Nullable Voyage voyage;
    private volatile @Nullable LiveSync sync;
    private volatile SwitchProgress switchProgress = SwitchProgress.IDLE;
    private volatile boolean resting;
    private volatile @Nullable ForeignKeyValidation validation;
    private volatile @Nullable Verification verification;
    private volatile @Nullable Long targetChanges;
    private Instant targetChangesAt = Instant.EPOCH;
    private volatile List<String> targetDifferences = List.of();
    private Instant targetLookedAt = Instant.EPOCH;
    private volatile @Nullable DefinitionWatch definitions;
    private final Backoff backoff = new Backoff();

    MigrationRunner(
            Ends ends,
            MigrationStore store,
            Leadership leadership,
            TableFilter filter,
            FerryProperties properties,
            PgClient pgClient,
            EventLog events,
            Clock clock,
            Signals signals) {
        this.ends = ends;
        this.store = store;
        this.leadership = leadership;
        this.filter = filter;
        this.properties = properties;
        this.pgClient = pgClient;
        this.events = events;
        this.clock = clock;
        this.signals = signals;
        this.troubles = new Troubles(events, clock);
    }

    @Nullable LiveSync sync() {
        return sync;
    }

    SwitchProgress switchProgress() {
        return switchProgress;
    }

    /** A pause was asked for and nothing is under way any more. */
    boolean resting() {
        return resting;
    }

    /** What is being tried again, or null. */
    @Nullable String trouble() {
        return troubles.now();
    }

    /** All that is being tried again, and how often anything was. */
    Troubles troubles() {
        return troubles;
    }

    CycleCounts cycles() {
        return cycles;
    }

    /** Rows written on the target since the switch, counted every few seconds; null unless switched. */
    @Nullable Long targetChanges() {
        return targetChanges;
    }

    /** What a revert found changed on the target and nobody has put right yet. */
    List<String> targetDifferences() {
        return targetDifferences;
    }

    /** What changed on the source and is not the same on the target, as far as was looked. */
    List<String> definitionsMissing() {
        DefinitionWatch watch = definitions;
        return watch == null ? List.of() : watch.missing();
    }

    /** Before a switch is decided on. */
    void lookAtDefinitions() {
        DefinitionWatch watch = definitions;
        if (watch != null) {
            watch.lookNow();
        }
    }

    /** What a verification waits for, for people; null if it works, or none runs. */
    @Nullable String verificationWaiting() {
        Verification running = verification;
        return running == null ? null : running.waiting();
    }

    /** For those who wait for an outcome. */
    void awaitChange(Duration atMost) {
        signals.awaitQuietly(atMost);
    }

    @Override
    public void run() {
        while (!signals.closed()) {
            try {
                if (lead()) {
                    step();
                }
                troubles.over();
                backoff.reset();
            } catch (Throwable e) {
                react(e);
            }
        }
        forget();
    }

    /** Whether this process leads, or begins to now; waits a little if not. */
    private boolean lead() {
        if (leadership.leads()) {
            return true;
        }
        forget();
        if (!store.exists() || store.read().isEmpty() || !leadership.acquire()) {
            signals.await(IDLE);
            return false;
        }
        MigrationStore.migrateSchema(ends.target());
        events.load(ends.target());
        Optional<MigrationRow> row = store.read();
        events.info("This process leads the migration now (phase "
                + row.map(found -> found.phase().label()).orElse("?") + ").");
        row.map(found -> found.otherExclusions(filter)).ifPresent(events::warn);
        return true;
    }

    private void forget() {
        stopValidation();
        stopVerification();
        voyage = null;
        sync = null;
        targetChanges = null;
        targetDifferences = List.of();
        targetLookedAt = Instant.EPOCH;
        definitions = null;
    }

    private Voyage voyage(MigrationRow row) {
        if (voyage == null || !voyage.runId().equals(row.runId())) {
            voyage = new Voyage(
                    row.runId(),
                    ends.source(),
                    ends.target(),
                    leadership,
                    row.filter(filter),
                    properties,
                    events,
                    cycles,
                    clock);
        }
        return voyage;
    }

    private void step() {
        signals.forget(); // before the read: what is asked for after it must end the step
        Optional<MigrationRow> found = store.read();
        if (found.isEmpty()) {
            signals.await(IDLE); // Start is about to write it
            return;
        }
        MigrationRow row = found.get();
        if (row.paused()) {
            signals.paused(true); // by another process, or before a restart
        }
        resting = false;
        if ((row.phase() != Phase.REPLICATING && row.phase() != Phase.SWITCHED) || row.request() != null) {
            stopVerification();
        }
        if (row.requestsAbort() && Action.ABORT.legalIn().contains(row.phase())) {
            abort(row);
            return;
        }
        switch (row.phase()) {
            case STARTING -> setUp(row).start();
            case CONFIGURING -> setUp(row).configure(row.hold());
            case COPYING -> {
                if (row.paused()) {
                    resting = true;
                    signals.await(IDLE);
                } else {
                    Voyage current = voyage(row);
                    sync = null;
                    new Copying(current, store, leadership, properties, signals, events, troubles, clock).run();
                }
            }
            case REPLICATING -> replicate(row);
            case SWITCHED -> switched(row);
            case CLEANING_UP -> cleanUp(row);
            case ERROR -> {
                if (row.requests("retry")) {
                    undoSetUp(row);
                } else {
                    signals.await(IDLE);
                }
            }
            case WAITING, READY_TO_COPY, COMPLETED, ABORTED -> signals.await(IDLE);
        }
    }

    private SetUp setUp(MigrationRow row) {
        return new SetUp(voyage(row), store, leadership, pgClient, properties, signals, events);
    }

    private void replicate(MigrationRow row) {
        Voyage current = voyage(row);
        if (row.requests("revert")) {
            finishRevert(current);
            return;
        }
        if (row.requests("switch")) {
            runSwitch(current);
            return;
        }
        if (row.requests("repair")) {
            repair(current);
            return;
        }
        if (sync == null) {
            leadership.claimSource(row.runId());
            if (current.writeFence().engagedAt().isPresent()) {
                // A switch that failed, and whose end failed too: nobody asks for it any more.
                releaseFence(current);
            }
            sync = current.sync();
        }
        LiveSync live = current.sync();
        lookAfterVerification(row, current);
        lookAtTarget(current, live);
        lookAtDefinitions(current);
        if (row.paused()) {
            resting = true;
            live.look();
            signals.await(IDLE);
            return;
        }
        // What was written on the target is undone once every table is through, those included that could wait.
        boolean complete = live.cycle(row.revertUnsettled(), session -> {}).complete();
        if (row.revertUnsettled() && complete) {
            settleRevert();
        }
        if (complete) {
            signals.await(properties.sync().interval());
        }
    }

    /** Begins, goes on with and ends what the row says. */
    private void lookAfterVerification(MigrationRow row, Voyage current) {
        Verification running = verification;
        boolean wanted = "running".equals(row.verification());
        if (running == null) {
            if (wanted) {
                boolean switched = row.phase() == Phase.SWITCHED;
                verification = current.verification(() -> !switched
                        ? Moment.BEFORE_SWITCH
                        : current.route().replicaRole() || store.isDone(FOREIGN_KEYS_VALID)
                                ? Moment.AFTER_SWITCH
                                : Moment.VALIDATING_FOREIGN_KEYS);
            }
            return;
        }
        if (wanted && !running.ended()) {
            return;
        }
        stopVerification();
        Throwable failed = running.failure();
        if (failed != null) {
            if (failed instanceof RuntimeException e && Failures.reaction(e) == Failures.Reaction.RESIGN) {
                throw e;
            }
            LOG.warn("The verification failed", failed);
            current.verificationLedger().pause(true);
            events.error("The verification stopped, and can be resumed: " + Failures.describe(failed));
        }
    }

    private void stopVerification() {
        Verification running = verification;
        verification = null;
        if (running != null) {
            running.stop();
        }
    }

    private void repair(Voyage current) {
        leadership.claimSource(current.runId());
        long keys = Verification.repair(current.route(), current.tables(), current.verificationLedger());
        store.requestOver(leadership);
        events.info(
                keys == 0
                        ? "Repair: no rows are known to differ; definitions are put right by hand."
                        : "Repair: " + keys + (keys == 1 ? " key is" : " keys are")
                                + " in the log again; the next cycle reads these rows from the source. Their tables are compared again.");
    }

    /** What the last revert found there may be put right by now. */
    private void lookAtTarget(Voyage current, LiveSync live) {
        if (Duration.between(targetLookedAt, clock.instant()).compareTo(TARGET_LOOKED_AT_EVERY) < 0) {
            return;
        }
        List<String> found = current.targetFingerprints().differences(current.tables());
        if (!found.equals(targetDifferences)) {
            live.reread();
            targetDifferences = found;
        }
        targetLookedAt = clock.instant();
    }

    private void lookAtDefinitions(Voyage current) {
        DefinitionWatch watch = definitions;
        if (watch == null) {
            watch = new DefinitionWatch(current.source(), current.target(), clock);
            definitions = watch;
        }
        watch.look();
    }

    private void settleRevert() {
        try (Session session = ends.target().open()) {
            session.begin();
            leadership.hold(session, dev.ferry.database.End.TARGET);
            MigrationStore.settleRevert(session);
            session.commit();
        }
        events.info("Revert is settled: what was written on the target is undone there.");
    }

    private void runSwitch(Voyage current) {
        leadership.claimSource(current.runId());
        List<String> differences = current.targetFingerprints().differences(current.tables());
        if (!differences.isEmpty() && current.writeFence().engagedAt().isEmpty()) {
            store.requestOver(leadership);
            events.error("The switch was not begun: changed on the target before the revert, and not put right: "
                    + String.join("; ", differences) + ".");
            return;
        }
        LiveSync live = current.sync();
        sync = live;
        Switch.Outcome outcome;
        try {
            outcome = new Switch(
                            current.writeFence(),
                            current.gate(),
                            live,
                            events,
                            properties.cutover().attempts(),
                            progress -> switchProgress = progress)
                    .run(signals::keepGoing, signals::keepGoing, session -> {
                        MigrationStore.moveToSwitched(
                                session, current.writeFence().engagedForMillis());
                    });
        } catch (RuntimeException e) {
            if (Failures.reaction(e) != Failures.Reaction.STOP) {
                throw e;
            }
            LOG.debug("The switch failed", e);
            if (takeSwitchBack(current)) {
                switchProgress = new SwitchProgress(0, SwitchProgress.State.GAVE_UP, List.of(), Failures.describe(e));
                events.error("The switch did not go through, and the app may write to the source as before: "
                        + Failures.describe(e));
            }
            return;
        }
        switch (outcome) {
            case SWITCHED -> {
                long blocked = current.writeFence().engagedForMillis();
                store.writeBlocked(leadership, blocked);
                events.info(
                        "Switched: safe to point the app at PlanetScale. Writes were refused for " + blocked + " ms.");
            }
            case GAVE_UP -> {
                if (takeSwitchBack(current)) {
                    events.error("The switch gave up: " + switchProgress.lastError() + " In the way: "
                            + String.join("; ", switchProgress.waitingFor()) + ".");
                }
            }
            case STOPPED -> LOG.debug("The switch was stopped");
        }
    }

    /**
     * Lets the app write to the source again after a switch that failed.
     *
     * @return false if the target is open after all: then the switch stands
     */
    private boolean takeSwitchBack(Voyage current) {
        if (!store.giveUpSwitch(leadership)) {
            return false;
        }
        releaseFence(current);
        current.schema().undo(Stage.CHECKS);
        store.requestOver(leadership);
        return true;
    }

    private static void releaseFence(Voyage current) {
        WriteFence fence = current.writeFence();
        Set<TableName> columnRights = fence.tablesWithColumnRights();
        fence.release();
        current.sync().acceptRightsChanges(columnRights);
    }

    /** From SWITCHED or from an unfinished switch, and again after a crash: each part is done once or does no harm twice. */
    private void finishRevert(Voyage current) {
        leadership.claimSource(current.runId());
        releaseFence(current);
        current.schema().undo(Stage.CHECKS);
        store.undone(leadership, FOREIGN_KEYS_VALID);
        store.requestOver(leadership);
        switchProgress = SwitchProgress.IDLE;
        events.info("Reverted: the app may write to the source again.");
    }

    private void switched(MigrationRow row) {
        Voyage current = voyage(row);
        if (row.requests("revert")) {
            stopValidation();
            leadership.claimSource(row.runId());
            current.gate().close(session -> {
                MigrationStore.move(session, Phase.SWITCHED, Phase.REPLICATING);
                VerificationLedger.forget(session);
                session.execute("UPDATE ferry.migration SET revert_unsettled = true");
            });
            targetChanges = null;
            targetLookedAt = Instant.EPOCH;
            current.sync().reread();
            finishRevert(current);
            return;
        }
        validateForeignKeys(current);
        lookAfterVerification(row, current);
        if (Duration.between(targetChangesAt, clock.instant()).toSeconds() >= 3) {
            targetChanges = current.gate().changesSinceOpened();
            targetChangesAt = clock.instant();
        }
        signals.await(IDLE);
    }

    /**
     * Looks after the validation of foreign keys that were added NOT VALID.
     *
     * @return whether nothing of it is left to do
     */
    private boolean validateForeignKeys(Voyage current) {
        if (current.route().replicaRole() || store.isDone(FOREIGN_KEYS_VALID)) {
            return true;
        }
        ForeignKeyValidation running = validation;
        if (running == null) {
            validation = ForeignKeyValidation.start(current.schema(), ends.target(), events);
            return false;
        }
        if (running.complete()) {
            validation = null;
            store.done(leadership, FOREIGN_KEYS_VALID);
            return true;
        }
        RuntimeException failed = running.failure();
        if (failed != null) {
            validation = null;
            throw failed;
        }
        return false;
    }

    private void stopValidation() {
        ForeignKeyValidation running = validation;
        validation = null;
        if (running != null) {
            running.stop();
        }
    }

    /** How many foreign keys are validated on the target, for people; null unless that is under way. */
    @Nullable String validationProgress() {
        ForeignKeyValidation running = validation;
        return running == null ? null : running.progress();
    }

    private void cleanUp(MigrationRow row) {
        Voyage current = voyage(row);
        if (!validateForeignKeys(current)) {
            signals.await(IDLE);
            return;
        }
        boolean sourceLeft = leavesSource(row);
        if (!sourceLeft) {
            claimIfThere(current);
            if (!current.sourceCleanup().run(row.runId(), signals::keepGoing)) {
                return;
            }
        }
        if (!current.targetCleanup().run(signals::keepGoing)) {
            return;
        }
        store.move(leadership, Phase.CLEANING_UP, Phase.COMPLETED);
        events.info(sourceLeft ? "Completed without the source." : "Completed. The source stays closed for writes.");
    }

    private void abort(MigrationRow row) {
        Voyage current = voyage(row);
        boolean sourceLeft = leavesSource(row);
        if (!sourceLeft) {
            if (claimIfThere(current) && current.writeFence().engagedAt().isPresent()) {
                releaseFence(current); // of a switch or a revert that failed
            }
            if (!current.sourceCleanup().run(row.runId(), () -> !signals.closed())) {
                return;
            }
        }
        if (!current.targetCleanup().run(() -> !signals.closed())) {
            return;
        }
        store.move(leadership, row.phase(), Phase.ABORTED);
        sync = null;
        events.info("Aborted. " + (sourceLeft ? "The source was left alone." : "The source is as it was.")
                + " The target keeps the schema and the rows copied so far; empty it before you start again with it.");
    }

    /** Only a source that cannot be reached is left, whatever was asked. */
    private boolean leavesSource(MigrationRow row) {
        if (!row.mayLeaveSource()) {
            return false;
        }
        for (int attempt = 1; ; attempt++) {
            try (Session session = ends.source().open()) {
                session.list(Integer.class, "SELECT 1");
                return false;
            } catch (RuntimeException e) {
                String state = String.valueOf(SqlState.of(e));
                boolean gone = state.startsWith("08") || SqlState.isWrongCredentials(e);
                if (!gone || signals.closed()) {
                    throw e;
                }
                if (attempt == ASKED_BEFORE_LEFT) {
                    events.warn("The source cannot be reached and is left alone, as was asked: " + SqlState.describe(e)
                            + ". If it comes back, remove Ferry from it with docs/remove-ferry.sql.");
                    return true;
                }
                signals.awaitQuietly(IDLE);
            }
        }
    }

    private boolean claimIfThere(Voyage current) {
        boolean there = current.source()
                .jdbc()
                .sql("SELECT to_regclass('ferry.run') IS NOT NULL")
                .query(Boolean.class)
                .single();
        if (there) {
            leadership.claimSource(current.runId());
        }
        return there;
    }

    /** Back to WAITING, with everything undone that the set-up made at either end. */
    private void undoSetUp(MigrationRow row) {
        Voyage current = voyage(row);
        claimIfThere(current);
        if (!current.sourceCleanup().run(row.runId(), () -> !signals.closed())) {
            return;
        }
        current.schema().undo();
        store.removeSchema(leadership);
        leadership.resign();
        forget();
        events.info("The set-up was taken back at both ends.");
    }

    private void react(Throwable e) {
        String told = Failures.describe(e);
        switch (Failures.reaction(e)) {
            case RESIGN -> {
                LOG.warn("{}", told);
                leadership.resign();
                forget();
                signals.await(IDLE);
            }
            case TRY_AGAIN -> {
                troubles.met(told);
                signals.await(backoff.next());
            }
            case STOP -> {
                if (SqlState.of(e) == null && !(e instanceof FerryException)) {
                    LOG.error("Unexpected", e);
                }
                fail(told);
            }
        }
    }

    private void fail(String told) {
        troubles.over();
        events.error(told);
        voyage = null;
        sync = null;
        try {
            if (leadership.leads() && !store.exists()) {
                leadership.resign(); // another process removed Ferry's schema from the target
            } else if (leadership.leads()) {
                store.read().ifPresent(row -> store.fail(leadership, row.phase(), told));
            }
        } catch (RuntimeException again) {
            LOG.warn("The error could not be written down yet: {}", SqlState.describe(again));
        }
        signals.await(IDLE);
    }
}
