package dev.ferry.verification;

/**
 * One object whose definition is not the same at both ends.
 *
 * @param kind such as table, column, index, trigger
 * @param name qualified, as people read it
 * @param what one sentence without a row's values, such as "missing on the target"
 */
public record DefinitionDifference(String kind, String name, String what) {
    @Override
    public String toString() {
        return kind + " " + name + ": " + what;
    }
}
