package dev.ferry.cutover;

import dev.ferry.capture.Capture;
import dev.ferry.capture.ChangeLog;
import dev.ferry.database.Catalog;
import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EndFailure;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Identifiers;
import dev.ferry.database.LockHolders;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableLockedException;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Journal;
import dev.ferry.rows.LogTransfer;
import dev.ferry.schema.SchemaRestore;
import dev.ferry.schema.Stage;
import dev.ferry.sync.SequenceCopy;
import dev.ferry.sync.SequenceDefinitions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Turns the target from a copy that is written to by Ferry into a database that the app writes to, and back. Between the
 * two the app's triggers, rules and (without the replica role) foreign keys do not act, and capture does not log.
 */
public final class TargetGate {
    private static final String LOCK_WAIT = "3s";
    private static final int STATEMENTS_AT_ONCE = 100;
    /** Less than deadlock_timeout for all of them together: Ferry backs off, not the app (RULES C1). */
    private static final String ALL_LOCKS_WAIT = "900ms";

    private final Route route;
    private final SchemaRestore schema;
    private final Collection<TrackedTable> sourceTables;
    private final Predicate<TableName> included;
    private final Journal journal;
    private final TargetFingerprints fingerprints;

    /** @param sourceTables the tables of the migration, as numbered; by name they are the same on the target */
    public TargetGate(
            Route route,
            SchemaRestore schema,
            Collection<TrackedTable> sourceTables,
            Predicate<TableName> included,
            Journal journal) {
        this.route = route;
        this.schema = schema;
        this.sourceTables = List.copyOf(sourceTables);
        this.included = included;
        this.journal = journal;
        this.fingerprints = new TargetFingerprints(route.destination(), route.fence(), journal);
    }

    private Database target() {
        return route.destination();
    }

    private EpochFence fence() {
        return route.fence();
    }

    private List<TrackedTable> targetTables() {
        Map<TableName, Integer> ids =
                sourceTables.stream().collect(Collectors.toMap(TrackedTable::name, TrackedTable::id));
        Map<TableName, List<String>> chosenKeys = sourceTables.stream()
                .collect(Collectors.toMap(
                        TrackedTable::name, table -> table.definition().keyColumns()));
        try (Session session = target().open()) {
            return Catalog.tables(session, name -> true, chosenKeys).stream()
                    .filter(table -> ids.containsKey(table.name()))
                    .map(table -> new TrackedTable(java.util.Objects.requireNonNull(ids.get(table.name())), table))
                    .toList();
        }
    }

    private TargetGuard guard() {
        return new TargetGuard(
                target(), fence(), sourceTables.stream().map(TrackedTable::name).toList(), journal);
    }

    /** Refuses writes by anybody but Ferry from now until the target is opened. */
    public boolean guardCopy(BooleanSupplier keepGoing) {
        return guard().install(keepGoing);
    }

    /** All that can be done while the app still writes to the source. */
    public boolean prepare(BooleanSupplier keepGoing) {
        if (!guardCopy(keepGoing)) {
            return false;
        }
        Capture capture = new Capture(target(), fence(), journal, keepGoing);
        Set<Integer> installed = capture.installed();
        for (TrackedTable table : targetTables()) {
            if (!installed.contains(table.id()) && !capture.install(table, false)) {
                return false;
            }
        }
        alignSequences();
        return keepGoing.getAsBoolean();
    }

    /**
     * Gives the target the sequences that the source got since its schema was read, and their definitions.
     *
     * @throws FerryException if that is not possible, with the sequence's name and what to do
     */
    public void alignSequences() {
        for (String statement : SequenceDefinitions.alignment(route.origin(), target(), included)) {
            try (Session session = target().open()) {
                session.begin();
                fence().hold(session, End.TARGET);
                SchemaRestore.commonRole(target())
                        .ifPresent(role -> session.execute("SET LOCAL ROLE " + Identifiers.quote(role)));
                session.execute("SET LOCAL lock_timeout = '" + LOCK_WAIT + "'");
                session.execute(statement);
                session.commit();
            } catch (EndFailure e) {
                if (SqlState.isTransient(e)) {
                    throw e;
                }
                throw new FerryException(
                        FailureCode.SCHEMA_DRIFT,
                        "A sequence of the source could not be made on the target (" + SqlState.describe(e) + "): "
                                + statement + ";",
                        "Run that statement on the target, or what makes it possible; then switch again.",
                        e);
            }
            journal.info("A sequence changed on the source during the sync; on the target: " + statement + ";");
        }
    }

    /** As long as it takes, so before the app is shut out. */
    public void refreshMaterializedViews() {
        schema.refreshMaterializedViews();
    }

    /**
     * Does all of {@link #open} but the sequences, and takes it back: what the target will refuse, and who stands in the way
     * there, is known before the app is shut out of the source.
     *
     * @return who was in the way; empty if it went through
     */
    public Optional<List<String>> rehearse() {
        return attempt(session -> {}, false);
    }

    /**
     * Opens the target for the app, in one transaction: checks, triggers, foreign keys, capture, sequences. The caller knows
     * that no write can reach the source any more and that the target equals it.
     *
     * @param inSameTransaction what must be true exactly if the target is open
     * @return who was in the way; empty if it is open now
     */
    public Optional<List<String>> open(Consumer<Session> inSameTransaction) {
        return attempt(inSameTransaction, true);
    }

