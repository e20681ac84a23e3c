/** Looks at both ends before anything is written, and says what is wrong and what to do about it. */
@org.jspecify.annotations.NullMarked
package dev.ferry.preflight;
