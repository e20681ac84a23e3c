package dev.ferry.converge;

import dev.ferry.migration.FerryLife;
import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * One random schema, migrated from Start to the switch while random writers write and random faults happen, and compared
 * row by row; sometimes the switch is taken back and the whole goes on. All choices come from the seed; only the order in
 * which threads and servers get to work does not.
 */
final class Round {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration STEP = Duration.ofMillis(5);

    private static final int SHOWN = 4000;

    private final long seed;
    private final Random random;
    private final TestDatabase source;
    private final TestDatabase target;
    private final Map<String, String> settings;
    private final List<Relation> relations;
    private final AtomicLong statements = new AtomicLong();
    private final Map<String, Integer> events = new TreeMap<>();
    private FerryLife life;
    private final Faults faults;
    private boolean paused;
    private long compared;

    private Round(long seed, PostgresServer sourceServer, PostgresServer targetServer) {
        this.seed = seed;
        this.random = new Random(seed);
        this.source = sourceServer.herokuDatabase();
        this.target = targetServer.planetScaleDatabase(random.nextInt(3) != 0);
        this.settings = Map.of(
                "ferry.chunk.size", "8KB",
                "ferry.sync.interval", "10ms",
                "ferry.sync.limit", List.of("2", "10", "100", "100000").get(random.nextInt(4)),
                "ferry.lease.heartbeat", "100ms",
                "ferry.lease.expiry", "400ms",
                "ferry.copy.workers", Integer.toString(1 + random.nextInt(3)),
                "ferry.cutover.attempts", "20");
        RandomSchema.Made made = RandomSchema.make(random);
        this.relations = made.relations();
        source.run(made.sql());
        source.run(RandomSchema.fill(relations, random));
        this.faults = new Faults(source, target);
        this.life = FerryLife.beginning(source, target, settings);
    }

    /**
     * What a round came to.
     *
     * @param statements of the app's, that went through
     * @param events what was done to Ferry, by kind
     * @param compared rows compared, of the source
     */
    record Result(long statements, Map<String, Integer> events, long compared) {}

