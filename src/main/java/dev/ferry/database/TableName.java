package dev.ferry.database;

/** A table's schema and name, as the catalog spells them. */
public record TableName(String schema, String name) implements Comparable<TableName> {

    /** Quoted and qualified, for SQL. */
    public String sql() {
        return Identifiers.quote(schema) + "." + Identifiers.quote(name);
    }

    /** For people: {@code schema.table}. */
    @Override
    public String toString() {
        return schema + "." + name;
    }

    @Override
    public int compareTo(TableName other) {
        int bySchema = schema.compareTo(other.schema);
        return bySchema != 0 ? bySchema : name.compareTo(other.name);
    }
}
