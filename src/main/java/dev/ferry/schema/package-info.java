/** Takes the schema over with pg_dump and pg_restore, entry by entry. */
@org.jspecify.annotations.NullMarked
package dev.ferry.schema;
