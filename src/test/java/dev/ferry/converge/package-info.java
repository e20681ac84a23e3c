/** Random tables, random writers and random faults around whole migrations, which must end with equal databases. */
@org.jspecify.annotations.NullMarked
package dev.ferry.converge;
