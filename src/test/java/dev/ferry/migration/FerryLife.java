package dev.ferry.migration;

import dev.ferry.database.Database;
import dev.ferry.journal.Event;
import dev.ferry.schema.PgClient;
import dev.ferry.testing.TestDatabase;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What one process of Ferry is to its two databases, inside this JVM: the runner with its own connections, lease and epoch,
 * without a web server and without preflight. It can die as a killed process does, with nothing written and nothing said,
 * or fall silent and go on working while another one takes its lease.
 *
 * <p>It is impatient: every pause that the runner makes is cut short, so that a thousand rounds take an hour and not a day.
 */
public final class FerryLife implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(10);
    private static final int TICKS_A_HEARTBEAT = 10;

    private final Ends ends;
    private final MigrationStore store;
    private final Leadership leadership;
    private final EventLog events = new EventLog(Clock.systemUTC());
    private final Signals signals = new Signals();
    private final Thread runner;
    private final Thread ticker;
    private volatile boolean beating = true;
    private volatile boolean over;

    private FerryLife(TestDatabase source, TestDatabase target, Map<String, String> settings) {
        FerryProperties properties = LiveMigrationIT.properties(settings);
        FerryEnvironment environment = new FerryEnvironment(source.url(), target.url(), null);
        this.ends = new Ends(environment, properties);
        this.store = new MigrationStore(ends::target);
        this.leadership = new Leadership(
                ends.applicationName(),
                ends::source,
                ends::target,
                properties.lease().expiry());
        this.runner = daemon(
                "life-runner",
                new MigrationRunner(
                        ends,
                        store,
                        leadership,
                        dev.ferry.database.TableFilter.parse(null),
                        properties,
                        PgClient.installed(),
                        events,
                        Clock.systemUTC(),
                        signals));
        this.ticker = daemon("life-ticker", this::tick);
    }

    private static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** The process in which somebody presses Start; it stops before the first row is copied. */
    public static FerryLife beginning(TestDatabase source, TestDatabase target, Map<String, String> settings) {
        FerryLife life = new FerryLife(source, target, settings);
        MigrationStore.migrateSchema(life.ends.target());
        if (!life.leadership.acquire()) {
            throw new IllegalStateException("somebody else leads a new migration");
        }
        life.store.create(life.leadership, UUID.randomUUID(), "a test", true, "");
        return life.started();
    }

    /** A process that finds a migration and leads it as soon as nobody else does. */
    public static FerryLife successor(TestDatabase source, TestDatabase target, Map<String, String> settings) {
        return new FerryLife(source, target, settings).started();
    }

    private FerryLife started() {
        runner.start();
        ticker.start();
        return this;
    }

    private void tick() {
        for (int i = 0; !over; i++) {
            signals.wake();
            if (beating && i % TICKS_A_HEARTBEAT == 0) {
                leadership.heartbeat();
            }
            LockSupport.parkNanos(TICK.toNanos());
        }
    }

    /** As the Pause button's echo in the process that leads; the row on the target says so too. */
    public void paused(boolean value) {
        signals.paused(value);
    }

    /** As the Revert button's echo. */
    public void interrupt() {
        signals.interrupt();
    }

    public boolean leads() {
        return leadership.leads();
    }

    /** From now on nothing is heard of it, and it goes on with its work. */
    public void fallSilent() {
        beating = false;
    }

    /** Ends as by SIGKILL: all sockets are closed, whatever was under way on them. */
    public void die() {
        over = true;
        abortAll();
        signals.close();
        abortAll();
        await(ticker);
        while (runner.isAlive()) {
            abortAll();
            await(runner);
        }
        leadership.resign();
        ends.close();
    }

    private void abortAll() {
        for (Database end : List.of(ends.source(), ends.target())) {
            end.abortAll();
        }
    }

    private static void await(Thread thread) {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public List<String> events() {
        return events.newest(60).stream().map(Event::message).toList();
    }

    @Override
    public void close() {
        die();
    }
}
