/** Real servers, databases with the roles of the real hosts, writers and comparisons, for tests and the demo. */
@org.jspecify.annotations.NullMarked
package dev.ferry.testing;
