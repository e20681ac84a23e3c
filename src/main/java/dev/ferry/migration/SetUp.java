package dev.ferry.migration;

import dev.ferry.capture.Capture;
import dev.ferry.database.Catalog;
import dev.ferry.database.End;
import dev.ferry.database.FerrySchema;
import dev.ferry.database.Session;
import dev.ferry.database.Table;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Journal;
import dev.ferry.schema.PgClient;
import dev.ferry.schema.SchemaDump;
import dev.ferry.schema.Stage;
import dev.ferry.sync.DefinitionWatch;
import dev.ferry.sync.SchemaDrift;
import dev.ferry.sync.SourceServer;
import dev.ferry.sync.TrackedTables;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Phases STARTING and CONFIGURING: Ferry's own schema on the source, the list of tables with their fingerprints, the dump,
 * the pre-data schema on the target, capture on the source. The fingerprints are taken before the dump and compared once
 * capture is on: what was dumped is what is captured.
 */
final class SetUp {
    private static final String TABLES = "tables listed";

    private final Voyage voyage;
    private final MigrationStore store;
    private final Leadership leadership;
    private final PgClient pgClient;
    private final FerryProperties properties;
    private final Signals signals;
    private final Journal journal;

    SetUp(
            Voyage voyage,
            MigrationStore store,
            Leadership leadership,
            PgClient pgClient,
            FerryProperties properties,
            Signals signals,
            Journal journal) {
        this.voyage = voyage;
        this.store = store;
        this.leadership = leadership;
        this.pgClient = pgClient;
        this.properties = properties;
        this.signals = signals;
        this.journal = journal;
    }

    /** Phase STARTING. */
    void start() {
        claimSource();
        try (Session source = voyage.source().open()) {
            SourceServer.remember(source, voyage.target());
        }
        if (!store.isDone(TABLES)) {
            listTables();
            store.done(leadership, TABLES);
        }
        if (!voyage.schema().stored()) {
            journal.info("Reading the schema with pg_dump.");
            noteDefinitions();
            voyage.schema().store(new SchemaDump(pgClient, voyage.source(), journal).take());
        }
        if (signals.keepGoing()) {
            store.move(leadership, Phase.STARTING, Phase.CONFIGURING);
        }
    }

    private void noteDefinitions() {
        try (Session target = voyage.target().open()) {
            target.begin();
            leadership.hold(target, End.TARGET);
            DefinitionWatch.note(voyage.source(), target);
            target.commit();
        }
    }

