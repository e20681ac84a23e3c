/** Logs the keys of changed rows with triggers, at the end that the app writes to. */
@org.jspecify.annotations.NullMarked
package dev.ferry.capture;
