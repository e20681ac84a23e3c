package dev.ferry.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Random transactions on few keys of many kinds of tables, so that the same rows are met again and again: keys that
 * change, unique values that swap, rows deleted and inserted again, savepoints rolled back, bulk statements, TRUNCATE,
 * tables without a key, odd names and odd values. The sessions' time zone and formats are not what anyone would expect.
 */
public final class RandomWriter extends Workload {
    private static final int KEYS = 60;

    private RandomWriter(TestDatabase database, long seed, int threads, Duration pause) {
        super(database, seed, threads, pause);
    }

    /** @param rows more rows in the larger tables, so that a copy has something to do; 0 is enough to write on */
    public static void createTables(TestDatabase database, int rows) {
        database.run(TABLES);
        // The driver refuses to work with any DateStyle but ISO in its own session; everybody else's starts like this.
        database.run("ALTER DATABASE " + database.name() + " SET DateStyle = 'German, DMY'");
        database.run("""
                SET search_path = public, app, heroku_ext;
                INSERT INTO ints (id, u, n, note) SELECT i, i, i, repeat('n' || i, 20)
                  FROM generate_series(0, %1$d) i;
                INSERT INTO texts (key, body, j) SELECT 'key ' || i, repeat(md5(i::text), 5), jsonb_build_object('i', i)
                  FROM generate_series(0, %1$d) i;
                INSERT INTO uuids (id, at, tags) SELECT gen_random_uuid(), now(), ARRAY['a', NULL, i::text]
                  FROM generate_series(0, %1$d) i;
                INSERT INTO identities (data, f) SELECT decode(repeat(md5(i::text), 8), 'hex'), i / 7.0
                  FROM generate_series(0, %1$d) i;
                INSERT INTO measurements (id, region, v) SELECT i, (ARRAY['eu', 'us', 'else'])[1 + i %% 3], i
                  FROM generate_series(0, %1$d) i;
                INSERT INTO seats SELECT i, i FROM generate_series(0, %2$d) i;
                INSERT INTO parents SELECT i, 'parent ' || i FROM generate_series(0, %2$d) i;
                INSERT INTO keyless SELECT i %% 5, 'same' FROM generate_series(0, %2$d) i;
                """.formatted(Math.max(rows, KEYS), KEYS));
    }

    /** Starts threads on tables made by {@link #createTables}. */
    public static RandomWriter start(TestDatabase database, int threads, long seed) {
        return start(database, threads, seed, Duration.ofMillis(2));
    }

    /** @param pause between two transactions of a thread */
    public static RandomWriter start(TestDatabase database, int threads, long seed, Duration pause) {
        RandomWriter writer = new RandomWriter(database, seed, threads, pause);
        writer.begin();
        return writer;
    }

