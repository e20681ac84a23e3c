package dev.ferry.cutover;

import dev.ferry.capture.Capture;
import dev.ferry.database.Catalog;
import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Session;
import dev.ferry.database.Table;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import dev.ferry.journal.Journal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the target's tables were like when it was opened for the app. Capture there logs what its triggers saw; DDL and
 * disabled triggers pass it by. So a revert compares: a table that was altered is reloaded whole from the source, and one
 * that can no longer take the source's rows, or came into being meanwhile, keeps the next switch back until somebody has
 * put it right. Else that switch would ship what the revert was to discard.
 */
public final class TargetFingerprints {
    private static final String SUSPENDED = "on the target ";

    private final Database target;
    private final EpochFence fence;
    private final Journal journal;

    public TargetFingerprints(Database target, EpochFence fence, Journal journal) {
        this.target = target;
        this.fence = fence;
        this.journal = journal;
    }

    /**
     * A table that differs.
     *
     * @param id null if it is not part of the migration
     * @param reason why the source's rows cannot simply be read into it again; null if they can
     * @param recapture it is there without capture's triggers, which the next switch makes anew
     */
    record Change(
            @Nullable Integer id,
            long oid,
            TableName name,
            @Nullable String reason,
            @Nullable TrackedTable recapture) {}

    private record Opened(
            long tableOid,
            @Nullable Integer tableId,
            String schemaName,
            String tableName,
            String shape,
            String fingerprint,
            @Nullable String found) {
        TableName name() {
            return new TableName(schemaName, tableName);
        }
    }

    /** At the end of the transaction that opens the target. */
    void note(Session session, Collection<TrackedTable> tables) {
        Map<Long, TrackedTable> tracked = byOid(tables);
        Map<Long, TableName> all = userTables(session);
        Map<Long, Catalog.Fingerprint> fingerprints = Catalog.fingerprints(session, tracked.keySet());
        session.execute("DELETE FROM ferry.opened_table");
        List<Opened> rows = new ArrayList<>();
        all.forEach((oid, name) -> {
            TrackedTable table = tracked.get(oid);
            rows.add(new Opened(
                    oid,
                    table == null ? null : table.id(),
                    name.schema(),
                    name.name(),
                    table == null ? "" : shape(table.definition()),
                    text(fingerprints.get(oid)),
                    null));
        });
        insert(session, rows);
    }

    /** All at once: the app is shut out meanwhile. */
    private static void insert(Session session, List<Opened> rows) {
        session.jdbc()
                .sql("""
                        INSERT INTO ferry.opened_table
                          (table_oid, table_id, schema_name, table_name, shape, fingerprint, found)
                        SELECT * FROM unnest(?::oid[], ?::int[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
                        """)
                .param(Catalog.arrayLiteral(rows.stream().map(Opened::tableOid).toList()))
                .param(rows.stream().map(Opened::tableId).toArray(Integer[]::new))
                .param(rows.stream().map(Opened::schemaName).toArray(String[]::new))
                .param(rows.stream().map(Opened::tableName).toArray(String[]::new))
                .param(rows.stream().map(Opened::shape).toArray(String[]::new))
                .param(rows.stream().map(Opened::fingerprint).toArray(String[]::new))
                .param(rows.stream().map(Opened::found).toArray(String[]::new))
                .update();
    }

    private static Map<Long, TrackedTable> byOid(Collection<TrackedTable> tables) {
        return tables.stream()
                .collect(Collectors.toMap(table -> table.definition().oid(), Function.identity()));
    }

    /** In the schemas that the migration made or filled: another app's tables beside them are none of its business. */
    private static Map<Long, TableName> userTables(Session session) {
        Map<Long, TableName> tables = new TreeMap<>();
        session.jdbc()
                .sql("SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE n.nspname IN (SELECT schema_name FROM ferry.table_copy) AND " + Catalog.USER_TABLES)
                .query(row -> {
                    tables.put(row.getLong("oid"), new TableName(row.getString("nspname"), row.getString("relname")));
                });
        return tables;
    }

