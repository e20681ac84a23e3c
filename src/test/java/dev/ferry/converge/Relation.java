package dev.ferry.converge;

import java.util.List;
import java.util.Random;

/**
 * A table, or a tree of them, that random statements write to.
 *
 * @param names what statements may name, the root first: a partition and an inheritance member are written to directly too
 * @param columns those that statements set
 * @param keys values of its key column that statements use
 */
record Relation(List<String> names, List<Column> columns, int keys) {

    /**
     * A column.
     *
     * @param moves its values are swapped between rows, and updated where rows are told apart by it
     */
    record Column(String name, Domain domain, boolean nullable, boolean moves, int values) {
        String value(Random random) {
            return nullable && random.nextInt(8) == 0
                    ? "NULL"
                    : domain.literal().apply(random.nextInt(values));
        }

        /** One that no statement but a swap uses. */
        String spare() {
            return domain.literal().apply(values + 7);
        }
    }

    String anyName(Random random) {
        return names.get(random.nextInt(3) == 0 ? random.nextInt(names.size()) : 0);
    }

    String root() {
        return names.get(0);
    }

    /** The one that a statement's rows are looked for by. */
    Column key() {
        return columns.get(0);
    }

    List<Column> moving() {
        return columns.stream().filter(Column::moves).toList();
    }
}
