package dev.ferry.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.FerryProcess;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.SampleTables;
import dev.ferry.testing.TestDatabase;
import org.junit.jupiter.api.Test;

/** What a Java buildpack puts into the environment of the app that runs beside it, or of Ferry itself. */
class BuildpackIT {
    private static final String NOWHERE = "jdbc:postgresql://nowhere.invalid:5432/app?user=app&password=app";

    @Test
    void migratesAsItsOwnUrlsSayWhateverTheBuildpackSetsForAnotherDatabase() {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        SampleTables.create(source, 100);
        try (FerryProcess ferry = FerryProcess.between(source, target)
                .set("DATABASE_URL", "postgres://app:app@nowhere.invalid:5432/app")
                .set("JDBC_DATABASE_URL", NOWHERE)
                .set("JDBC_DATABASE_USERNAME", "app")
                .set("JDBC_DATABASE_PASSWORD", "app")
                .set("SPRING_DATASOURCE_URL", NOWHERE)
                .set("SPRING_DATASOURCE_USERNAME", "app")
                .set("SPRING_DATASOURCE_PASSWORD", "app")
                .set("JAVA_TOOL_OPTIONS", "-Dfile.encoding=UTF-8 -Xmx300m -Xss512k -XX:CICompilerCount=2")
                .start()) {
            assertThat(ferry.get("/health").status()).isEqualTo(200);
            ferry.start();
            ferry.awaitInSync();
            ferry.assertNoStackTrace();
            assertThat(ferry.output()).doesNotContain("nowhere.invalid");
        }
    }
}
