package dev.ferry.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * A measure of speed, not a test: Ferry from Start to in sync beside {@code pg_dump -Fd} and {@code pg_restore}, in one run,
 * from one source and to one target server, each into a fresh database. Run by {@code bin/bench}.
 */
public final class Bench {
    private static final int SOURCE_VERSION = 15;
    private static final Duration PATIENCE = Duration.ofHours(2);
    /** Of the two ends: durable as in production, and room enough that checkpoints do not decide. */
    private static final Map<String, String> SETTINGS = Map.of(
            "shared_buffers",
            "256MB",
            "max_wal_size",
            "4GB",
            "maintenance_work_mem",
            "128MB",
            "checkpoint_timeout",
            "15min");

    private final double scale;
    private final int jobs;
    private final String heap;
    private final boolean ferryFirst;
    private final PostgresServer sourceServer;
    private final PostgresServer targetServer;

    private Bench(
            double scale, int jobs, String heap, boolean ferryFirst, PostgresServer source, PostgresServer target) {
        this.scale = scale;
        this.jobs = jobs;
        this.heap = heap;
        this.ferryFirst = ferryFirst;
        this.sourceServer = source;
        this.targetServer = target;
    }

    public static void main(String[] arguments) throws IOException {
        double scale = 1;
        int jobs = 2;
        int targetVersion = 17;
        String heap = "300m";
        boolean ferryFirst = false;
        for (String argument : arguments) {
            String value = argument.substring(argument.indexOf('=') + 1);
            switch (argument.replaceAll("=.*", "")) {
                case "--scale" -> scale = Double.parseDouble(value);
                case "--jobs" -> jobs = Integer.parseInt(value);
                case "--target" -> targetVersion = Integer.parseInt(value);
                case "--heap" -> heap = value;
                case "--ferry-first" -> ferryFirst = true;
                default -> {
                    System.err.println("""
                            usage: bin/bench [--scale=1] [--jobs=2] [--target=17] [--heap=300m] [--ferry-first]
                            scale 1 is about 1 GB with its indexes""");
                    System.exit(2);
                }
            }
        }
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN); // the servers are talkative
        try (PostgresServer source = PostgresServer.start(SOURCE_VERSION, SETTINGS);
                PostgresServer target = PostgresServer.start(targetVersion, SETTINGS)) {
            new Bench(scale, jobs, heap, ferryFirst, source, target).run();
        }
        System.exit(0);
    }

    private record Measure(Duration time, long residentMegabytes) {
        private double seconds() {
            return time.toMillis() / 1000.0;
        }
    }

    private void run() throws IOException {
        TestDatabase source = sourceServer.herokuDatabase();
        fill(source);
        long bytes = source.count("SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
                + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'");
        long indexes = source.count("SELECT sum(pg_indexes_size(c.oid)) FROM pg_class c"
                + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'");
        say("source: PostgreSQL %d, %d MB, of which indexes %d MB", SOURCE_VERSION, bytes >> 20, indexes >> 20);

        Measure ferry = ferryFirst ? ferry(source) : new Measure(Duration.ZERO, 0);
        Measure dump = dumpAndRestore(source);
        if (!ferryFirst) {
            ferry = ferry(source);
        }
        say("");
        say("pg_dump -Fd -j%d and pg_restore -j%d: %.1f s (%.1f MB/s)", jobs, jobs, dump.seconds(), rate(bytes, dump));
        say("Ferry at -Xmx%s, Start to in sync:  %.1f s (%.1f MB/s)", heap, ferry.seconds(), rate(bytes, ferry));
        say("ratio: %.2f", ferry.seconds() / dump.seconds());
        say("largest resident memory of Ferry's process tree: %d MB", ferry.residentMegabytes);
    }

    private static double rate(long bytes, Measure measure) {
        return bytes / 1048576.0 / measure.seconds();
    }

    private static void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    private void fill(TestDatabase source) {
        long orders = Math.round(1_250_000 * scale);
        say("filling the source (scale %s)", scale);
        source.run("""
                CREATE TABLE customers (id bigserial PRIMARY KEY, email text NOT NULL, name text, city text, joined timestamptz);
                CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id bigint NOT NULL, total numeric(12, 2) NOT NULL,
                                     status text NOT NULL, placed timestamptz NOT NULL, note text);
                CREATE TABLE line_items (order_id bigint NOT NULL, line int NOT NULL, sku text NOT NULL, quantity int,
                                         price numeric(12, 2), PRIMARY KEY (order_id, line));
                CREATE TABLE events (id uuid PRIMARY KEY, at timestamptz NOT NULL, payload jsonb NOT NULL);
                INSERT INTO customers (email, name, city, joined)
                SELECT 'customer' || i || '@example.com', md5(i::text), 'City ' || i %% 1000, now() - i * interval '1 minute'
                  FROM generate_series(1, %1$d / 5) i;
                INSERT INTO orders (customer_id, total, status, placed, note)
                SELECT 1 + (i::bigint * 7919) %% (%1$d / 5), (i %% 100000) / 100.0,
                       (ARRAY['new', 'paid', 'sent', 'done'])[1 + i %% 4], now() - i * interval '1 second',
                       md5(i::text) || md5((i + 1)::text)
                  FROM generate_series(1, %1$d) i;
                INSERT INTO line_items
                SELECT 1 + i / 3, 1 + i %% 3, 'SKU-' || (i * 31) %% 50000, 1 + i %% 5, (i %% 10000) / 100.0
                  FROM generate_series(0, 3 * %1$d - 1) i;
                INSERT INTO events
                SELECT gen_random_uuid(), now() - i * interval '1 second',
                       jsonb_build_object('kind', 'k' || i %% 50, 'order', i, 'data', md5(i::text) || md5((-i)::text))
                  FROM generate_series(1, %1$d) i;
                CREATE UNIQUE INDEX ON customers (lower(email));
                CREATE INDEX ON customers (city);
                CREATE INDEX ON orders (customer_id, placed);
                CREATE INDEX ON orders (status) WHERE status <> 'done';
                CREATE INDEX ON orders (placed);
                CREATE INDEX ON line_items (sku);
                CREATE INDEX ON events (at);
                CREATE INDEX ON events ((payload ->> 'kind'));
                ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
                ALTER TABLE line_items ADD FOREIGN KEY (order_id) REFERENCES orders;
                """.formatted(orders));
        source.runAsSuperuser("VACUUM ANALYZE");
    }

    /** The same start for both: nothing dirty, and the source's files read once. */
    private void settle(TestDatabase source) {
        source.runAsSuperuser("CHECKPOINT");
        new TestDatabase(targetServer, "postgres", "postgres", "").runAsSuperuser("CHECKPOINT");
        source.count("SELECT (SELECT count(note) FROM orders) + (SELECT count(sku) FROM line_items)"
                + " + (SELECT count(payload) FROM events) + (SELECT count(name) FROM customers)");
    }

    private Measure dumpAndRestore(TestDatabase source) throws IOException {
        TestDatabase target = targetServer.planetScaleDatabase(true);
        settle(source);
        Path folder = Files.createTempDirectory("ferry-bench");
        try {
            long started = System.nanoTime();
            call(
                    source,
                    "pg_dump",
                    "-Fd",
                    "-j" + jobs,
                    "-f",
                    folder.resolve("dump").toString());
            say("pg_dump took %.1f s", (System.nanoTime() - started) / 1e9);
            call(
                    target,
                    "pg_restore",
                    "-j" + jobs,
                    "--no-owner",
                    "--no-privileges",
                    "-d",
                    target.name(),
                    folder.resolve("dump").toString());
            Measure measure = new Measure(Duration.ofNanos(System.nanoTime() - started), 0);
            RowComparison.assertEqual(source, target);
            drop(target);
            return measure;
        } finally {
            delete(folder);
        }
    }

    private static void drop(TestDatabase target) {
        new TestDatabase(target.server(), "postgres", "postgres", "")
                .runAsSuperuser("DROP DATABASE " + target.name() + " WITH (FORCE)");
    }

    private static void call(TestDatabase database, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put("PGHOST", "localhost");
        builder.environment().put("PGPORT", Integer.toString(database.server().port()));
        builder.environment().put("PGUSER", database.owner());
        builder.environment().put("PGPASSWORD", database.password());
        builder.environment().put("PGDATABASE", database.name());
        try {
            Process process = builder.start();
            if (!process.waitFor(PATIENCE.toMinutes(), TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException(command[0] + " failed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.delete(path);
            }
        }
    }

    /** Every row at both ends, beside a count of the rows of the same tables, one end after the other. */
    private static void verify(FerryProcess ferry, TestDatabase source, TestDatabase target) {
        long verifying = System.nanoTime();
        ferry.post("/verify").expect(200);
        JsonNode found = ferry.awaitStatus(
                        "the verification",
                        PATIENCE,
                        status ->
                                !status.path("verification").path("finished_at").isNull())
                .path("verification");
        double verified = (System.nanoTime() - verifying) / 1e9;
        if (!FerryProcess.text(found.path("state")).equals("equal")) {
            throw new IllegalStateException(found.toString());
        }
        double counted = count(source) + count(target);
        say(
                "Verify: %.1f s for %d rows; count(*) of the same tables at both ends: %.1f s; ratio %.1f",
                verified, found.path("rows_compared").longValue(0), counted, verified / counted);
    }

    private static double count(TestDatabase database) {
        long counting = System.nanoTime();
        for (String table : List.of("customers", "orders", "line_items", "events")) {
            database.count("SELECT count(*) FROM " + table);
        }
        return (System.nanoTime() - counting) / 1e9;
    }

    private Measure ferry(TestDatabase source) {
        TestDatabase target = targetServer.planetScaleDatabase(true);
        try (FerryProcess ferry =
                FerryProcess.between(source, target).asShipped().heap(heap).start()) {
            settle(source);
            long started = System.nanoTime();
            ferry.start();
            ferry.awaitInSync(PATIENCE);
            Measure measure = new Measure(Duration.ofNanos(System.nanoTime() - started), ferry.peakResidentMegabytes());
            verify(ferry, source, target);
            RowComparison.assertEqual(source, target);
            ferry.post("/abort");
            ferry.awaitPhase("aborted");
            return measure;
        } finally {
            drop(target);
        }
    }
}
