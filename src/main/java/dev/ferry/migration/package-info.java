/** The life of a migration: its phases, who leads it, which actions are legal, and the one service behind dashboard and API. */
@org.jspecify.annotations.NullMarked
package dev.ferry.migration;
