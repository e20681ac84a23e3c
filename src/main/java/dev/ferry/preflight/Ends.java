package dev.ferry.preflight;

import dev.ferry.database.Scope;
import dev.ferry.database.TableFilter;
import dev.ferry.database.UserObjects;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What checks may look at. An end is there only for checks that need it; the source's tables are read once for all. */
final class Ends {
    private final @Nullable OpenEnd source;
    private final @Nullable OpenEnd target;
    private final TableFilter filter;
    private final Duration longTransaction;
    private @Nullable Scope scope;
    private @Nullable List<SourceTable> tables;
    private @Nullable RuntimeException tablesFailure;
    private @Nullable Map<Long, Long> tableBytes;

    Ends(@Nullable OpenEnd source, @Nullable OpenEnd target, TableFilter filter, Duration longTransaction) {
        this.source = source;
        this.target = target;
        this.filter = filter;
        this.longTransaction = longTransaction;
    }

    OpenEnd source() {
        return Objects.requireNonNull(source, "the source was not reached");
    }

    OpenEnd target() {
        return Objects.requireNonNull(target, "the target was not reached");
    }

    boolean reachesSource() {
        return source != null;
    }

    boolean reachesTarget() {
        return target != null;
    }

    TableFilter filter() {
        return filter;
    }

    /** What of the source is part of the migration. */
    synchronized Scope scope() {
        if (scope == null) {
            scope = Scope.of(source().session().jdbc(), name -> !filter.excludes(name));
        }
        return scope;
    }

    /** Transactions open for longer are named. */
    Duration longTransaction() {
        return longTransaction;
    }

    /** All of the app's tables, left-out ones too. A failure is remembered: asking again would only take as long again. */
    synchronized List<SourceTable> tables() {
        if (tablesFailure != null) {
            throw tablesFailure;
        }
        if (tables == null) {
            try {
                tables = SourceTable.all(source(), scope());
            } catch (RuntimeException e) {
                tablesFailure = e;
                throw e;
            }
        }
        return tables;
    }

    /** By oid; estimated where measuring has to wait. */
    synchronized Map<Long, Long> tableBytes() {
        if (tableBytes == null) {
            tableBytes = TableSizes.of(source());
        }
        return tableBytes;
    }

    /** Empty when they could not be read: then the checks that need them have said so. */
    synchronized List<SourceTable> tablesIfRead() {
        return tables == null ? List.of() : tables;
    }

    /** Tables with rows to be copied: no roots of partition trees, no foreign tables, none left out. */
    List<SourceTable> includedTables() {
        return tables().stream()
                .filter(table -> table.included() && table.holdsRows())
                .toList();
    }

    /** The schemas that will be made on the target, or filled there. */
    List<String> sourceSchemas() {
        return source().session()
                .list(
                        String.class,
                        "SELECT n.nspname FROM pg_namespace n WHERE " + UserObjects.IN_USER_SCHEMA + " AND "
                                + UserObjects.notOfAnExtension("pg_namespace", "n.oid") + " ORDER BY 1");
    }

    /** The source holds the capture of the very migration that the target keeps the state of. */
    boolean resumes() {
        String captured = Leftovers.runOnSource(source());
        return captured != null && captured.equals(Leftovers.runOnTarget(target()));
    }
}
