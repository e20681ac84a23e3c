package dev.ferry.schema;

/**
 * The parts of a schema's restore, in the order in which entries may depend on each other. Each entry belongs to one.
 *
 * <p>{@link #TRIGGERS} and {@link #FINISH} may run any time after {@link #INDEXES}; {@link #CHECKS} only at the switch.
 */
public enum Stage {
    /** Everything that must be there before the first row: schemas, extensions, types, functions, tables, views. */
    PRE_DATA,
    /** Indexes, primary keys, unique and exclusion constraints, statistics objects, and what depends on them. After the prune. */
    INDEXES,
    /** Foreign keys, where rows can be applied without them acting; see {@link SchemaRestore#addForeignKeysNotValid()}. */
    FOREIGN_KEYS,
    /** Triggers and rules, created and disabled at once: they act only after {@link SchemaRestore#enableStatements()}. */
    TRIGGERS,
    /** Row security policies and whatever else a dump ends with. */
    FINISH,
    /** Constraints that old rows may break (NOT VALID): a reload would meet them (RULES E2). */
    CHECKS
}
