/** The one exception that Ferry throws on purpose, with a code and what to do about it. */
@org.jspecify.annotations.NullMarked
package dev.ferry.failure;
