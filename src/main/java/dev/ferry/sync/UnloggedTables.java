package dev.ferry.sync;

import dev.ferry.database.Catalog;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tables that a server empties when it recovers from a crash, without a trigger and without a line in the log. No connection
 * outlives a crash: as long as one that was there when the two ends were equal still answers, at each end, nothing was
 * emptied (RULES A10).
 */
final class UnloggedTables {
    private static final String MARK = "ferry.equal_over";

    private final Route route;
    private final String mark = UUID.randomUUID().toString();
    private final Map<Long, Boolean> known = new HashMap<>();

    UnloggedTables(Route route) {
        this.route = route;
    }

    /** Numbers of those of the tables that have to be reloaded; the destination is only asked where there are any. */
    Set<Integer> tablesInDoubt(Session origin, Collection<TrackedTable> tables) {
        learn(origin, tables);
        Set<Integer> unlogged = tables.stream()
                .filter(table -> known.getOrDefault(table.definition().oid(), false))
                .map(TrackedTable::id)
                .collect(Collectors.toSet());
        if (unlogged.isEmpty() || (isMarked(origin) && destinationIsMarked())) {
            return Set.of();
        }
        return unlogged;
    }

    /** A table that changes its persistence is suspended for drift, so each is asked about once. */
    private void learn(Session origin, Collection<TrackedTable> tables) {
        List<Long> fresh = tables.stream()
                .map(table -> table.definition().oid())
                .filter(oid -> !known.containsKey(oid))
                .toList();
        if (fresh.isEmpty()) {
            return;
        }
        Set<Long> unlogged = new HashSet<>(origin.list(
                Long.class,
                "SELECT oid::bigint FROM pg_catalog.pg_class WHERE relpersistence = 'u' AND oid = ANY (?::oid[])",
                Catalog.arrayLiteral(fresh)));
        fresh.forEach(oid -> known.put(oid, unlogged.contains(oid)));
    }

    private boolean destinationIsMarked() {
        try (Session destination = route.destination().open()) {
            return isMarked(destination);
        }
    }

    private boolean isMarked(Session session) {
        List<@Nullable String> found =
                session.list(String.class, "SELECT coalesce(current_setting('" + MARK + "', true), '')");
        return mark.equals(found.get(0));
    }

    /** After both commits. */
    void equalOver(Session origin, Session destination) {
        for (Session session : List.of(origin, destination)) {
            session.list(String.class, "SELECT set_config('" + MARK + "', ?, false)", mark);
        }
    }
}
