/** Shuts the app out of one end and lets it into the other, and back. */
@org.jspecify.annotations.NullMarked
package dev.ferry.cutover;
