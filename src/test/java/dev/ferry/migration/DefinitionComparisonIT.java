package dev.ferry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.demo.Shop;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestDatabase;
import dev.ferry.verification.DefinitionComparison;
import dev.ferry.verification.DefinitionDifference;
import dev.ferry.verification.Moment;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Definitions of a migrated pair: no false alarm, and each of many damages done by hand is found and named. */
class DefinitionComparisonIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /**
     * What somebody did on the target, and what undoes it.
     *
     * @param found kind, name and what is told; the last as a beginning
     */
    private record Damage(String done, String undone, List<String> found) {}

    private static Damage damage(String done, String undone, String... found) {
        return new Damage(done, undone, List.of(found));
    }

    private static final List<Damage> BEFORE_THE_SWITCH = List.of(
            damage(
                    "DROP INDEX customers_doc",
                    "CREATE INDEX customers_doc ON customers USING gin (doc jsonb_path_ops)",
                    "index public.customers_doc: missing on the target"),
            damage(
                    "DROP INDEX summary_id; CREATE UNIQUE INDEX summary_id ON summary (n)",
                    "DROP INDEX summary_id; CREATE UNIQUE INDEX summary_id ON summary (id)",
                    "index public.summary_id: differs: its definition is"),
            damage(
                    "DROP INDEX customers_nulls; CREATE UNIQUE INDEX customers_nulls ON customers (born, code) NULLS NOT DISTINCT",
                    "DROP INDEX customers_nulls; CREATE UNIQUE INDEX customers_nulls ON customers (code, born) NULLS NOT DISTINCT",
                    "index public.customers_nulls: differs: its definition is"),
            damage(
                    "DROP INDEX tickets_open; CREATE INDEX tickets_open ON tickets (id) WHERE status IN ('open', 'old')",
                    "DROP INDEX tickets_open; CREATE INDEX tickets_open ON tickets (id) WHERE status IN ('open', 'new')",
                    "index public.tickets_open: differs: its definition is"),
            damage(
                    "ALTER TABLE customers ALTER mood DROP DEFAULT",
                    "ALTER TABLE customers ALTER mood SET DEFAULT 'it''s ok'",
                    "column public.customers.mood: differs: its default is 'it''s ok'::public.mood on the source, none on the"
                            + " target"),
            damage(
                    "ALTER TABLE customers ALTER amount SET DEFAULT 0.20",
                    "ALTER TABLE customers ALTER amount SET DEFAULT 0.10",
                    "column public.customers.amount: differs: its default is 0.10 on the source, 0.20 on the target"),
            damage(
                    "ALTER TABLE customers ALTER email DROP NOT NULL",
                    "ALTER TABLE customers ALTER email SET NOT NULL",
                    "column public.customers.email: differs: its NOT NULL is yes on the source, no on the target"),
            damage(
                    "ALTER TABLE customers DROP CONSTRAINT jsonb_question",
                    "ALTER TABLE customers ADD CONSTRAINT jsonb_question"
                            + " CHECK (doc ? 'a?' OR doc ?| ARRAY['b', 'c?'] OR doc IS NULL)",
                    "constraint jsonb_question on public.customers: missing on the target"),
            damage(
                    "ALTER TABLE tickets DROP CONSTRAINT status_known;"
                            + " ALTER TABLE tickets ADD CONSTRAINT status_known CHECK (status IN ('open', 'shut'))",
                    "ALTER TABLE tickets DROP CONSTRAINT status_known;"
                            + " ALTER TABLE tickets ADD CONSTRAINT status_known CHECK (status IN ('open', 'closed'))",
                    "constraint status_known on public.tickets: differs: its definition is",
                    "constraint status_known on public.heirs: differs: its definition is"),
            damage(
                    "ALTER TABLE \"Select \"\"Me\"\"\" DROP CONSTRAINT \"Select \"\"Me\"\"_Order.By_key\"",
                    "ALTER TABLE \"Select \"\"Me\"\"\" ADD UNIQUE (\"Order.By\") DEFERRABLE",
                    "constraint Select \"Me\"_Order.By_key on public.Select \"Me\": missing on the target"),
            damage(
                    "CREATE OR REPLACE VIEW first_of_two AS SELECT 2 AS a",
                    "CREATE OR REPLACE VIEW first_of_two AS SELECT 1 AS a",
                    "view public.first_of_two: differs: its query is not the same"),
            damage(
                    "CREATE OR REPLACE VIEW open_tickets AS SELECT id, status FROM tickets WHERE status IN ('open')",
                    "CREATE OR REPLACE VIEW open_tickets AS SELECT id, status FROM tickets WHERE status IN ('open', 'new')",
                    "view public.open_tickets: differs: its query is not the same"),
            damage(
                    "CREATE OR REPLACE FUNCTION inner_check(v integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS"
                            + " 'BEGIN RETURN v < 1000001; END'",
                    "CREATE OR REPLACE FUNCTION inner_check(v integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS"
                            + " 'BEGIN RETURN v < 1000000; END'",
                    "function public.inner_check(integer): differs: its body is not the same"),
            damage(
                    "CREATE OR REPLACE FUNCTION atomic_return(a integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a + 2",
                    "CREATE OR REPLACE FUNCTION atomic_return(a integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a + 1",
                    "function public.atomic_return(integer): differs: its body is not the same"),
            damage(
                    "ALTER FUNCTION carriage() SECURITY DEFINER",
                    "ALTER FUNCTION carriage() SECURITY INVOKER",
                    "function public.carriage(): differs: its executing role is the invoker on the source, the definer on the"
                            + " target"),
            damage(
                    "DROP TRIGGER \"E constraint\" ON \"Select \"\"Me\"\"\"",
                    "CREATE CONSTRAINT TRIGGER \"E constraint\" AFTER INSERT ON \"Select \"\"Me\"\"\" DEFERRABLE INITIALLY"
                            + " DEFERRED FOR EACH ROW EXECUTE FUNCTION touch();"
                            + " ALTER TABLE \"Select \"\"Me\"\"\" DISABLE TRIGGER \"E constraint\"",
                    "trigger E constraint on public.Select \"Me\": missing on the target"),
            damage(
                    "ALTER TABLE customers ENABLE TRIGGER b_disabled",
                    "ALTER TABLE customers DISABLE TRIGGER b_disabled",
                    "trigger b_disabled on public.customers: differs: it is enabled on the target, where it is to be"),
            damage(
                    "CREATE TRIGGER extra AFTER INSERT ON keyless EXECUTE FUNCTION touch()",
                    "DROP TRIGGER extra ON keyless",
                    "trigger extra on public.keyless: on the target only, where it acts on what is applied"),
            damage(
                    "CREATE RULE extra AS ON UPDATE TO keyless DO ALSO NOTIFY x; ALTER TABLE keyless DISABLE RULE extra",
                    "DROP RULE extra ON keyless",
                    "rule extra on public.keyless: on the target only"),
            damage(
                    "DROP RULE disabled_rule ON ruled",
                    "CREATE RULE disabled_rule AS ON DELETE TO ruled DO ALSO DELETE FROM ruled_log;"
                            + " ALTER TABLE ruled DISABLE RULE disabled_rule",
                    "rule disabled_rule on public.ruled: missing on the target"),
            damage(
                    "ALTER DOMAIN level DROP CONSTRAINT level_known",
                    "ALTER DOMAIN level ADD CONSTRAINT level_known CHECK (VALUE IN ('low', 'high'))",
                    "constraint level_known on domain public.level: missing on the target"),
            damage(
                    "ALTER DOMAIN level SET DEFAULT 'high'",
                    "ALTER DOMAIN level SET DEFAULT 'low'",
                    "type public.level: differs: its default is 'low'::character varying on the source,"
                            + " 'high'::character varying on the target"),
            damage(
                    "ALTER TABLE customers ALTER id SET GENERATED BY DEFAULT",
                    "ALTER TABLE customers ALTER id SET GENERATED ALWAYS",
                    "column public.customers.id: differs: its identity is ALWAYS on the source, BY DEFAULT on the target"),
            damage(
                    "ALTER TABLE sums ALTER twice DROP EXPRESSION",
                    "ALTER TABLE sums DROP twice; ALTER TABLE sums ADD twice integer GENERATED ALWAYS AS (a * 2) STORED",
                    "column public.sums.twice: differs: its default is (a * 2) on the source, none on the target;"
                            + " its generation is STORED on the source, none on the target"),
            damage(
                    "ALTER TABLE sums DROP twice; ALTER TABLE sums ADD twice integer GENERATED ALWAYS AS (a * 3) STORED",
                    "ALTER TABLE sums DROP twice; ALTER TABLE sums ADD twice integer GENERATED ALWAYS AS (a * 2) STORED",
                    "column public.sums.twice: differs: its default is (a * 2) on the source, (a * 3) on the target"),
            damage(
                    "DROP POLICY mine ON row_secured",
                    "CREATE POLICY mine ON row_secured AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (who = current_user)"
                            + " WITH CHECK (who <> ';'); COMMENT ON POLICY mine ON row_secured IS 'of a policy'",
                    "policy mine on public.row_secured: missing on the target"),
            damage(
                    "ALTER POLICY visible ON tickets USING (status IN ('open'))",
                    "ALTER POLICY visible ON tickets USING (status IN ('open', 'new'))",
                    "policy visible on public.tickets: differs: its USING expression is"),
            damage(
                    "ALTER TABLE row_secured DISABLE ROW LEVEL SECURITY",
                    "ALTER TABLE row_secured ENABLE ROW LEVEL SECURITY",
                    "table public.row_secured: differs: its row level security is enabled on the source, disabled on the target"),
            damage(
                    "ALTER TABLE keyless ADD c integer",
                    "ALTER TABLE keyless DROP c",
                    "column public.keyless.c: on the target only"),
            damage(
                    "ALTER TABLE child DROP extra",
                    "ALTER TABLE child ADD extra integer",
                    "column public.child.extra: missing on the target"),
            damage(
                    "ALTER TABLE self_checked ALTER b TYPE bigint",
                    "ALTER TABLE self_checked ALTER b TYPE integer",
                    "column public.self_checked.b: differs: its type is integer on the source, bigint on the target"),
            damage(
                    "ALTER SEQUENCE free_sequence INCREMENT BY -4",
                    "ALTER SEQUENCE free_sequence INCREMENT BY -5",
                    "sequence public.free_sequence: differs: its increment is -5 on the source, -4 on the target"),
            damage(
                    "ALTER SEQUENCE \"Select \"\"Me\"\"_id_seq\" OWNED BY NONE",
                    "ALTER SEQUENCE \"Select \"\"Me\"\"_id_seq\" OWNED BY \"Select \"\"Me\"\"\".id",
                    "sequence public.Select \"Me\"_id_seq: differs: its owning column is owned by public.Select \"Me\".id on the"
                            + " source, none on the target"),
            damage(
                    "COMMENT ON COLUMN customers.email IS 'whose'",
                    "COMMENT ON COLUMN customers.email IS 'who'",
                    "column public.customers.email: differs: its comment is who on the source, whose on the target"),
            damage(
                    "COMMENT ON TRIGGER a_touch ON customers IS NULL",
                    "COMMENT ON TRIGGER a_touch ON customers IS 'of a trigger'",
                    "trigger a_touch on public.customers: differs: its comment is of a trigger on the source, none on the"
                            + " target"),
            damage(
                    "DROP STATISTICS customers_statistics",
                    "CREATE STATISTICS customers_statistics (dependencies, mcv) ON code, born FROM customers",
                    "statistics object public.customers_statistics: missing on the target"),
            damage(
                    "ALTER TABLE event_notes DROP CONSTRAINT event_notes_event_at_kind_fkey",
                    "ALTER TABLE event_notes ADD FOREIGN KEY (event, at, kind) REFERENCES events ON DELETE CASCADE",
                    "constraint event_notes_event_at_kind_fkey on public.event_notes: missing on the target"),
            damage(
                    "ALTER TABLE parted DETACH PARTITION parted_1",
                    "ALTER TABLE parted ATTACH PARTITION parted_1 FOR VALUES FROM (0) TO (10)",
                    "table public.parted_1: differs: its partition bound is FOR VALUES FROM ('0') TO ('10') on the source, none"
                            + " on the target; its parent table is public.parted on the source, none on the target",
                    "index public.parted_1_pkey: differs: its parent index is",
                    "index public.parted_1_status_idx: differs: its parent index is"),
            damage(
                    "DROP MATERIALIZED VIEW never_filled",
                    "CREATE MATERIALIZED VIEW never_filled AS SELECT 1 AS a WITH NO DATA",
                    "materialized view public.never_filled: missing on the target"),
            damage(
                    "DROP TABLE kept CASCADE; DROP COLLATION folded CASCADE",
                    "CREATE TABLE kept (id bigint); CREATE RULE keep AS ON DELETE TO tickets"
                            + " WHERE OLD.status IN ('open', 'new') DO ALSO INSERT INTO kept VALUES (OLD.id);"
                            + " ALTER TABLE tickets DISABLE RULE keep;"
                            + " CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
                            + " ALTER TABLE keyless ADD b text COLLATE folded;"
                            + " CREATE VIEW writable AS SELECT a, b FROM keyless;"
                            + " CREATE TRIGGER instead INSTEAD OF INSERT ON writable FOR EACH ROW EXECUTE FUNCTION touch();"
                            + " CREATE RULE writable_delete AS ON DELETE TO writable DO INSTEAD NOTHING",
                    "collation public.folded: missing on the target",
                    "table public.kept: missing on the target",
                    "view public.writable: missing on the target",
                    "column public.keyless.b: missing on the target",
                    "rule keep on public.tickets: missing on the target"));

    /** That cannot be undone, so they come last. */
    private static final List<Damage> FOR_GOOD = List.of(
            damage(
                    "ALTER TYPE mood ADD VALUE 'elated' BEFORE 'sad'",
                    "",
                    "type public.mood: differs: its list of labels is 'sad', 'it''s ok', 'hap;py', '🙂' on the source, 'elated',"));

    private static final List<Damage> AFTER_THE_SWITCH = List.of(
            damage(
                    "ALTER TABLE customers DISABLE TRIGGER c_always",
                    "ALTER TABLE customers ENABLE ALWAYS TRIGGER c_always",
                    "trigger c_always on public.customers: differs: its state is enabled as ALWAYS on the source, disabled on"
                            + " the target"),
            damage(
                    "ALTER TABLE ruled DISABLE RULE log_insert",
                    "ALTER TABLE ruled ENABLE RULE log_insert",
                    "rule log_insert on public.ruled: differs: its state is enabled on the source, disabled on the target"),
            damage(
                    "ALTER TABLE customers DROP CONSTRAINT old_rows",
                    "ALTER TABLE customers ADD CONSTRAINT old_rows CHECK (code <> 'XXXXX') NOT VALID;"
                            + " COMMENT ON CONSTRAINT old_rows ON customers IS 'only new rows'",
                    "constraint old_rows on public.customers: missing on the target"),
            damage(
                    "ALTER TABLE left_side DROP CONSTRAINT circular",
                    "ALTER TABLE left_side ADD CONSTRAINT circular FOREIGN KEY (other) REFERENCES right_side DEFERRABLE;"
                            + " COMMENT ON CONSTRAINT circular ON left_side IS 'of a foreign key'",
                    "constraint circular on public.left_side: missing on the target"),
            damage(
                    "SELECT setval('customers_id_seq', 1000)",
                    "SELECT setval('customers_id_seq', 1003)",
                    "sequence public.customers_id_seq: is behind: its next number is 1006 on the source, 1003 on the target"),
            damage(
                    "REFRESH MATERIALIZED VIEW over_summary WITH NO DATA",
                    "REFRESH MATERIALIZED VIEW over_summary",
                    "materialized view public.over_summary: differs: its content is filled on the source, not filled on the"
                            + " target"));

    /** From 15, the newest that this machine's pg_dump reads wherever the tests run. */
    private static TestDatabase richSource() {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        fill(source);
        return source;
    }

    private static void fill(TestDatabase database) {
        load(database, resource("/dev/ferry/schema/rich.sql"));
        load(database, resource("/dev/ferry/verification/varchars.sql"));
    }

    @Test
    void findsEachDamageAndNothingElseWhereForeignKeysDoNotAct() {
        TestDatabase source = richSource();
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        try (RunningMigration migration =
                        RunningMigration.between(source, target).inSync();
                Comparison comparison = new Comparison(source, target)) {
            assertThat(comparison.differences(Moment.BEFORE_SWITCH)).isEmpty();

            comparison.finds(BEFORE_THE_SWITCH, Moment.BEFORE_SWITCH);
            assertThat(comparison.differences(Moment.BEFORE_SWITCH)).isEmpty();
            comparison.finds(FOR_GOOD, Moment.BEFORE_SWITCH);
            assertThat(migration.status().phase()).isEqualTo(Phase.REPLICATING.label());
        }
    }

    /** Before version 18 a partitioned table's foreign key comes last, after its leaves' were validated. */
    @ParameterizedTest
    @ValueSource(ints = {17, 18})
    void findsEachDamageAfterTheSwitchWhereForeignKeysCameWithIt(int version) {
        TestDatabase source = richSource();
        TestDatabase target = PostgresServer.shared(version).planetScaleDatabase(false);
        try (RunningMigration migration =
                        RunningMigration.between(source, target).inSync();
                Comparison comparison = new Comparison(source, target)) {
            assertThat(comparison.differences(Moment.BEFORE_SWITCH)).isEmpty();
            comparison.finds(
                    List.of(
                            damage(
                                    "ALTER TABLE left_side ADD CONSTRAINT circular FOREIGN KEY (other) REFERENCES right_side",
                                    "ALTER TABLE left_side DROP CONSTRAINT circular",
                                    "constraint circular on public.left_side: differs: it is on the target already"),
                            damage(
                                    "ALTER TABLE customers ADD CONSTRAINT old_rows CHECK (code <> 'XXXXX') NOT VALID",
                                    "ALTER TABLE customers DROP CONSTRAINT old_rows",
                                    "constraint old_rows on public.customers: differs: it is on the target already")),
                    Moment.BEFORE_SWITCH);

            migration.accepted(Action.SWITCH);

            assertThat(comparison.differences(Moment.VALIDATING_FOREIGN_KEYS)).isEmpty();
            await("every foreign key is valid")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(comparison.differences(Moment.AFTER_SWITCH))
                            .isEmpty());
            comparison.finds(AFTER_THE_SWITCH, Moment.AFTER_SWITCH);
            assertThat(comparison.differences(Moment.AFTER_SWITCH)).isEmpty();

            migration.accepted(Action.REVERT);
            await("the target is a copy again")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(comparison.differences(Moment.BEFORE_SWITCH))
                            .isEmpty());
        }
    }

    /** Each pair holds the same schema, read and printed by servers of two versions. */
    @ParameterizedTest
    @CsvSource({"15, 16", "15, 18", "16, 17", "17, 18"})
    void findsNothingBetweenVersions(int sourceVersion, int targetVersion) {
        TestDatabase source = PostgresServer.shared(sourceVersion).herokuDatabase();
        TestDatabase target = PostgresServer.shared(targetVersion).planetScaleDatabase(true);
        fill(source);
        fill(target);
        target.run("CREATE SCHEMA ferry");
        target.run(resource("/db/target/V2__schema_restore.sql"));
        source.run("CREATE COLLATION book (provider = icu, locale = 'de_DE@collation=phonebook')");
        target.run("CREATE COLLATION book (provider = icu, locale = 'de_DE@collation=phonebook')");
        try (Comparison comparison = new Comparison(source, target)) {
            assertThat(comparison.differences(Moment.AFTER_SWITCH)).isEmpty();
        }
    }

    @Test
    void leavesExcludedTablesAndOtherSchemasAloneInAWebShop() {
        TestDatabase source = PostgresServer.shared(15).herokuDatabase();
        TestDatabase target = PostgresServer.shared(17).planetScaleDatabase(true);
        Shop.create(source, 500);
        try (RunningMigration migration = RunningMigration.between(source, target, "public.sessions")
                        .inSync();
                Comparison comparison = new Comparison(source, target)) {
            target.run("CREATE SCHEMA others; CREATE TABLE others.t (id integer PRIMARY KEY)");
            source.run("ALTER TABLE sessions ADD added integer UNIQUE CHECK (added > 0)");

            assertThat(comparison.differences(
                            Moment.BEFORE_SWITCH, name -> !name.name().equals("sessions")))
                    .isEmpty();
            assertThat(comparison.differences(Moment.BEFORE_SWITCH))
                    .extracting(DefinitionDifference::kind)
                    .containsExactlyInAnyOrder("column", "constraint", "constraint");
            assertThat(migration.status().phase()).isEqualTo(Phase.REPLICATING.label());
        }
    }

    /** Two ends as Ferry opens them. */
    private static final class Comparison implements AutoCloseable {
        private final TestDatabase damaged;
        private final Database source;
        private final Database target;

        Comparison(TestDatabase source, TestDatabase target) {
            this.damaged = target;
            this.source = database(End.SOURCE, source);
            this.target = database(End.TARGET, target);
        }

        List<DefinitionDifference> differences(Moment moment) {
            return differences(moment, name -> true);
        }

        List<DefinitionDifference> differences(
                Moment moment, java.util.function.Predicate<dev.ferry.database.TableName> included) {
            return DefinitionComparison.compare(source, target, included, moment);
        }

        /** Each alone; all that was found wrong is told at once. */
        void finds(List<Damage> damages, Moment moment) {
            List<String> wrong = new ArrayList<>();
            for (Damage damage : damages) {
                load(damaged, damage.done());
                List<String> found = differences(moment).stream()
                        .map(DefinitionDifference::toString)
                        .toList();
                boolean named = found.size() == damage.found().size()
                        && damage.found().stream()
                                .allMatch(wanted -> found.stream().anyMatch(line -> line.startsWith(wanted)));
                if (!named) {
                    wrong.add(damage.done() + "\n  should be " + damage.found() + "\n  found " + found);
                }
                if (!damage.undone().isEmpty()) {
                    load(damaged, damage.undone());
                }
            }
            assertThat(wrong).isEmpty();
        }

        @Override
        public void close() {
            source.close();
            target.close();
        }
    }

    private static Database database(End end, TestDatabase database) {
        return new Database(DatabaseUrl.parse(end, database.url()), "ferry test", 3, Duration.ofSeconds(10));
    }

    /** As psql sends it: whole, for the server to take apart. */
    private static void load(TestDatabase database, String sql) {
        Properties properties = new Properties();
        properties.setProperty("user", database.owner());
        properties.setProperty("password", database.password());
        properties.setProperty("preferQueryMode", "simple");
        try (Connection connection = DriverManager.getConnection(database.jdbcUrl(), properties);
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(DefinitionComparisonIT.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
