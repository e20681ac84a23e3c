package dev.ferry.verification;

import dev.ferry.database.Identifiers;
import dev.ferry.database.Key;
import dev.ferry.database.Route;
import dev.ferry.database.Session;
import dev.ferry.database.TrackedTable;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Logs keys at the origin, as the app's own changes of these rows would. */
final class Repair {
    private static final int KEYS_AT_ONCE = 500;

    private final Route route;

    Repair(Route route) {
        this.route = route;
    }

    /** @return keys logged; a marker, which has the whole table reloaded, counts as one */
    long log(TrackedTable table, List<RowDifference> differences) {
        Key key = table.definition().key();
        boolean unkeyed = differences.stream().anyMatch(difference -> !isWhole(difference.key()));
        try (Session session = route.origin().open()) {
            session.begin();
            route.fence().hold(session, route.origin().end());
            long logged = 0;
            if (key == null || unkeyed) {
                session.jdbc()
                        .sql("INSERT INTO ferry.marker (table_id, reason) VALUES (?, 'verification')")
                        .param(table.id())
                        .update();
                logged = 1;
            } else {
                for (int from = 0; from < differences.size(); from += KEYS_AT_ONCE) {
                    List<RowDifference> some =
                            differences.subList(from, Math.min(from + KEYS_AT_ONCE, differences.size()));
                    session.execute("INSERT INTO " + table.deltaTable() + " (" + key.names("") + ") VALUES "
                            + some.stream()
                                    .map(difference -> values(key, difference))
                                    .collect(Collectors.joining(", ")));
                    logged += some.size();
                }
            }
            session.commit();
            return logged;
        }
    }

    private static boolean isWhole(@Nullable List<@Nullable String> key) {
        return key != null && !key.contains(null);
    }

    private static String values(Key key, RowDifference difference) {
        List<@Nullable String> texts = java.util.Objects.requireNonNull(difference.key());
        return IntStream.range(0, texts.size())
                .mapToObj(i -> Identifiers.literal(String.valueOf(texts.get(i))) + "::"
                        + key.columns().get(i).logType())
                .collect(Collectors.joining(", ", "(", ")"));
    }
}
