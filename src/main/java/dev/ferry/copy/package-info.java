/** Copies the rows that exist, chunk by chunk, and prunes those that changed meanwhile. */
@org.jspecify.annotations.NullMarked
package dev.ferry.copy;