    private static final String TABLES = """
            CREATE SCHEMA app;
            CREATE SCHEMA "Odd Schema";
            CREATE SCHEMA heroku_ext;
            CREATE EXTENSION citext SCHEMA heroku_ext;
            SET search_path = public, app, heroku_ext;
            CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'it''s "fine"');
            CREATE DOMAIN app.positive AS int CHECK (VALUE > 0);
            CREATE TABLE ints (id int PRIMARY KEY, u int UNIQUE, n bigint, note text,
                               updated_at timestamptz NOT NULL DEFAULT now());
            CREATE INDEX ON ints (n);
            CREATE INDEX ON ints (lower(note)) WHERE n > 10;
            CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN NEW.updated_at := clock_timestamp(); RETURN NEW; END';
            CREATE TRIGGER touch BEFORE UPDATE ON ints FOR EACH ROW EXECUTE FUNCTION public.touch();
            CREATE TABLE texts (key text PRIMARY KEY, body text, j jsonb, raw json, num numeric);
            CREATE TABLE uuids (id uuid PRIMARY KEY, at timestamptz, day date, arr int[], tags text[], m app.mood);
            CREATE TABLE app.composites (a int, b text, c date, v double precision, p app.positive, PRIMARY KEY (a, b, c));
            CREATE TABLE app.citexts (name citext PRIMARY KEY, v text);
            CREATE TABLE app.seats (id int PRIMARY KEY, seat int NOT NULL UNIQUE DEFERRABLE INITIALLY IMMEDIATE);
            CREATE TABLE app.parents (id int PRIMARY KEY, name text);
            CREATE TABLE app.children (id bigserial PRIMARY KEY, parent int NOT NULL REFERENCES app.parents
                                       ON UPDATE CASCADE ON DELETE CASCADE, friend int REFERENCES app.parents
                                       ON UPDATE CASCADE ON DELETE SET NULL);
            CREATE TABLE app.audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text, at timestamp);
            CREATE FUNCTION app.write_audit() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN INSERT INTO app.audit (what, at) VALUES (TG_OP, clock_timestamp()); RETURN NULL; END';
            CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON app.parents
              FOR EACH ROW EXECUTE FUNCTION app.write_audit();
            CREATE TRIGGER audited_always AFTER UPDATE ON app.seats
              FOR EACH STATEMENT EXECUTE FUNCTION app.write_audit();
            ALTER TABLE app.seats ENABLE ALWAYS TRIGGER audited_always;
            CREATE TRIGGER never AFTER UPDATE ON app.parents FOR EACH ROW EXECUTE FUNCTION app.write_audit();
            ALTER TABLE app.parents DISABLE TRIGGER never;
            CREATE TABLE keyless (a int, b text);
            CREATE TABLE unique_only (code text NOT NULL, v int);
            CREATE UNIQUE INDEX ON unique_only (code);
            CREATE TABLE nullable_unique (code text UNIQUE, v int);
            CREATE TABLE "Odd Schema"."Select ""Me""\" (found int PRIMARY KEY, "select" text, "a b" text, key text, present boolean,
              old int, new int, d int, k int, s int, t int, "Ü?'" text,
              doubled int GENERATED ALWAYS AS (s * 2) STORED);
            CREATE TABLE identities (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data bytea, f double precision,
              r real, n numeric(30, 10), span interval, range int4range, address inet, big text, c char(5), money money);
            CREATE TABLE app.measurements (id int, region text, v int, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
            CREATE TABLE app.measurements_eu PARTITION OF app.measurements FOR VALUES IN ('eu');
            CREATE TABLE app.measurements_us PARTITION OF app.measurements FOR VALUES IN ('us');
            CREATE TABLE app.measurements_else PARTITION OF app.measurements DEFAULT;
            CREATE VIEW app.sad AS SELECT id, at FROM uuids WHERE m = 'sad';
            CREATE TABLE empty (id int PRIMARY KEY);
            """;

