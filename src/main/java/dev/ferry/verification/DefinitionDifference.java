package dev.ferry.verification;

/**
 * Something that is not defined the same at both ends.
 *
 * @param kind index, constraint, trigger and so on
 * @param name qualified, as people read it
 * @param what a sentence for people
 */
public record DefinitionDifference(String kind, String name, String what) {}
