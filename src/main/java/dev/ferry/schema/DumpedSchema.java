package dev.ferry.schema;

import java.time.Instant;
import java.util.List;

/**
 * A schema as pg_dump wrote it, and its entries in the order of their restore.
 *
 * @param archive in pg_dump's custom format
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record DumpedSchema(byte[] archive, Instant takenAt, int pgDumpVersion, List<SchemaEntry> entries) {
    /** How many objects and statements there are to restore. */
    public int size() {
        return entries.size();
    }

    @Override
    public String toString() {
        return entries.size() + " entries, taken at " + takenAt + " by pg_dump " + pgDumpVersion;
    }
}