    @Override
    protected void prepare(Connection connection, int thread) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET search_path = public, app, heroku_ext");
            statement.execute("SET TimeZone = 'Pacific/Chatham'");
            statement.execute("SET DateStyle = 'ISO, DMY'");
            statement.execute("SET IntervalStyle = 'sql_standard'");
            statement.execute("SET bytea_output = 'escape'");
            statement.execute("SET extra_float_digits = 0");
            statement.execute("SET synchronous_commit = " + (thread % 2 == 0 ? "on" : "off"));
        }
    }

    @FunctionalInterface
    private interface Step {
        void run(Connection connection, Random random) throws SQLException;
    }

    private static final List<Step> STEPS = List.of(
            RandomWriter::writeInts,
            RandomWriter::swapUniqueValues,
            RandomWriter::writeTexts,
            RandomWriter::writeUuids,
            RandomWriter::writeComposites,
            RandomWriter::writeCitexts,
            RandomWriter::swapSeats,
            RandomWriter::writeFamilies,
            RandomWriter::writeKeyless,
            RandomWriter::writeUniqueOnly,
            RandomWriter::writeOddNames,
            RandomWriter::writeIdentities,
            RandomWriter::movePartitions,
            RandomWriter::writeInBulk);

    @Override
    protected boolean transaction(Connection connection, Random random) throws SQLException {
        int steps = 1 + random.nextInt(5);
        for (int i = 0; i < steps; i++) {
            Step step = STEPS.get(random.nextInt(STEPS.size()));
            if (random.nextInt(6) == 0) {
                Savepoint savepoint = connection.setSavepoint();
                step.run(connection, random);
                if (random.nextBoolean()) {
                    connection.rollback(savepoint);
                } else {
                    connection.releaseSavepoint(savepoint);
                }
            } else {
                step.run(connection, random);
            }
        }
        if (random.nextInt(400) == 0) {
            run(connection, "TRUNCATE " + (random.nextBoolean() ? "keyless" : "nullable_unique"));
        }
        return random.nextInt(12) != 0;
    }

    private static void writeInts(Connection connection, Random random) throws SQLException {
        int id = random.nextInt(KEYS);
        switch (random.nextInt(5)) {
            case 0 ->
                run(
                        connection,
                        "INSERT INTO ints (id, u, n, note) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
                        id,
                        1_000_000 + random.nextInt(1_000_000),
                        random.nextLong(),
                        text(random));
            case 1 -> run(connection, "UPDATE ints SET note = ? WHERE id = ?", text(random), id);
            case 2 -> run(connection, "UPDATE ints SET id = ? WHERE id = ?", random.nextInt(KEYS), id);
            case 3 -> run(connection, "DELETE FROM ints WHERE id = ?", id);
            default -> {
                run(connection, "DELETE FROM ints WHERE id = ?", id);
                run(connection, "INSERT INTO ints (id, note) VALUES (?, ?)", id, text(random));
            }
        }
    }

    /** Through a third value, as apps must where the constraint is not deferrable. */
    private static void swapUniqueValues(Connection connection, Random random) throws SQLException {
        int a = random.nextInt(KEYS);
        int b = random.nextInt(KEYS);
        run(connection, "UPDATE ints SET u = NULL WHERE id IN (?, ?)", a, b);
        run(connection, "UPDATE ints SET u = ? WHERE id = ?", b, a);
        run(connection, "UPDATE ints SET u = ? WHERE id = ? AND id <> ?", a, b, a);
    }

    private static void swapSeats(Connection connection, Random random) throws SQLException {
        int a = random.nextInt(KEYS);
        int b = random.nextInt(KEYS);
        run(connection, """
                UPDATE seats x SET seat = y.seat FROM seats y
                 WHERE (x.id = ? AND y.id = ?) OR (x.id = ? AND y.id = ?)
                """, a, b, b, a);
    }

    private static void writeTexts(Connection connection, Random random) throws SQLException {
        String key = "key " + random.nextInt(KEYS);
        switch (random.nextInt(4)) {
            case 0 ->
                run(
                        connection,
                        "INSERT INTO texts VALUES (?, ?, ?::jsonb, ?::json, ?::numeric) ON CONFLICT (key) DO UPDATE"
                                + " SET raw = excluded.raw, num = excluded.num, j = excluded.j",
                        key,
                        text(random),
                        random.nextBoolean() ? null : "{\"a\": [1, 2.50, null], \"b\": \"" + random.nextInt() + "\"}",
                        random.nextBoolean() ? "{\"s\":\"\\u0000\",  \"s\": " + random.nextInt() + "}" : null,
                        List.of("NaN", "Infinity", "1.0", "1.00", "-0", "1e-30").get(random.nextInt(6)));
            case 1 -> run(connection, "UPDATE texts SET body = ? WHERE key = ?", random.nextBoolean() ? "" : null, key);
            case 2 ->
                run(connection, "UPDATE texts SET key = ? WHERE key = ?", "key " + random.nextInt(KEYS) + " ", key);
            default -> run(connection, "DELETE FROM texts WHERE key = ?", key);
        }
    }

    private static void writeUuids(Connection connection, Random random) throws SQLException {
        UUID id = new UUID(0, random.nextInt(KEYS));
        switch (random.nextInt(3)) {
            case 0 ->
                run(
                        connection,
                        "INSERT INTO uuids VALUES (?, ?::timestamptz, ?::date, ?::int[], ?::text[], ?::mood)"
                                + " ON CONFLICT (id) DO UPDATE SET arr = excluded.arr, at = excluded.at, m = excluded.m",
                        id,
                        List.of("infinity", "0044-03-15 12:00:00+00 BC", "2024-02-29 23:59:59.999999+13:45")
                                .get(random.nextInt(3)),
                        random.nextBoolean() ? null : "-infinity",
                        List.of("{}", "{1,NULL,-3}", "[5:6]={7,8}", "{{1,2},{3,4}}")
                                .get(random.nextInt(4)),
                        List.of("{}", "{NULL,\"NULL\",\"\"}", "{\"a,b\",\"c\\\\d\"}")
                                .get(random.nextInt(3)),
                        List.of("sad", "ok", "it's \"fine\"").get(random.nextInt(3)));
            case 1 -> run(connection, "UPDATE uuids SET day = current_date, arr = NULL WHERE id = ?", id);
            default -> run(connection, "DELETE FROM uuids WHERE id = ?", id);
        }
    }

    private static void writeComposites(Connection connection, Random random) throws SQLException {
        int a = random.nextInt(8);
        String b = List.of("x", "X", "", " ", "é", "e\u0301").get(random.nextInt(6));
        switch (random.nextInt(3)) {
            case 0 ->
                run(
                        connection,
                        "INSERT INTO composites VALUES (?, ?, date '2024-01-01' + ?, ?::float8, ?)"
                                + " ON CONFLICT (a, b, c) DO UPDATE SET v = excluded.v, p = excluded.p",
                        a,
                        b,
                        random.nextInt(3),
                        List.of("-0", "0", "NaN", "-Infinity", "1e-320", "0.1").get(random.nextInt(6)),
                        1 + random.nextInt(100));
            case 1 -> run(connection, "UPDATE composites SET b = ?, v = v + 0.1 WHERE a = ? AND b = ?", b + "'", a, b);
            default -> run(connection, "DELETE FROM composites WHERE a = ? AND b = ?", a, b);
        }
    }

    /** Keys that are equal to the index and different to the byte. */
    private static void writeCitexts(Connection connection, Random random) throws SQLException {
        String name = "bob" + random.nextInt(KEYS / 4);
        switch (random.nextInt(4)) {
            case 0 ->
                run(
                        connection,
                        "INSERT INTO citexts VALUES (?::citext, ?) ON CONFLICT (name) DO UPDATE SET v = excluded.v",
                        name,
                        text(random));
            case 1 ->
                run(connection, "UPDATE citexts SET name = upper(name::text)::citext WHERE name = ?::citext", name);
            case 2 ->
                run(connection, "UPDATE citexts SET name = initcap(name::text)::citext WHERE name = ?::citext", name);
            default -> run(connection, "DELETE FROM citexts WHERE name = ?::citext", name);
        }
    }

    /** Several tables at once, with cascades and the app's own triggers. */
    private static void writeFamilies(Connection connection, Random random) throws SQLException {
        int id = random.nextInt(KEYS / 2);
        switch (random.nextInt(4)) {
            case 0 -> {
                run(connection, "INSERT INTO parents VALUES (?, ?) ON CONFLICT (id) DO NOTHING", id, text(random));
                run(connection, "INSERT INTO children (parent, friend) VALUES (?, ?)", id, id);
            }
            case 1 -> run(connection, "UPDATE parents SET id = ? WHERE id = ?", random.nextInt(KEYS / 2), id);
            case 2 -> run(connection, "DELETE FROM parents WHERE id = ?", id);
            default -> run(connection, "UPDATE children SET friend = NULL WHERE parent = ?", id);
        }
    }

    private static void writeKeyless(Connection connection, Random random) throws SQLException {
        if (random.nextInt(4) != 0) {
            return; // a table without a key is reloaded whole: an app that writes it all the time is another test's
        }
        int a = random.nextInt(5);
        switch (random.nextInt(3)) {
            case 0 -> run(connection, "INSERT INTO keyless VALUES (?, ?), (?, ?)", a, "same", a, "same");
            case 1 -> run(connection, "UPDATE keyless SET b = ? WHERE a = ?", random.nextBoolean() ? null : "", a);
            default ->
                run(connection, "DELETE FROM keyless WHERE ctid IN (SELECT ctid FROM keyless WHERE a = ? LIMIT 3)", a);
        }
    }

    private static void writeUniqueOnly(Connection connection, Random random) throws SQLException {
        String code = "c" + random.nextInt(KEYS);
        switch (random.nextInt(5)) {
            case 0 ->
                run(
                        connection,
                        "INSERT INTO unique_only VALUES (?, 1) ON CONFLICT (code) DO UPDATE SET v = unique_only.v + 1",
                        code);
            case 1 ->
                run(connection, "UPDATE unique_only SET code = ? WHERE code = ?", "c" + random.nextInt(KEYS), code);
            case 2 -> run(connection, "DELETE FROM unique_only WHERE code = ?", code);
            case 3 ->
                run(
                        connection,
                        "INSERT INTO nullable_unique VALUES (?, ?) ON CONFLICT (code) DO NOTHING",
                        random.nextInt(8) == 0 ? null : code,
                        random.nextInt());
            default -> {
                run(connection, "UPDATE nullable_unique SET v = ? WHERE code = ?", random.nextInt(), code);
                run(connection, "DELETE FROM nullable_unique WHERE code = ?", "c" + random.nextInt(KEYS));
            }
        }
    }

    private static void writeOddNames(Connection connection, Random random) throws SQLException {
        int found = random.nextInt(KEYS);
        String table = "\"Odd Schema\".\"Select \"\"Me\"\"\"";
        switch (random.nextInt(4)) {
            case 0 ->
                run(
                        connection,
                        "INSERT INTO " + table
                                + " (found, \"select\", \"a b\", key, present, s) VALUES (?, ?, ?, ?, ?, ?)"
                                + " ON CONFLICT (found) DO UPDATE SET s = excluded.s",
                        found,
                        text(random),
                        "\\N",
                        "\\.",
                        random.nextBoolean() ? null : random.nextBoolean(),
                        random.nextInt(1000));
            case 1 -> run(connection, "UPDATE " + table + " SET old = new, new = found, d = 1 WHERE found = ?", found);
            case 2 ->
                run(connection, "UPDATE " + table + " SET found = ? WHERE found = ?", random.nextInt(KEYS), found);
            default -> run(connection, "DELETE FROM " + table + " WHERE found = ?", found);
        }
    }

    private static void writeIdentities(Connection connection, Random random) throws SQLException {
        int id = 1 + random.nextInt(KEYS);
        switch (random.nextInt(4)) {
            case 0, 1 -> {
                byte[] data = new byte[random.nextInt(40) == 0 ? 150_000 : random.nextInt(200)];
                random.nextBytes(data);
                run(
                        connection,
                        "INSERT INTO identities (data, f, r, n, span, range, address, big, c, money)"
                                + " VALUES (?, ?, ?, ?::numeric, ?::interval, ?::int4range, ?::inet, ?, ?, ?::numeric::money)",
                        data,
                        random.nextGaussian(),
                        random.nextFloat(),
                        random.nextInt() + "." + random.nextInt(1000),
                        "1 mon -" + random.nextInt(40) + " days 00:00:0" + random.nextInt(10) + ".5",
                        "[" + random.nextInt(10) + ",20)",
                        "10.0.0." + random.nextInt(256) + "/24",
                        random.nextInt(40) == 0 ? "x".repeat(300_000) : null,
                        "ab",
                        "12.34");
            }
            case 2 -> run(connection, "UPDATE identities SET f = -0.0::float8, data = NULL WHERE id = ?", id);
            default -> run(connection, "DELETE FROM identities WHERE id = ?", id);
        }
    }

    private static void movePartitions(Connection connection, Random random) throws SQLException {
        int id = random.nextInt(KEYS);
        String region = List.of("eu", "us", "asia").get(random.nextInt(3));
        switch (random.nextInt(3)) {
            case 0 -> run(connection, "INSERT INTO measurements VALUES (?, ?, 0) ON CONFLICT DO NOTHING", id, region);
            case 1 -> run(connection, "UPDATE measurements SET region = ?, v = v + 1 WHERE id = ?", region, id);
            default -> run(connection, "DELETE FROM measurements WHERE id = ? AND region = ?", id, region);
        }
    }

    private static void writeInBulk(Connection connection, Random random) throws SQLException {
        if (random.nextInt(10) != 0) {
            return;
        }
        int part = random.nextInt(10);
        switch (random.nextInt(3)) {
            case 0 -> run(connection, "UPDATE ints SET n = n / 2 WHERE id % 10 = ? AND id < 2000", part);
            case 1 -> run(connection, "DELETE FROM audit WHERE id % 10 = ?", part);
            default -> run(connection, "UPDATE identities SET n = n + 1 WHERE id % 10 = ? AND id < 2000", part);
        }
    }

    private static String text(Random random) {
        return List.of(
                        "",
                        "tab\tline\nreturn\r\\back\\N",
                        "\\.",
                        "snow ☃ 😀",
                        "'quoted' \"twice\"",
                        "" + random.nextInt(),
                        ("long " + random.nextInt()).repeat(50))
                .get(random.nextInt(7));
    }

    private static void run(Connection connection, String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                Object value = parameters[i];
                if (value == null) {
                    statement.setNull(i + 1, Types.NULL);
                } else if (value instanceof byte[] bytes) {
                    statement.setBytes(i + 1, bytes);
                } else {
                    statement.setObject(i + 1, value);
                }
            }
            statement.executeUpdate();
        }
    }
}
