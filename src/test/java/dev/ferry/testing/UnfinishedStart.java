package dev.ferry.testing;

import org.flywaydb.core.Flyway;

/** What a process leaves behind that is killed while it makes Ferry's schema: the schema and Flyway's history, no step yet. */
public final class UnfinishedStart {
    private UnfinishedStart() {}

    public static void leaveIn(TestDatabase database) {
        Flyway.configure()
                .dataSource(database.jdbcUrl(), database.owner(), database.password())
                .schemas("ferry")
                .defaultSchema("ferry")
                .createSchemas(true)
                .locations("classpath:db/nothing")
                .load()
                .migrate();
    }
}
