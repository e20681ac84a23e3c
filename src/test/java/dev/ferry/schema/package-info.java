/** Tests of taking the schema over. */
@org.jspecify.annotations.NullMarked
package dev.ferry.schema;
