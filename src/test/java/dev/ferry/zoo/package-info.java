/** One database of every kind of table, key, value and definition, and a script of every kind of statement. */
@org.jspecify.annotations.NullMarked
package dev.ferry.zoo;
