/** Compares every row and every definition of the two ends while the app goes on writing. */
@org.jspecify.annotations.NullMarked
package dev.ferry.verification;
