package dev.ferry.verification;

import dev.ferry.database.Session;
import dev.ferry.database.TableName;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Finds sequences that would give out a number on the target which the source has given out already. */
final class SequencePositions {
    private static final int AT_ONCE = 100;

    private SequencePositions() {}

    /** @param sequences those at both ends; of one that cycles no number is ever behind another */
    static List<DefinitionDifference> behind(Session source, Session target, List<Definition> sequences) {
        List<DefinitionDifference> differences = new ArrayList<>();
        List<Definition> bounded = sequences.stream()
                .filter(sequence -> sequence.is("cycling", "no"))
                .toList();
        for (int from = 0; from < bounded.size(); from += AT_ONCE) {
            List<Definition> some = bounded.subList(from, Math.min(from + AT_ONCE, bounded.size()));
            Map<Integer, BigInteger> wanted = next(source, some);
            Map<Integer, BigInteger> found = next(target, some);
            for (int i = 0; i < some.size(); i++) {
                BigInteger here = Objects.requireNonNull(wanted.get(i));
                BigInteger there = Objects.requireNonNull(found.get(i));
                int direction = increment(some.get(i)).signum();
                if (there.subtract(here).signum() * direction < 0) {
                    differences.add(new DefinitionDifference(
                            "sequence",
                            some.get(i).name(),
                            "is behind: its next number is " + here + " on the source, " + there + " on the target"));
                }
            }
        }
        return differences;
    }

    private static BigInteger increment(Definition sequence) {
        return new BigInteger(Objects.requireNonNull(sequence.value("increment")));
    }

    /** By place in the list. */
    private static Map<Integer, BigInteger> next(Session session, List<Definition> sequences) {
        Map<Integer, BigInteger> next = new HashMap<>();
        List<String> selects = new ArrayList<>();
        for (int i = 0; i < sequences.size(); i++) {
            TableName name = Objects.requireNonNull(sequences.get(i).table());
            selects.add("SELECT %d AS place, last_value, is_called FROM %s".formatted(i, name.sql()));
        }
        session.jdbc()
                .sql(selects.stream().collect(Collectors.joining(" UNION ALL ")))
                .query(row -> {
                    BigInteger last = BigInteger.valueOf(row.getLong("last_value"));
                    int place = row.getInt("place");
                    next.put(place, row.getBoolean("is_called") ? last.add(increment(sequences.get(place))) : last);
                });
        return next;
    }
}
