package dev.ferry.database;

/**
 * A column as the engine sees it.
 *
 * @param stagingType its type without domain and type modifier, qualified: what a copy of a value is declared as (RULES E3)
 * @param generated stored generated: computed by the other end itself, never copied
 */
public record Column(String name, String stagingType, boolean generated) {}