    private void claimSource() {
        if (schemaIsTheApps()) {
            throw new FerryException(
                    FailureCode.SOURCE,
                    "The source has a schema called ferry that Ferry did not make.",
                    "Rename it (ALTER SCHEMA ferry RENAME TO ...), then press Retry.");
        }
        MigrationStore.migrateSchema(voyage.source());
        voyage.source()
                .jdbc()
                .sql("INSERT INTO ferry.run (run_id, epoch) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .params(voyage.runId(), leadership.epoch())
                .update();
        leadership.claimSource(voyage.runId());
        List<java.util.UUID> run = voyage.source()
                .jdbc()
                .sql("SELECT run_id FROM ferry.run")
                .query(java.util.UUID.class)
                .list();
        if (!run.equals(List.of(voyage.runId()))) {
            throw new FerryException(
                    FailureCode.FOREIGN_STATE,
                    "The source belongs to another migration (run " + run + ").",
                    "End that one, or remove it from the source with docs/remove-ferry.sql; then press Retry.");
        }
    }

    private boolean schemaIsTheApps() {
        try (Session source = voyage.source().open()) {
            return source.list(Boolean.class, """
                            SELECT to_regnamespace('ferry') IS NOT NULL AND to_regclass('ferry.run') IS NULL
                            """).equals(List.of(true)) && !FerrySchema.isUnfinished(source);
        }
    }

    /** Numbers by size: the largest first, so that the copy does not end with one worker on one large table. */
    private void listTables() {
        try (Session source = voyage.source().open();
                Session target = voyage.target().open()) {
            List<Table> tables = Catalog.tables(source, voyage.included()).stream()
                    .sorted(Comparator.comparingLong(Table::totalBytes).reversed())
                    .toList();
            Map<Long, Catalog.Fingerprint> fingerprints =
                    Catalog.fingerprints(source, tables.stream().map(Table::oid).toList());
            target.begin();
            leadership.hold(target, End.TARGET);
            target.execute("DELETE FROM ferry.table_copy");
            int id = 0;
            for (Table table : tables) {
                Catalog.Fingerprint fingerprint = fingerprints.get(table.oid());
                if (fingerprint == null) {
                    continue; // dropped since the list was read
                }
                target.jdbc()
                        .sql("""
                                INSERT INTO ferry.table_copy (table_id, source_oid, schema_name, table_name, definition, stamps, key_columns)
                                VALUES (?, ?, ?, ?, ?, ?, ?)
                                """)
                        .params(
                                ++id,
                                table.oid(),
                                table.name().schema(),
                                table.name().name(),
                                fingerprint.definition(),
                                fingerprint.stamps(),
                                table.keyColumns().toArray(String[]::new))
                        .update();
            }
            target.commit();
            journal.info(id + " tables to move.");
        }
    }

    /** Phase CONFIGURING. */
    void configure(boolean hold) {
        leadership.claimSource(voyage.runId());
        if (!voyage.schema().restore(Stage.PRE_DATA, properties.copy().workers(), signals::keepGoing)) {
            return;
        }
        Capture capture = new Capture(voyage.source(), leadership, journal, signals::keepGoing);
        Set<Integer> installed = capture.installed();
        int fresh = 0;
        for (TrackedTable table : voyage.tables()) {
            if (!installed.contains(table.id())) {
                if (!capture.install(table, true)) {
                    return;
                }
                fresh++;
            }
        }
        if (fresh > 0) {
            journal.info("Capture is on for " + fresh + " tables: every change from here on is logged.");
        }
        requireUnchanged();
        store.move(leadership, Phase.CONFIGURING, hold ? Phase.READY_TO_COPY : Phase.COPYING);
    }

    private void requireUnchanged() {
        Collection<TrackedTables.Entry> entries = voyage.entries().entries().values();
        try (Session fresh = voyage.source().open()) {
            Map<Integer, String> drift = SchemaDrift.find(fresh, entries);
            Collection<TableName> appeared = SchemaDrift.newTables(fresh, entries, voyage.included());
            if (!drift.isEmpty() || !appeared.isEmpty()) {
                List<String> changes = new ArrayList<>();
                entries.stream()
                        .filter(entry -> drift.containsKey(entry.id()))
                        .forEach(entry -> changes.add(entry.name() + ": " + drift.get(entry.id())));
                appeared.forEach(name -> changes.add(name + ": is new"));
                throw new FerryException(
                        FailureCode.SCHEMA_DRIFT,
                        "The source's tables changed while the migration was set up: " + String.join("; ", changes)
                                + ".",
                        "Press Retry, which takes the set-up back, and start again when no schema change is under way.");
            }
            Map<Long, Catalog.Fingerprint> now = Catalog.fingerprints(
                    fresh, entries.stream().map(TrackedTables.Entry::sourceOid).collect(Collectors.toList()));
            try (Session target = voyage.target().open()) {
                target.begin();
                leadership.hold(target, End.TARGET);
                for (TrackedTables.Entry entry : entries) {
                    Catalog.Fingerprint fingerprint = now.get(entry.sourceOid());
                    target.jdbc()
                            .sql("UPDATE ferry.table_copy SET triggers = ? WHERE table_id = ?")
                            .params(fingerprint == null ? "" : fingerprint.triggers(), entry.id())
                            .update();
                }
                target.commit();
            }
        }
    }
}
