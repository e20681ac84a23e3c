package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SchemaComparison;
import dev.ferry.testing.TestDatabase;
import dev.ferry.verification.VerificationReport;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sources that do not speak UTF-8, and rows that cannot be handed out as such. */
class EncodingsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);

    @Test
    void everyTextOfALatinSourceArrives() {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase("LATIN1");
        source.run("""
                CREATE TABLE "Größe" ("Schlüssel é" text PRIMARY KEY, v text NOT NULL DEFAULT 'ÿ', a text[]);
                COMMENT ON TABLE "Größe" IS 'Ähnliches';
                CREATE FUNCTION "während"() RETURNS text LANGUAGE sql AS $$ SELECT 'Straße'::text $$;
                INSERT INTO "Größe" SELECT chr(i), repeat(chr(i), 3), ARRAY[chr(i)] FROM generate_series(1, 255) i;
                """);
        try (RunningMigration ferry = RunningMigration.between(source, target, Map.of("ferry.chunk.size", "8KB"))) {
            ferry.inSync();
            source.run("""
                    UPDATE "Größe" SET v = v || 'ü' WHERE "Schlüssel é" > 'é';
                    UPDATE "Größe" SET "Schlüssel é" = "Schlüssel é" || 'à' WHERE "Schlüssel é" < 'Z';
                    DELETE FROM "Größe" WHERE "Schlüssel é" = 'ö';
                    """);
            ferry.awaitReady();
            VerificationReport verified = ferry.verified();
            assertThat(verified.state()).as(verified.toString()).isEqualTo("equal");
            ferry.accepted(Action.SWITCH);
            RowComparison.assertEqual(source, target);
            SchemaComparison.assertEqual(source, target);
            assertThat(target.count("SELECT count(*) FROM \"Größe\" WHERE v = 'üüüü'"))
                    .isEqualTo(1);
        }
    }

    /** The server stores whatever it is sent; it is UTF-8 as long as all clients send that. */
    private static final String SENT_BY_A_LATIN_CLIENT = "convert_from('\\xe974e9'::bytea, 'SQL_ASCII')";

    @Test
    void aRowThatIsNoTextStopsItsTableAndIsNamedUntilItIsCorrected() {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase("SQL_ASCII");
        source.run("""
                CREATE TABLE other (id int PRIMARY KEY, v text);
                CREATE TABLE wrong (a int, b text, v text, PRIMARY KEY (b, a));
                INSERT INTO other SELECT i, 'é' FROM generate_series(1, 1000) i;
                INSERT INTO wrong SELECT i, 'k' || i, repeat('é', 100) FROM generate_series(1, 1000) i;
                UPDATE wrong SET v = %s WHERE a = 700;
                CREATE TABLE z (id int PRIMARY KEY, v text);
                INSERT INTO z SELECT i, 'é' FROM generate_series(1, 1000) i;
                """.formatted(SENT_BY_A_LATIN_CLIENT));
        try (RunningMigration ferry = RunningMigration.between(source, target, Map.of("ferry.chunk.size", "64KB"))) {
            ferry.accepted(Action.START);
            ferry.awaitPhase(Phase.ERROR);

            assertThat(ferry.status().error())
                    .contains("public.wrong", "b = k700, a = 700", "cannot be converted to UTF-8", "22021");
            assertThat(target.count("SELECT count(*) FROM z")).isEqualTo(1000);
            source.run("UPDATE wrong SET v = 'été' WHERE a = 700");
            ferry.accepted(Action.RETRY);
            ferry.awaitReady();
            ferry.awaitEqual();

            source.run("BEGIN; INSERT INTO wrong VALUES (1001, 'new', %s); UPDATE other SET v = 'ö'; COMMIT"
                    .formatted(SENT_BY_A_LATIN_CLIENT));
            await("the table is suspended")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(ferry.status().tables())
                            .anySatisfy(table -> assertThat(table.toString())
                                    .contains("wrong", "b = new, a = 1001", "cannot be converted to UTF-8")));
            await("the others go on")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(target.count("SELECT count(*) FROM other WHERE v = 'ö'"))
                            .isEqualTo(1000));
            await("no switch")
                    .atMost(PATIENCE)
                    .until(() -> ferry.status().cutoverReadiness().level() == Readiness.Level.BLOCKED);
            source.run("DELETE FROM wrong WHERE a = 1001");
            await("it goes on by itself")
                    .atMost(PATIENCE)
                    .until(() -> ferry.status().cutoverReadiness().level() == Readiness.Level.READY);
            ferry.awaitEqual();
            VerificationReport verified = ferry.verified();
            assertThat(verified.state()).as(verified.toString()).isEqualTo("equal");
        }
    }

    @Test
    void aRowWithoutAKeyIsNamedByItsPlace() {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase("SQL_ASCII");
        source.run("CREATE TABLE keyless (v text); INSERT INTO keyless VALUES ('a'), (%s), ('b')"
                .formatted(SENT_BY_A_LATIN_CLIENT));
        try (RunningMigration ferry = RunningMigration.between(source, target)) {
            ferry.accepted(Action.START);
            ferry.awaitPhase(Phase.ERROR);

            assertThat(ferry.status().error()).contains("public.keyless", "ctid (0,2)");
        }
    }

    /** As hexadecimal digits it is twice as long, and beyond the 1 GB that a server can send. */
    @Test
    void aRowThatIsTooLargeToBeReadIsNamed() {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        source.run("""
                CREATE TABLE large (id int PRIMARY KEY, v bytea);
                INSERT INTO large SELECT i, 'v' FROM generate_series(1, 100) i;
                UPDATE large SET v = convert_to(repeat('x', 540000000), 'UTF8') WHERE id = 42;
                """);
        try (RunningMigration ferry = RunningMigration.between(source, target)) {
            ferry.accepted(Action.START);
            ferry.awaitPhase(Phase.ERROR);

            assertThat(ferry.status().error()).contains("public.large", "id = 42", "too large to be read");
            source.run("UPDATE large SET v = 'short' WHERE id = 42");
            ferry.accepted(Action.RETRY);
            ferry.awaitReady();
            ferry.awaitEqual();
        }
    }
}
