/** Connections to the two ends, the names and shapes of what is in them, and how their errors are sorted. */
@org.jspecify.annotations.NullMarked
package dev.ferry.database;
