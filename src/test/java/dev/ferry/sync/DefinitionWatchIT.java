package dev.ferry.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.cutover.WriteFence;
import dev.ferry.database.Session;
import dev.ferry.testing.SettableClock;
import dev.ferry.testing.SyncedPair;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefinitionWatchIT {
    private static final String SCHEMA = """
            CREATE TABLE t (id bigint PRIMARY KEY, email text, n int);
            CREATE TABLE u (id bigint PRIMARY KEY, t_id bigint);
            CREATE INDEX old_index ON t (n);
            CREATE VIEW old_view AS SELECT id FROM t;
            CREATE FUNCTION old_function(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER old_trigger BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TYPE mood AS ENUM ('good', 'bad');
            CREATE DOMAIN positive AS int CHECK (VALUE > 0);
            CREATE TYPE pair AS (a int, b text);
            CREATE TABLE part (id int PRIMARY KEY, v int) PARTITION BY RANGE (id);
            CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
            """;

    private final SyncedPair pair = SyncedPair.create();
    private final SettableClock clock = new SettableClock();
    private DefinitionWatch watch = new DefinitionWatch(pair.source(), pair.target(), clock);

    @BeforeEach
    void note() {
        pair.schema(SCHEMA).captured();
        try (Session session = pair.target().open()) {
            session.begin();
            DefinitionWatch.note(pair.source(), session);
            session.commit();
        }
        watch = new DefinitionWatch(pair.source(), pair.target(), clock);
    }

    @AfterEach
    void close() {
        pair.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CREATE UNIQUE INDEX a_email ON t (email)                             | index a_email (new)
            CREATE INDEX part_v ON part (v)                                      | index part_v (new)
            DROP INDEX old_index                                                 | index old_index (dropped)
            DROP INDEX old_index; CREATE INDEX old_index ON t (n DESC)           | index old_index (changed)
            ALTER TABLE t ADD CHECK (n > 0)                                      | constraint t t_n_check (new)
            ALTER TABLE t ADD UNIQUE (email)                                     | constraint t t_email_key (new)
            ALTER TABLE u ADD FOREIGN KEY (t_id) REFERENCES t                    | constraint u u_t_id_fkey (new)
            CREATE VIEW v AS SELECT t.id, u.t_id FROM t JOIN u ON (t.id = u.id)  | view v (new)
            CREATE OR REPLACE VIEW old_view AS SELECT id FROM t WHERE n > 0      | view old_view (changed)
            CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t                 | view m (new)
            CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'           | function g() (new)
            CREATE OR REPLACE FUNCTION old_function(a int) RETURNS int LANGUAGE sql AS 'SELECT 2 * a' | function old_function(integer) (changed)
            CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int)           | function total(integer) (new)
            CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()              | trigger t g (new)
            ALTER TABLE t DISABLE TRIGGER old_trigger                            | trigger t old_trigger (changed)
            CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING                   | rule t r (new)
            CREATE POLICY p ON t USING (n > 0)                                   | policy t p (new)
            ALTER TYPE mood ADD VALUE 'so so'                                    | type mood (changed)
            ALTER DOMAIN positive ADD CHECK (VALUE < 100)                        | type positive (changed)
            ALTER TYPE pair ADD ATTRIBUTE c int                                  | type pair (changed)
            CREATE EXTENSION citext                                              | extension citext (new)
            """)
    void aChangeOnTheSourceIsNamedUntilTheTargetHasItToo(String change, String named) {
        watch.lookNow();
        assertThat(watch.missing()).isEmpty();
        pair.heroku().run("SET search_path = public; " + change);

        watch.lookNow();

        assertThat(watch.missing()).map(line -> line.replace("public.", "")).containsExactly(named);

        pair.planetScale().run(change);
        watch.lookNow();

        assertThat(watch.missing()).isEmpty();
    }

    @Test
    void whatFerryDoesAndWhatComesAndGoesIsNoChange() {
        WriteFence fence =
                new WriteFence(pair.source(), pair.target(), SyncedPair.fence(SyncedPair.EPOCH), name -> true, pair);
        assertThat(fence.prepare()).isEmpty();
        assertThat(fence.engage(fence.engagement())).isEmpty();
        fence.release();
        pair.heroku()
                .run("CREATE TEMPORARY TABLE x (id int PRIMARY KEY, m mood CHECK (m <> 'bad')); CREATE SEQUENCE s;"
                        + " ANALYZE t; REINDEX TABLE t");
        pair.heroku().run("VACUUM FULL t");
        pair.heroku().run("DROP INDEX old_index; CREATE INDEX old_index ON t (n)");

        watch.lookNow();

        assertThat(watch.missing()).isEmpty();
    }

    @Test
    void itLooksTwiceAMinuteAndOnceMoreWhenAsked() {
        watch.look();
        pair.heroku().run("CREATE VIEW v AS SELECT 1 AS one");
        clock.advance(Duration.ofSeconds(29));
        watch.look();
        assertThat(watch.missing()).isEmpty();
        clock.advance(Duration.ofSeconds(1));
        watch.look();
        assertThat(watch.missing()).containsExactly("view public.v (new)");

        pair.heroku().run("CREATE VIEW w AS SELECT 1 AS one");
        watch.lookNow();
        assertThat(watch.missing()).hasSize(2);
    }

    @Test
    void aDefinitionThatIsLockedIsLookedAtLater() throws Exception {
        pair.heroku().run("CREATE VIEW v AS SELECT 1 AS one");
        watch.lookNow();
        try (java.sql.Connection app = pair.heroku().connect()) {
            app.setAutoCommit(false);
            app.createStatement().execute("CREATE VIEW w AS SELECT * FROM t; LOCK TABLE old_view, t");
            pair.heroku().run("CREATE VIEW x AS SELECT 1 AS one");

            watch.lookNow();

            assertThat(watch.missing()).contains("view public.v (new)");
        }
        watch.lookNow();
        assertThat(watch.missing()).containsExactly("view public.v (new)", "view public.x (new)");
    }

    @Test
    void thousandsOfTablesCostOneLookMilliseconds() {
        for (int from = 0; from < 3000; from += 250) {
            pair.heroku()
                    .run(IntStream.range(from, from + 250)
                            .mapToObj(
                                    i -> "CREATE TABLE many" + i + " (id int PRIMARY KEY, a int CHECK (a > 0), b text);"
                                            + "CREATE INDEX ON many" + i + " (a);")
                            .collect(Collectors.joining()));
        }
        for (int i = 0; i < 4; i++) {
            long start = System.nanoTime();
            watch.lookNow();
            System.out.println("look " + i + " at 3,000 tables: " + (System.nanoTime() - start) / 1_000_000 + " ms");
        }
        assertThat(watch.missing()).hasSize(9000);
    }
}
