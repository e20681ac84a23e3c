package dev.ferry.migration;

import dev.ferry.cutover.SourceCleanup;
import dev.ferry.cutover.TargetCleanup;
import dev.ferry.cutover.TargetFingerprints;
import dev.ferry.cutover.TargetGate;
import dev.ferry.cutover.WriteFence;
import dev.ferry.database.Catalog;
import dev.ferry.database.Database;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.Table;
import dev.ferry.database.TableFilter;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.journal.Journal;
import dev.ferry.schema.SchemaRestore;
import dev.ferry.sync.CycleCounts;
import dev.ferry.sync.LiveSync;
import dev.ferry.sync.TrackedTables;
import dev.ferry.verification.DefinitionComparison;
import dev.ferry.verification.Moment;
import dev.ferry.verification.Verification;
import dev.ferry.verification.VerificationLedger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The tools of one run under one leadership: both ends, the route between them, and what is known of the tables. Made anew
 * whenever this process begins to lead, and after a failure, so that nothing stale survives.
 */
final class Voyage {
    private final UUID runId;
    private final Route route;
    private final TableFilter filter;
    private final FerryProperties properties;
    private final Journal journal;
    private final CycleCounts cycles;
    private final Clock clock;
    private final SchemaRestore schema;
    private @Nullable List<TrackedTable> tables;
    private @Nullable LiveSync sync;

    Voyage(
            UUID runId,
            Database source,
            Database target,
            Leadership leadership,
            TableFilter filter,
            FerryProperties properties,
            Journal journal,
            CycleCounts cycles,
            Clock clock) {
        this.runId = runId;
        this.route = new Route(source, target, leadership, mayActAsReplica(target));
        this.filter = filter;
        this.properties = properties;
        this.journal = journal;
        this.cycles = cycles;
        this.clock = clock;
        this.schema = new SchemaRestore(
                target, leadership, journal, SchemaRestore.commonRole(target).orElse(null));
    }

    /** Asks by trying: who may set it is not in any catalog that every role can read. */
    static boolean mayActAsReplica(Database target) {
        try (Session session = target.open()) {
            session.begin();
            session.execute("SET LOCAL session_replication_role = replica");
            return true;
        } catch (RuntimeException e) {
            if (SqlState.is(e, SqlState.INSUFFICIENT_PRIVILEGE)) {
                return false;
            }
            throw e;
        }
    }

    UUID runId() {
        return runId;
    }

    Route route() {
        return route;
    }

    Database source() {
        return route.origin();
    }

    Database target() {
        return route.destination();
    }

    SchemaRestore schema() {
        return schema;
    }

    Predicate<TableName> included() {
        return name -> !filter.excludes(name);
    }

    TrackedTables entries() {
        return new TrackedTables(target());
    }

    WriteFence writeFence() {
        return new WriteFence(source(), target(), route.fence(), included(), journal);
    }

    TargetGate gate() {
        return new TargetGate(route, schema, tables(), included(), journal);
    }

    TargetCleanup targetCleanup() {
        return new TargetCleanup(target(), route.fence(), journal);
    }

    TargetFingerprints targetFingerprints() {
        return new TargetFingerprints(target(), route.fence(), journal);
    }

    VerificationLedger verificationLedger() {
        return new VerificationLedger(target(), route.fence());
    }

    /**
     * Goes on with a verification that was begun.
     *
     * @param moment asked when the definitions are compared
     */
    Verification verification(Supplier<Moment> moment) {
        return Verification.start(
                route,
                moment.get() == Moment.BEFORE_SWITCH ? sync() : null,
                tables(),
                verificationLedger(),
                () -> DefinitionComparison.compare(source(), target(), included(), moment.get()),
                targetFingerprints()::isAltered,
                new Verification.Pace(
                        properties.verify().lanes(), properties.verify().range().toBytes()),
                journal);
    }

    SourceCleanup sourceCleanup() {
        return new SourceCleanup(source(), route.fence(), writeFence(), journal);
    }

    /** The tables of the migration that still exist on the source, under their numbers. */
    List<TrackedTable> tables() {
        if (tables == null) {
            Collection<TrackedTables.Entry> entries = entries().entries().values();
            Map<TableName, List<String>> chosenKeys = entries.stream()
                    .collect(Collectors.toMap(TrackedTables.Entry::name, TrackedTables.Entry::keyColumns));
            try (Session session = source().open()) {
                Map<Long, Table> byOid = Catalog.tables(session, included(), chosenKeys).stream()
                        .collect(Collectors.toMap(Table::oid, Function.identity()));
                List<TrackedTable> found = new ArrayList<>();
                for (TrackedTables.Entry entry : entries) {
                    Table table = byOid.get(entry.sourceOid());
                    if (table != null && table.keyColumns().equals(entry.keyColumns())) {
                        found.add(new TrackedTable(entry.id(), table));
                    } else if (entry.suspended() == null) {
                        entries().suspend(entry.id(), table == null ? "the table is gone" : "its key is gone");
                    }
                }
                tables = List.copyOf(found);
            }
        }
        return tables;
    }

    synchronized LiveSync sync() {
        if (sync == null) {
            sync = new LiveSync(
                    route,
                    runId,
                    entries(),
                    tables(),
                    included(),
                    properties.sync().limit(),
                    journal,
                    cycles,
                    clock);
        }
        return sync;
    }
}