    private static List<Opened> opened(Session session, String condition) {
        return session.jdbc()
                .sql(
                        "SELECT table_oid, table_id, schema_name, table_name, shape, fingerprint, found FROM ferry.opened_table"
                                + " WHERE " + condition + " ORDER BY schema_name, table_name")
                .query(Opened.class)
                .list();
    }

    private static String shape(Table table) {
        return "key (" + String.join(", ", table.keyColumns()) + ") columns "
                + table.copiedColumns().stream()
                        .map(column -> column.name() + " " + column.stagingType())
                        .sorted()
                        .collect(Collectors.joining(", "));
    }

    private static String text(Catalog.@Nullable Fingerprint fingerprint) {
        return fingerprint == null
                ? ""
                : fingerprint.definition() + " " + fingerprint.stamps() + " " + fingerprint.triggers();
    }

    /**
     * What differs from when the target was opened; before anything is done to its triggers.
     *
     * @param tables those of the migration that are there now, read before they were locked
     */
    List<Change> changes(Session session, Collection<TrackedTable> tables) {
        List<Opened> opened = opened(session, "true");
        if (opened.isEmpty()) {
            return List.of(); // opened by a version that did not note it
        }
        Map<Integer, TrackedTable> now =
                tables.stream().collect(Collectors.toMap(TrackedTable::id, Function.identity()));
        Map<Long, TableName> all = userTables(session);
        Map<Long, Catalog.Fingerprint> fingerprints =
                Catalog.fingerprints(session, byOid(tables).keySet());
        List<Change> changes = new ArrayList<>();
        Set<Long> known = new HashSet<>();
        for (Opened then : opened) {
            known.add(then.tableOid());
            if (then.tableId() == null) {
                continue;
            }
            TrackedTable there = now.get(then.tableId());
            String reason = reason(then, there, all);
            Catalog.Fingerprint fingerprint =
                    there == null ? null : fingerprints.get(there.definition().oid());
            if (there != null && reason == null) {
                known.add(there.definition().oid());
            }
            if (reason != null || !then.fingerprint().equals(text(fingerprint))) {
                boolean captured = fingerprint == null
                        || (fingerprint.triggers().contains("ferry_capture,")
                                && fingerprint.triggers().contains("ferry_truncate,"));
                changes.add(new Change(then.tableId(), then.tableOid(), then.name(), reason, captured ? null : there));
            }
        }
        all.forEach((oid, name) -> {
            if (!known.contains(oid)) {
                changes.add(new Change(null, oid, name, "is new", null));
            }
        });
        return changes;
    }

    /**
     * Whether a table has been altered since the target was opened, so that its rows may be others without a trigger having
     * seen it. False in a target that was opened by a version that did not note how it was.
     */
    public boolean isAltered(TrackedTable table) {
        try (Session session = target.open()) {
            return opened(session, "table_id = " + table.id()).stream().anyMatch(then -> {
                Catalog.Fingerprint now =
                        Catalog.fingerprints(session, List.of(then.tableOid())).get(then.tableOid());
                return now == null || !then.fingerprint().startsWith(now.definition() + " " + now.stamps() + " ");
            });
        }
    }

    private static @Nullable String reason(Opened then, @Nullable TrackedTable now, Map<Long, TableName> all) {
        if (now == null) {
            return "is gone (dropped, renamed or moved)";
        }
        if (now.definition().oid() != then.tableOid() && all.containsKey(then.tableOid())) {
            return "has changed places with " + all.get(then.tableOid());
        }
        return shape(now.definition()).equals(then.shape()) ? null : "has other columns or another key";
    }

    /** The tables whose capture can be turned off. */
    static List<TrackedTable> captured(Collection<TrackedTable> tables, List<Change> changes) {
        return tables.stream()
                .filter(table -> changes.stream().noneMatch(change -> table.equals(change.recapture())))
                .toList();
    }

