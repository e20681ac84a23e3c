package dev.ferry.database;

/**
 * A table under the number that it has for the whole migration, at both ends.
 */
public record TrackedTable(int id, Table definition) {
    public TableName name() {
        return definition.name();
    }

    /** The log of changed keys, at the end that is written to. */
    public String deltaTable() {
        return "ferry.delta_" + id;
    }

    public String captureFunction() {
        return "ferry.capture_" + id;
    }
}