    private Optional<List<String>> attempt(Consumer<Session> inSameTransaction, boolean commit) {
        List<String> statements = new ArrayList<>(schema.enableStatements());
        if (!route.replicaRole()) {
            statements.addAll(schema.addForeignKeysNotValid());
        }
        List<TrackedTable> tables = targetTables();
        statements.add(Capture.enabling(tables, true));
        if (commit) {
            // Not undone by a rollback, so not rehearsed.
            statements.addAll(SequenceCopy.statements(route.origin(), included));
        }
        try (Session session = target().open()) {
            session.begin();
            fence().hold(session, End.TARGET);
            session.execute("SET LOCAL lock_timeout = '" + LOCK_WAIT + "'");
            schema.restoreWithin(session, Stage.CHECKS);
            run(session, statements);
            TargetGuard.pass(session);
            if (commit) {
                fingerprints.note(session, tables);
                inSameTransaction.accept(session);
                session.commit();
            }
            return Optional.empty();
        } catch (RuntimeException e) {
            if (!SqlState.isLockTrouble(e)) {
                throw e;
            }
            return Optional.of(inTheWay(tables));
        }
    }

    private List<String> inTheWay(List<TrackedTable> tables) {
        return LockHolders.anyOf(
                        target(), tables.stream().map(TrackedTable::name).toList())
                .stream()
                .map(holder -> "on the target " + holder)
                .toList();
    }

    /**
     * Closes the target again: capture stops, triggers and foreign keys go back to their sync state, and every key that was
     * written since it was opened is put into the source's log, whose next cycle reads it there. No writer is open: all
     * tables are locked first.
     *
     * @param inSameTransaction what must be true exactly if the target is closed
     * @throws TableLockedException while somebody is in the way
     */
    public void close(Consumer<Session> inSameTransaction) {
        List<TrackedTable> tables = targetTables();
        try {
            close(tables, inSameTransaction);
        } catch (RuntimeException e) {
            if (!SqlState.isLockTrouble(e)) {
                throw e;
            }
            throw new TableLockedException("The revert waits: a table of the target", inTheWay(tables), e);
        }
    }

    private void close(List<TrackedTable> tables, Consumer<Session> inSameTransaction) {
        Map<Integer, TrackedTable> sourceById =
                sourceTables.stream().collect(Collectors.toMap(TrackedTable::id, Function.identity()));
        try (Session session = target().open();
                Session source = route.origin().open()) {
            session.begin();
            fence().hold(session, End.TARGET);
            if (!tables.isEmpty()) {
                session.execute("SET LOCAL statement_timeout = '" + ALL_LOCKS_WAIT + "'");
                session.execute("LOCK TABLE "
                        + tables.stream()
                                .map(table -> "ONLY " + table.name().sql())
                                .collect(Collectors.joining(", "))
                        + " IN SHARE ROW EXCLUSIVE MODE");
                session.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '" + LOCK_WAIT + "'");
            }
            guard().refuseEverywhere(session);
            List<TargetFingerprints.Change> changes = fingerprints.changes(session, tables);
            run(session, List.of(Capture.enabling(TargetFingerprints.captured(tables, changes), false)));
            run(session, schema.disableStatements());
            if (!route.replicaRole()) {
                run(session, schema.dropForeignKeys());
            }
            source.begin();
            fence().hold(source, End.SOURCE);
            Set<Integer> written = new ChangeLog(route).pending(session, tables).keySet();
            for (TrackedTable table : tables) {
                if (sourceById.containsKey(table.id()) && written.contains(table.id())) {
                    handOver(session, source, table);
                }
            }
            fingerprints.carry(changes, session, source);
            // The source first: a crash in between hands the same keys over once more, which does no harm.
            source.commit();
            session.execute("DELETE FROM ferry.marker");
            inSameTransaction.accept(session);
            session.commit();
        }
    }

    private static void handOver(Session target, Session source, TrackedTable table) {
        boolean marked = target.jdbc()
                .sql("SELECT EXISTS (SELECT FROM ferry.marker WHERE table_id = ?)")
                .param(table.id())
                .query(Boolean.class)
                .single();
        if (marked) {
            source.jdbc()
                    .sql("INSERT INTO ferry.marker (table_id, reason) VALUES (?, 'written on the target')")
                    .param(table.id())
                    .update();
        }
        if (table.definition().key() != null) {
            LogTransfer.move(target, source, table);
        }
    }

    /** Rows written on the target since it was opened, which a revert discards; a table without keys counts as one. */
    public long changesSinceOpened() {
        try (Session session = target().open()) {
            session.begin(Session.Isolation.REPEATABLE_READ);
            session.list(Integer.class, "SELECT 1 FROM ferry.position");
            return new ChangeLog(route)
                    .pending(session, sourceTables).values().stream()
                            .mapToLong(pending -> pending.rows() + (pending.marked() ? 1 : 0))
                            .sum();
        }
    }

    /** Many in one round trip: the app is shut out meanwhile. */
    private static void run(Session session, List<String> statements) {
        for (int from = 0; from < statements.size(); from += STATEMENTS_AT_ONCE) {
            session.execute(String.join(
                    ";\n", statements.subList(from, Math.min(from + STATEMENTS_AT_ONCE, statements.size()))));
        }
    }
}
