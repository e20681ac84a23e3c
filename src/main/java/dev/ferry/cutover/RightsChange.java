package dev.ferry.cutover;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.database.EpochFence;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TableName;
import dev.ferry.journal.Journal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Takes the rights to write away on the source, and gives them back. What is still to do is the difference between the saved
 * rights and the ACLs as they are, so either can be called again after a crash (RULES D2). Each statement is a transaction
 * of its own that locks no table and waits for nobody longer than a moment: however many tables there are, no session of
 * the app's queues behind this.
 */
final class RightsChange {
    private static final int OBJECTS_AT_ONCE = 100;
    private static final int TRIES = 20;
    private static final String ROW_WAIT = "SET LOCAL lock_timeout = '500ms';\n";

    /** "Tuple concurrently updated", and waits: somebody else grants, or alters the table, right now. */
    private static final Set<String> CONFLICTS =
            Set.of("XX000", SqlState.LOCK_NOT_AVAILABLE, "40P01", SqlState.SERIALIZATION_FAILURE);

    /** The ACLs are not what they were when they were read: granted onward, or object, column or role dropped. */
    private static final Set<String> OUTDATED = Set.of("2BP01", "42P01", "42703", "42704", "3F000");

    private final Database source;
    private final EpochFence fence;
    private final Rights rights;
    private final Journal journal;

    RightsChange(Database source, EpochFence fence, Rights rights, Journal journal) {
        this.source = source;
        this.fence = fence;
        this.rights = rights;
        this.journal = journal;
    }

    /** One statement and the rights that it is about. */
    private record Bundle(String sql, List<Right> rights) {}

    /** Every saved right that is still there and that REVOKE reaches. */
    void revoke() {
        for (int attempt = 1; ; attempt++) {
            try {
                Set<Right> saved = new HashSet<>(rights.saved());
                List<Right> left = Rights.revocable(rights.current(), rights.owners()).stream()
                        .filter(saved::contains)
                        .toList();
                bundles(left, false).forEach(bundle -> run(bundle.sql()));
                return;
            } catch (RuntimeException e) {
                String state = String.valueOf(SqlState.of(e));
                if (attempt >= TRIES || !(CONFLICTS.contains(state) || OUTDATED.contains(state))) {
                    throw e;
                }
                letTheOtherFinish(attempt);
            }
        }
    }

    /**
     * Every saved right that is gone, with its grantor and grant option. One that cannot be given back (its role or object is
     * gone, or another role granted it) is named and keeps none of the others.
     */
    void giveBack() {
        Set<String> lost = new LinkedHashSet<>();
        for (int attempt = 1; ; attempt++) {
            try {
                giveBackMissing(lost);
                lost.forEach(journal::warn);
                return;
            } catch (RuntimeException e) {
                if (attempt >= TRIES || !CONFLICTS.contains(String.valueOf(SqlState.of(e)))) {
                    throw e;
                }
                letTheOtherFinish(attempt);
            }
        }
    }

    /** Somebody else changes rights just now; a conflict costs them nothing and us a few milliseconds. */
    private static void letTheOtherFinish(int attempt) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10L * attempt));
    }

    private void giveBackMissing(Set<String> lost) {
        Map<TableName, String> owners = rights.owners();
        Set<Right> current = new HashSet<>(rights.current());
        List<Right> ours = new ArrayList<>();
        for (Right right : rights.saved()) {
            if (current.contains(right)) {
                continue;
            }
            if (right.grantor().equals(owners.getOrDefault(right.object(), right.grantor()))) {
                ours.add(right);
            } else {
                lost.add("A right that " + right.grantor() + " granted on " + right.object()
                        + " is gone, and only they can grant it again: " + right.grant() + ";");
            }
        }
        for (Bundle bundle : bundles(ours, true)) {
            if (cannotRun(bundle.sql()) == null) {
                continue;
            }
            for (Right right : bundle.rights()) {
                String said = cannotRun(right.grant());
                if (said != null) {
                    lost.add(right.privilege() + " on " + right.object() + " could not be given back: " + said + "; "
                            + right.grant() + ";");
                }
            }
        }
    }

    /** What the server said if it will never run this statement; null if it did. */
    private @Nullable String cannotRun(String statement) {
        try {
            run(statement);
            return null;
        } catch (RuntimeException e) {
            String state = String.valueOf(SqlState.of(e));
            // No such role, object, column or schema; not the owner any more; not a grantor any more.
            if (state.startsWith("42") || state.startsWith("3F") || state.startsWith("0L") || state.startsWith("2B")) {
                return SqlState.describe(e);
            }
            throw e;
        }
    }

    private void run(String statement) {
        try (Session session = source.open()) {
            session.execute("DO $ferry_block$ BEGIN\n" + ROW_WAIT + fence.assertion(End.SOURCE) + statement
                    + ";\nEND $ferry_block$");
        }
    }

    /** For people and for {@link #revoke()}: in this order. */
    static List<String> revokes(List<Right> revocable) {
        return bundles(revocable, false).stream().map(Bundle::sql).toList();
    }

    /** For people: as {@link #giveBack()} tries first. */
    static List<String> grants(List<Right> rights) {
        return bundles(rights, true).stream().map(Bundle::sql).toList();
    }

    private record Holding(String kind, TableName object, String granteeSql, boolean grantable) {}

    private record Statement(String kind, String privileges, String granteeSql, boolean grantable) {
        String sql(boolean grant, List<TableName> objects) {
            String on = (kind.equals("sequence") ? "SEQUENCE " : "TABLE ")
                    + objects.stream().map(TableName::sql).collect(Collectors.joining(", "));
            return grant
                    ? "GRANT " + privileges + " ON " + on + " TO " + granteeSql
                            + (grantable ? " WITH GRANT OPTION" : "")
                    : "REVOKE " + privileges + " ON " + on + " FROM " + granteeSql;
        }
    }

    /** Rights of one role on many objects in one statement: ten thousand rights would be as many round trips. */
    private static List<Bundle> bundles(List<Right> rights, boolean grant) {
        Map<Holding, List<Right>> holdings = new LinkedHashMap<>();
        for (Right right : rights) {
            holdings.computeIfAbsent(
                            new Holding(right.kind(), right.object(), right.granteeSql(), grant && right.grantable()),
                            holding -> new ArrayList<>())
                    .add(right);
        }
        Map<Statement, List<List<Right>>> statements = new LinkedHashMap<>();
        holdings.forEach((holding, held) -> {
            String privileges =
                    held.stream().map(Right::privilegeSql).distinct().collect(Collectors.joining(", "));
            statements
                    .computeIfAbsent(
                            new Statement(holding.kind(), privileges, holding.granteeSql(), holding.grantable()),
                            statement -> new ArrayList<>())
                    .add(held);
        });
        List<Bundle> bundles = new ArrayList<>();
        statements.forEach((statement, all) -> {
            for (int from = 0; from < all.size(); from += OBJECTS_AT_ONCE) {
                List<List<Right>> part = all.subList(from, Math.min(from + OBJECTS_AT_ONCE, all.size()));
                List<TableName> objects =
                        part.stream().map(held -> held.get(0).object()).toList();
                bundles.add(new Bundle(
                        statement.sql(grant, objects),
                        part.stream().flatMap(List::stream).toList()));
            }
        });
        return bundles;
    }
}