    /**
     * Runs one.
     *
     * @throws AssertionError with the seed and what Ferry said, if the databases differ or Ferry came to a stop
     */
    static Result run(long seed, PostgresServer sourceServer, PostgresServer targetServer) {
        Round round = new Round(seed, sourceServer, targetServer);
        try {
            round.run();
            return new Result(round.statements.get(), round.events, round.compared);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "round with seed %d (%s to %s): %s%nwhat was done: %s%nFerry said:%n  %s"
                            .formatted(
                                    seed,
                                    round.source.name(),
                                    round.target.name(),
                                    shortened(String.valueOf(e.getMessage())),
                                    round.events,
                                    String.join("\n  ", round.life.events())),
                    e);
        } finally {
            round.life.die();
            round.faults.close();
            drop(round.source);
            drop(round.target);
        }
    }

    private static String shortened(String message) {
        return message.length() <= SHOWN ? message : message.substring(0, SHOWN) + " ...";
    }

    private static void drop(TestDatabase database) {
        TestDatabase beside = new TestDatabase(database.server(), "postgres", "postgres", "");
        beside.runAsSuperuser("DROP DATABASE " + database.name() + " WITH (FORCE)");
        beside.runAsSuperuser("DROP OWNED BY " + database.owner() + "; DROP ROLE " + database.owner());
    }

    private void run() {
        try (RandomWrites writes = writes(source, 1)) {
            until("set up", () -> phase().equals("ready_to_copy"));
            for (int i = random.nextInt(4); i > 0; i--) {
                faults.arm(random);
            }
            faults.run(true, "UPDATE ferry.migration SET phase = 'copying' WHERE phase = 'ready_to_copy'");
            for (int i = random.nextInt(8); i > 0 && !phase().equals("replicating"); i--) {
                disturbAfter(writes, 1 + random.nextInt(10));
            }
            pause(false);
            until("in sync", () -> phase().equals("replicating"));
            for (int i = random.nextInt(8); i > 0; i--) {
                disturbAfter(writes, 5 + random.nextInt(20));
            }
            switchTraffic(writes);
        }
        compare();
        if (random.nextInt(3) == 0) {
            revertAndSwitchAgain();
            compare();
        }
    }

    private RandomWrites writes(TestDatabase database, int number) {
        return RandomWrites.start(database, relations, seed * 10 + number, 1 + random.nextInt(3), statements);
    }

    private void revertAndSwitchAgain() {
        try (RandomWrites discarded = writes(target, 2)) {
            commits(discarded, random.nextInt(60));
        }
        note("revert");
        faults.run(true, "UPDATE ferry.migration SET request = 'revert'");
        life.interrupt();
        until("reverted", () -> phase().equals("replicating") && request().isEmpty());
        try (RandomWrites writes = writes(source, 3)) {
            commits(writes, 5);
            for (int i = random.nextInt(4); i > 0; i--) {
                disturbAfter(writes, 5 + random.nextInt(30));
            }
            switchTraffic(writes);
        }
    }

    private void switchTraffic(RandomWrites writes) {
        note("switch");
        pause(false);
        writes.beBrief();
        if (random.nextBoolean()) {
            writes.stop();
        }
        writes.expectRefusals();
        until(
                "settled",
                () -> value(true, "SELECT revert_unsettled FROM ferry.migration")
                        .equals("f"));
        until("switched", () -> {
            if (phase().equals("switched")) {
                return true;
            }
            if (request().isEmpty()) {
                faults.run(true, "UPDATE ferry.migration SET request = 'switch' WHERE phase = 'replicating'");
            }
            return false;
        });
        writes.stop();
        writes.assertUndisturbed();
    }

    /** Does something to Ferry, or nothing, once the app has committed so much. */
    private void disturbAfter(RandomWrites writes, int commits) {
        commits(writes, commits);
        if (paused) {
            pause(false);
        }
        switch (random.nextInt(24)) {
            case 0, 1, 2 -> pause(true);
            case 6, 7 -> {
                note("killed");
                life.die();
                succeed();
            }
            case 8 -> {
                note("taken over");
                life.fallSilent();
                FerryLife silent = life;
                succeed();
                until("a successor", () -> life.leads());
                silent.die();
            }
            case 9, 10 -> {
                note("sessions ended");
                faults.run(random.nextBoolean(), """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name LIKE 'ferry/%'
                        """);
            }
            case 11, 12, 13 -> faults.arm(random);
            case 14, 15 -> maintain();
            default -> {}
        }
    }

    private void succeed() {
        life = FerryLife.successor(source, target, settings);
    }

    private void pause(boolean value) {
        paused = value;
        faults.run(true, "UPDATE ferry.migration SET paused = " + value);
        life.paused(value);
        if (value) {
            note("paused");
        }
    }

    /** Moves rows that nobody changed. */
    private void maintain() {
        Relation relation = relations.get(random.nextInt(relations.size()));
        String name = relation.names().get(relation.names().size() - 1);
        String statement = List.of("VACUUM FULL ", "VACUUM FULL ", "VACUUM ", "ANALYZE ", "REINDEX TABLE ")
                .get(random.nextInt(5));
        note(statement.strip().toLowerCase(java.util.Locale.ROOT));
        faults.run(false, "SET lock_timeout = '400ms'");
        try {
            faults.run(false, statement + "public." + name);
        } catch (IllegalStateException e) {
            note("maintenance that met a lock");
        }
    }

    private void commits(RandomWrites writes, int more) {
        long goal = writes.committed() + more;
        until("the app's commits", () -> writes.committed() >= goal);
    }

    /** Waits, and meanwhile sees to what the faults do, and that Ferry has not come to a stop. */
    private void until(String what, java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("waited in vain for: " + what + ", in phase " + phase() + ", request "
                        + request() + ", paused " + value(true, "SELECT paused FROM ferry.migration"));
            }
            if (phase().equals("error")) {
                throw new IllegalStateException("Ferry stopped: " + value(true, "SELECT error FROM ferry.migration"));
            }
            for (Faults.Kind kind : faults.look()) {
                note(kind.name().toLowerCase(java.util.Locale.ROOT) + " fault");
                if (kind == Faults.Kind.DIE) {
                    life.die();
                    succeed();
                }
            }
            LockSupport.parkNanos(STEP.toNanos());
        }
    }

    private void note(String event) {
        events.merge(event, 1, Integer::sum);
    }

    private String phase() {
        return value(true, "SELECT phase FROM ferry.migration");
    }

    private String request() {
        return value(true, "SELECT coalesce(request, '') FROM ferry.migration");
    }

    private String value(boolean atTarget, String sql) {
        return faults.value(atTarget, sql);
    }

    private void compare() {
        RowComparison.assertEqual(source, target);
        for (Relation relation : relations) {
            compared += Long.parseLong(value(false, "SELECT count(*) FROM public." + relation.root()));
        }
    }
}
