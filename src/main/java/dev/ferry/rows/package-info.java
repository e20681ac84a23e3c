/** Moves rows and keys from one open transaction to another, as COPY text, byte for byte. */
@org.jspecify.annotations.NullMarked
package dev.ferry.rows;
