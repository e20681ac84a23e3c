/** The event log that the dashboard shows: what Ferry did, and what stands in its way. */
@org.jspecify.annotations.NullMarked
package dev.ferry.journal;
