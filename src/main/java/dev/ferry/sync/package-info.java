/** Brings the destination from one snapshot of the origin to the next. */
@org.jspecify.annotations.NullMarked
package dev.ferry.sync;