    /** Writes down what was found, in the two transactions that close the target. */
    void carry(List<Change> changes, Session target, Session source) {
        for (Change change : changes) {
            if (change.id() != null) {
                // All of it is read again: what capture logged before it was lost is of no use any more.
                boolean gone = !isThere(target, change.oid());
                if (gone || (change.recapture() != null && change.reason() == null)) {
                    target.execute(Capture.removal(change.id(), gone ? null : change.name()));
                } else {
                    target.execute("DO $ferry_block$ BEGIN IF to_regclass('ferry.delta_%1$d') IS NOT NULL THEN"
                                    .formatted(change.id())
                            + " DELETE FROM ferry.delta_%1$d; END IF; END $ferry_block$".formatted(change.id()));
                }
                source.jdbc()
                        .sql("INSERT INTO ferry.marker (table_id, reason) VALUES (?, 'altered on the target')")
                        .param(change.id())
                        .update();
                target.jdbc()
                        .sql("UPDATE ferry.opened_table SET found = ? WHERE table_oid = ?")
                        .param(change.reason())
                        .param(change.oid())
                        .update();
                if (change.reason() != null) {
                    target.jdbc()
                            .sql("UPDATE ferry.table_copy SET suspended = ? WHERE table_id = ? AND suspended IS NULL")
                            .params(SUSPENDED + "it " + change.reason(), change.id())
                            .update();
                }
            } else if (!userTables(target).containsKey(change.oid())) {
                continue; // dropped just now
            } else {
                insert(
                        target,
                        List.of(new Opened(
                                change.oid(),
                                null,
                                change.name().schema(),
                                change.name().name(),
                                "",
                                "",
                                change.reason())));
            }
            journal.warn(change.name() + " was changed on the target after the switch: it "
                    + (change.reason() == null
                            ? "is read from the source again, whole."
                            : change.reason()
                                    + (change.id() == null ? ". Drop it" : ". Put it back as it was")
                                    + "; until then no switch is possible."));
        }
    }

    private static boolean isThere(Session session, long oid) {
        return session.list(Boolean.class, "SELECT EXISTS (SELECT FROM pg_class WHERE oid = ?::oid)", oid)
                .get(0);
    }

    /**
     * What a revert found on the target and nobody has put right yet, for people. What is as it was again is forgotten here,
     * and its sync goes on.
     *
     * @param tables those of the migration, as at the source
     */
    public List<String> differences(Collection<TrackedTable> tables) {
        List<String> left = new ArrayList<>();
        try (Session session = target.open()) {
            List<Opened> found = opened(session, "found IS NOT NULL");
            if (found.isEmpty()) {
                return left;
            }
            Map<TableName, List<String>> keys = tables.stream()
                    .collect(Collectors.toMap(
                            TrackedTable::name, table -> table.definition().keyColumns()));
            List<Table> all = Catalog.tables(session, name -> true, keys);
            Map<Long, Table> now = all.stream().collect(Collectors.toMap(Table::oid, Function.identity()));
            Map<TableName, Table> byName = all.stream().collect(Collectors.toMap(Table::name, Function.identity()));
            for (Opened table : found) {
                Table there = now.get(table.tableOid());
                if (there == null && table.tableId() != null) {
                    there = byName.get(table.name()); // made anew, under its own name
                }
                boolean right = table.tableId() == null
                        ? there == null
                        : there != null
                                && there.name().equals(table.name())
                                && shape(there).equals(table.shape());
                if (right) {
                    settle(table);
                } else {
                    left.add(table.name() + " " + table.found());
                }
            }
        }
        return left;
    }

    private void settle(Opened table) {
        try (Session session = target.open()) {
            session.begin();
            fence.hold(session, End.TARGET);
            session.jdbc()
                    .sql("UPDATE ferry.opened_table SET found = NULL WHERE table_oid = ?")
                    .param(table.tableOid())
                    .update();
            if (table.tableId() != null) {
                session.jdbc()
                        .sql(
                                "UPDATE ferry.table_copy SET suspended = NULL WHERE table_id = ? AND starts_with(suspended, ?)")
                        .params(table.tableId(), SUSPENDED)
                        .update();
            }
            session.commit();
        }
        journal.info(table.name() + " is on the target as it was at the switch"
                + (table.tableId() == null ? ": gone." : ": its sync goes on."));
    }
}
