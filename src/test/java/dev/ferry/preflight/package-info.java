/** What the preflight finds, each finding made by real circumstances. */
@org.jspecify.annotations.NullMarked
package dev.ferry.preflight;
