package dev.ferry.web;

import dev.ferry.database.Database;
import dev.ferry.database.End;
import dev.ferry.journal.Event;
import dev.ferry.migration.Action;
import dev.ferry.migration.Migration;
import dev.ferry.migration.MigrationStatus;
import dev.ferry.migration.MigrationStatus.ByteWeighted;
import dev.ferry.migration.MigrationStatus.ChecklistStep;
import dev.ferry.migration.MigrationStatus.EventChecklist;
import dev.ferry.migration.MigrationStatus.ProgressSignals;
import dev.ferry.migration.MigrationStatus.ReplicationDelay;
import dev.ferry.migration.MigrationStatus.StallDetection;
import dev.ferry.migration.MigrationStatus.SwitchStatus;
import dev.ferry.migration.MigrationStatus.TablePhase;
import dev.ferry.migration.MigrationStatus.TableStatus;
import dev.ferry.migration.MigrationStatus.ThroughputEta;
import dev.ferry.migration.Outcome;
import dev.ferry.migration.Phase;
import dev.ferry.migration.Readiness;
import dev.ferry.migration.Vitals;
import dev.ferry.preflight.Finding;
import dev.ferry.preflight.PreflightReport;
import dev.ferry.verification.DefinitionDifference;
import dev.ferry.verification.VerificationReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A migration that can be put into any scene, with the numbers of a shop's database. It obeys the same rules of what is legal. */
final class StoryMigration implements Migration {
    /** A moment of a migration. */
    enum Scene {
        CHECKING(Phase.WAITING, "idle", "Ferry is looking at both databases."),
        CLEAR(Phase.WAITING, "idle", "Both databases are fine. Nothing has been written to either."),
        BLOCKED(Phase.WAITING, "idle", "Nothing has been written to either database."),
        STARTING(Phase.STARTING, "running", "Reading the schema of 12 tables with pg_dump."),
        CONFIGURING(Phase.CONFIGURING, "running", "Capture is on for 7 of 12 tables."),
        READY(Phase.READY_TO_COPY, "idle", "Capture is on for all 12 tables. The copy waits for your word."),
        COPYING(Phase.COPYING, "running", "Copying public.order_items and public.events with 4 workers."),
        COPY_PAUSED(Phase.COPYING, "paused", "The copy is paused at chunk 96 of 211."),
        CATCHING_UP(Phase.REPLICATING, "running", "The target catches up with what changed during the copy."),
        IN_SYNC(Phase.REPLICATING, "running", "PlanetScale follows Heroku, cycle by cycle."),
        SYNC_PAUSED(Phase.REPLICATING, "paused", "The sync is paused."),
        SOFT_BLOCKED(Phase.REPLICATING, "running", "PlanetScale follows Heroku, cycle by cycle."),
        DRIFTED(Phase.REPLICATING, "running", "Eleven of 12 tables follow Heroku; public.orders is suspended."),
        LOCKING(Phase.REPLICATING, "switching", "Taking the locks of 12 tables on Heroku."),
        GAVE_UP(Phase.REPLICATING, "running", "PlanetScale follows Heroku, cycle by cycle."),
        SWITCHED(Phase.SWITCHED, "idle", "Heroku refuses writes; PlanetScale holds every row and is safe to write."),
        REVERTING(Phase.SWITCHED, "reverting", "Giving the rights to write back on Heroku."),
        CLEANING_UP(Phase.CLEANING_UP, "running", "Removing triggers from the source: 9 of 12."),
        COMPLETED(Phase.COMPLETED, "idle", "Nothing of Ferry is left on Heroku: 0 triggers, 0 functions, 0 tables."),
        FAILED(Phase.ERROR, "idle", "The copy of public.order_items stopped at block 81920 (chunk 41 of 96)."),
        ABORTED(Phase.ABORTED, "idle", "Given up before any switch. Nothing of Ferry is left on Heroku."),
        FOLLOWER(Phase.COPYING, "waiting_for_leader", "Copying public.order_items and public.events with 4 workers.");

        final Phase phase;
        final String state;
        final String message;

        Scene(Phase phase, String state, String message) {
            this.phase = phase;
            this.state = state;
            this.message = message;
        }
    }

    /** What was asked for. */
    record Performed(Action action, Options options) {}

    private static final String[] NAMES = {
        "order_items",
        "events",
        "orders",
        "payments",
        "customers",
        "addresses",
        "products",
        "product_images",
        "inventory_movements",
        "coupons",
        "sessions",
        "schema_migrations"
    };
    private static final long[] SIZES = {
        5_220_000_000L,
        3_910_000_000L,
        1_480_000_000L,
        920_000_000L,
        610_000_000L,
        402_000_000L,
        96_000_000L,
        71_500_000L,
        58_200_000L,
        1_210_000L,
        640_000L,
        8_192L
    };

    final List<Performed> performed = new CopyOnWriteArrayList<>();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private volatile Scene scene = Scene.CLEAR;
    private volatile double lag = 0.8;
    private volatile long pending = 42;
    private volatile long targetChanges = 1_284;
    private volatile double copied = 0.45;
    private volatile @Nullable String message;
    private volatile @Nullable List<TableStatus> tables;
    private volatile @Nullable PreflightReport report;
    private volatile @Nullable VerificationReport verification;
    private volatile List<String> excluded = List.of("public.audit_log", "archive.orders_2019");
    private volatile @Nullable Supplier<Outcome> next;
    private volatile @Nullable RuntimeException failure;
    private volatile @Nullable CountDownLatch checksWait;
    private final Map<End, String> troubles = new ConcurrentHashMap<>();

    StoryMigration() {
        Instant start = Instant.parse("2026-03-14T09:12:04Z");
        String[] told = {
            "Preflight: 0 blockers, 2 warnings, 4 notes",
            "Start was asked for; run 7f3a9c begins",
            "pg_dump 17.5 wrote 148 entries (212 kB), stored on the target",
            "Extensions citext and pgcrypto were created in schema heroku_ext",
            "Capture is on for 12 tables; the longest wait for a lock was 38 ms",
            "public.sessions was locked by pid 20411 (psql, idle in transaction for 4 min); tried again 3 times",
            "Planned 211 chunks for 12.7 GB",
            "public.schema_migrations copied: 214 rows",
            "public.coupons copied: 4,112 rows",
            "The connection to the target was lost (08006); resumed after 2.1 s at chunk 88"
        };
        for (int i = 0; i < told.length; i++) {
            Event.Level level = i == 5 || i == 9 ? Event.Level.WARNING : Event.Level.INFO;
            events.add(new Event(start.plusSeconds(17L * i), level, told[i]));
        }
    }

    StoryMigration at(Scene newScene) {
        scene = newScene;
        message = null;
        copied = 0.45;
        return this;
    }

    Scene scene() {
        return scene;
    }

    void lag(double seconds, long pendingChanges) {
        lag = seconds;
        pending = pendingChanges;
    }

    void copied(double part) {
        copied = part;
    }

    void targetChanges(long rows) {
        targetChanges = rows;
    }

    void message(String text) {
        message = text;
    }

    void tables(List<TableStatus> list) {
        tables = list;
    }

    void excluded(List<String> names) {
        excluded = names;
    }

    void verified(VerificationReport newReport) {
        verification = newReport;
    }

    void report(PreflightReport newReport) {
        report = newReport;
    }

    void event(Event.Level level, String text) {
        events.add(new Event(Instant.now(), level, text));
    }

    /** What the next action answers, whatever it is. */
    void answerNext(Supplier<Outcome> outcome) {
        next = outcome;
    }

    /** Every call fails with this; null ends it. */
    void failWith(@Nullable RuntimeException newFailure) {
        failure = newFailure;
    }

    void reset() {
        performed.clear();
        next = null;
        failure = null;
        troubles.clear();
        tables = null;
        report = null;
        verification = null;
        excluded = List.of("public.audit_log", "archive.orders_2019");
        lag(0.8, 42);
        targetChanges(1_284);
        at(Scene.CLEAR);
    }

    private void mayFail() {
        RuntimeException planned = failure;
        if (planned != null) {
            throw planned;
        }
    }

    private boolean past(Phase phase) {
        return scene.phase.compareTo(phase) > 0 && scene.phase != Phase.ERROR && scene.phase != Phase.ABORTED;
    }

    @Override
    public MigrationStatus status() {
        mayFail();
        Instant now = Instant.now();
        boolean begun = scene.phase != Phase.WAITING;
        boolean switched = past(Phase.REPLICATING);
        String told = message;
        return new MigrationStatus(
                scene.phase.label(),
                scene.state,
                told == null ? scene.message : told,
                scene == Scene.FAILED
                        ? "could not write to public.order_items on the target: the disk is full (53100). Give the PlanetScale"
                                + " database more storage (at least 26 GB), then press Retry."
                        : null,
                begun ? Instant.parse("2026-03-14T09:12:21Z") : null,
                switched ? Instant.parse("2026-03-14T11:40:02Z") : null,
                scene == Scene.COMPLETED ? Instant.parse("2026-03-15T08:03:44Z") : null,
                switched ? 1_840L : null,
                now,
                scene != Scene.FOLLOWER,
                legal(),
                excluded,
                scene.phase == Phase.SWITCHED ? targetChanges : null,
                switchStatus(),
                readiness(),
                signals(now),
                tables(),
                verification());
    }

    private Set<Action> legal() {
        EnumSet<Action> legal = EnumSet.noneOf(Action.class);
        if (scene == Scene.FOLLOWER) {
            return legal;
        }
        String verified = verification().state();
        for (Action action : Action.values()) {
            boolean fits = switch (action) {
                case VERIFY -> !verified.equals("running");
                case PAUSE_VERIFICATION -> verified.equals("running");
                case RESUME_VERIFICATION -> verified.equals("paused");
                case REPAIR -> verified.equals("different");
                default -> true;
            };
            if (fits && action.legalIn().contains(scene.phase)) {
                legal.add(action);
            }
        }
        if (scene.state.equals("paused")) {
            legal.remove(Action.PAUSE);
        } else {
            legal.remove(Action.RESUME);
        }
        if (scene == Scene.LOCKING) {
            legal.clear();
            legal.add(Action.REVERT);
        }
        if (scene == Scene.REVERTING) {
            legal.clear();
        }
        return legal;
    }

    private SwitchStatus switchStatus() {
        return switch (scene) {
            case LOCKING ->
                new SwitchStatus(
                        2,
                        "locking",
                        List.of("pid 20411 (web.1): idle in transaction for 12 s on public.orders"),
                        null);
            case GAVE_UP ->
                new SwitchStatus(
                        5,
                        "gave_up",
                        List.of(),
                        "The locks on 12 tables were not free within 20 s; pid 20411 held public.orders.");
            case SWITCHED, REVERTING, CLEANING_UP, COMPLETED -> new SwitchStatus(2, "done", List.of(), null);
            default -> new SwitchStatus(0, "idle", List.of(), null);
        };
    }

    private Readiness readiness() {
        List<String> notes = List.of("The rows were never verified; Verify compares every one of them.");
        return switch (scene) {
            case IN_SYNC, GAVE_UP ->
                new Readiness(
                        Readiness.Level.READY,
                        false,
                        "Everything is ready for the switch.",
                        List.of(),
                        List.of(),
                        notes);
            case SOFT_BLOCKED ->
                new Readiness(
                        Readiness.Level.WARNING,
                        true,
                        "The switch would work, but take longer than it must.",
                        List.of(),
                        List.of(
                                new Readiness.Blocker(
                                        "long_transaction_open",
                                        "pid 20411 (worker.2) has a transaction open for 14 min; the switch would wait for it.")),
                        notes);
            case DRIFTED ->
                new Readiness(
                        Readiness.Level.BLOCKED,
                        false,
                        "One table's definition changed.",
                        List.of(new Readiness.Blocker(
                                "schema_drift",
                                "public.orders: column note was added at 10:41 UTC. Re-copy the table.")),
                        List.of(),
                        List.of());
            case SYNC_PAUSED, COPY_PAUSED ->
                new Readiness(
                        Readiness.Level.BLOCKED,
                        false,
                        "The sync is paused.",
                        List.of(new Readiness.Blocker("paused", "Press Resume first.")),
                        List.of(),
                        List.of());
            default ->
                new Readiness(
                        Readiness.Level.NOT_READY,
                        false,
                        "The target has not caught up yet.",
                        List.of(new Readiness.Blocker("initial_copy_not_finished", "The first copy is not finished.")),
                        List.of(),
                        List.of());
        };
    }

    private double part() {
        return switch (scene.phase) {
            case COPYING, ERROR -> copied;
            case REPLICATING, SWITCHED, CLEANING_UP, COMPLETED -> 1;
            case WAITING, STARTING, CONFIGURING, READY_TO_COPY, ABORTED -> 0;
        };
    }

    private ProgressSignals signals(Instant now) {
        long total = tables().stream().mapToLong(TableStatus::totalBytes).sum();
        long done = tables().stream().mapToLong(TableStatus::copiedBytes).sum();
        int finished = (int) tables().stream()
                .filter(table -> !Set.of("pending", "copying").contains(table.state()))
                .count();
        boolean synced = part() >= 1;
        String health = switch (scene) {
            case CATCHING_UP -> "catching_up";
            case SYNC_PAUSED -> "paused";
            default -> synced ? "healthy" : "not_started";
        };
        return new ProgressSignals(
                new TablePhase(synced ? "finished" : "in-progress", "public.order_items", finished, tables().size()),
                new ByteWeighted(done, total, total == 0 ? 0 : 100.0 * done / total),
                new ReplicationDelay(
                        synced ? lag : null,
                        synced ? lag + 0.2 : null,
                        synced ? now.minusMillis((long) (lag * 1000)) : null,
                        part() > 0 ? pending : 0,
                        scene == Scene.CATCHING_UP ? "shrinking" : "steady",
                        health,
                        null),
                scene.phase == Phase.COPYING ? new ThroughputEta(642_000_000L, 642, 10.2, 13.8) : null,
                new EventChecklist(
                        List.of(new ChecklistStep("preflight", true), new ChecklistStep("copy", synced)), 1, 2),
                new StallDetection(false, 0, "", List.of()));
    }

    private VerificationReport verification() {
        VerificationReport given = verification;
        if (given != null) {
            return given;
        }
        return switch (scene) {
            case SOFT_BLOCKED -> VERIFYING;
            case DRIFTED -> DAMAGED;
            case GAVE_UP -> PAUSED;
            default -> VerificationReport.NEVER;
        };
    }

    static final VerificationReport VERIFYING = new VerificationReport(
            "running",
            "Comparing: 5 of 12 tables done.",
            Instant.parse("2026-03-14T11:20:00Z"),
            null,
            5,
            12,
            48_211_004,
            42.3,
            0,
            List.of(),
            List.of());

    static final VerificationReport PAUSED = new VerificationReport(
            "paused",
            "Paused: 5 of 12 tables done.",
            Instant.parse("2026-03-14T11:20:00Z"),
            null,
            5,
            12,
            48_211_004,
            42.3,
            0,
            List.of(),
            List.of());

    static final VerificationReport DAMAGED = new VerificationReport(
            "different",
            "Verified: 3 rows in 1 table differ; 1 definition differs; 1 table could not be compared.",
            Instant.parse("2026-03-14T11:20:00Z"),
            Instant.parse("2026-03-14T11:31:12Z"),
            12,
            12,
            112_480_231,
            100,
            3,
            List.of(
                    new VerificationReport.TableReport(
                            "public",
                            "customers",
                            "different",
                            3,
                            List.of(
                                    new VerificationReport.KeyReport("different", List.of("ada@example.com"), 1),
                                    new VerificationReport.KeyReport("missing", List.of("bob@example.com"), 1),
                                    new VerificationReport.KeyReport("extra", List.of("<b>eve</b>"), 1)),
                            null),
                    new VerificationReport.TableReport(
                            "public",
                            "orders",
                            "not_compared",
                            0,
                            List.of(),
                            "it is suspended: its columns, their types or its primary key changed")),
            List.of(new DefinitionDifference("index", "public.orders_placed_at", "missing on the target")));

    private List<TableStatus> tables() {
        List<TableStatus> given = tables;
        if (given != null) {
            return given;
        }
        if (scene.phase.compareTo(Phase.CONFIGURING) < 0) {
            return List.of();
        }
        List<TableStatus> list = new ArrayList<>();
        for (int i = 0; i < NAMES.length; i++) {
            double done = part() >= 1 ? 1 : part() == 0 ? 0 : Math.min(1, part() * (0.6 + 0.17 * i));
            String state = part() >= 1 ? "synced" : done >= 1 ? "copied" : done > 0 ? "copying" : "pending";
            boolean keyless = NAMES[i].equals("inventory_movements");
            boolean drifted = scene == Scene.DRIFTED && NAMES[i].equals("orders");
            int chunks = (int) (SIZES[i] / 64_000_000) + 1;
            list.add(new TableStatus(
                    i == 8 ? "warehouse" : "public",
                    NAMES[i],
                    drifted ? "suspended" : state,
                    (long) (SIZES[i] * done),
                    SIZES[i],
                    (long) (SIZES[i] * done / 118),
                    (int) (chunks * done),
                    chunks,
                    keyless,
                    part() > 0 && i < 4 ? pending / (i + 2) : 0,
                    drifted ? "column note was added; its changes are kept" : null));
        }
        return list;
    }

    /** The checks do not end before this does, as with an end that does not answer; null ends that. */
    void checksWaitFor(@Nullable CountDownLatch latch) {
        checksWait = latch;
    }

    @Override
    public PreflightReport preflight(int maximumAgeSeconds) {
        mayFail();
        CountDownLatch wait = checksWait;
        if (wait != null) {
            try {
                wait.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted in the checks", e);
            }
        }
        PreflightReport given = report;
        if (given != null) {
            return given;
        }
        List<Finding> findings = new ArrayList<>();
        findings.add(new Finding(
                "source-reachable",
                Finding.Level.OK,
                "Heroku can be reached",
                "PostgreSQL 16.8, 3 ms away",
                "",
                false));
        findings.add(new Finding(
                "target-reachable",
                Finding.Level.OK,
                "PlanetScale can be reached",
                "PostgreSQL 18.1, 2 ms away",
                "",
                false));
        findings.add(new Finding(
                "pg-dump", Finding.Level.OK, "pg_dump is new enough", "pg_dump 18.1 reads a server 16.8", "", false));
        if (scene == Scene.BLOCKED) {
            findings.add(new Finding(
                    "source-rights",
                    Finding.Level.BLOCKER,
                    "3 tables belong to another role",
                    "public.reports, public.report_rows and public.exports belong to role analytics; u3k2j1 is not a member of it, so no trigger can be created on them.",
                    "Make Ferry's role a member of the owner, as analytics:\nGRANT analytics TO u3k2j1;\nOr leave the tables out with EXCLUDE_TABLES.",
                    false));
            findings.add(new Finding(
                    "target-empty",
                    Finding.Level.BLOCKER,
                    "The target is not empty",
                    "Schema public of the target holds 2 tables: orders (14,201 rows), users (880 rows).",
                    "Give Ferry an empty database, or drop them: DROP TABLE public.orders, public.users;",
                    false));
            findings.add(new Finding(
                    "prepared-transactions",
                    Finding.Level.BLOCKER,
                    "Old prepared transactions",
                    "pg_prepared_xacts could not be read: the statement was cancelled after 5 s.",
                    "Look yourself:\nSELECT gid, prepared, owner\n  FROM pg_prepared_xacts;",
                    true));
        }
        findings.add(new Finding(
                "tables-without-key",
                Finding.Level.WARNING,
                "1 table has no key",
                "warehouse.inventory_movements (58 MB) is reloaded whole whenever it changes, and at the switch.",
                "Add a key if it is written to often:\nALTER TABLE warehouse.inventory_movements ADD COLUMN id bigserial PRIMARY KEY;",
                false));
        findings.add(new Finding(
                "collations",
                Finding.Level.NOTE,
                "The ends sort text differently",
                "en_US.UTF-8 on the source, C.UTF-8 on the target.",
                "ORDER BY of text without a COLLATE may give another order.",
                false));
        findings.add(new Finding(
                "storage",
                Finding.Level.NOTE,
                "Storage",
                "The source holds 12.8 GB.",
                "Give the target 26 GB.",
                false));
        return new PreflightReport(
                Instant.now(),
                findings,
                List.of("warehouse.inventory_movements"),
                List.of(new PreflightReport.TableWithGeneratedColumns("orders", List.of("total_cents"))));
    }

    /** This end is gone from now on, for this reason; null brings it back. */
    void gone(End end, @Nullable String reason) {
        if (reason == null) {
            troubles.remove(end);
        } else {
            troubles.put(end, reason);
        }
    }

    @Override
    public Vitals vitals() {
        return new Vitals(
                Stream.of(End.values()).map(this::end).toList(),
                new Vitals.Counts(1_204, Duration.ofMillis(96_320), 88_412, 3),
                troubles.values().stream().toList(),
                preflight(60),
                events(200),
                Map.of("ferry.copy.workers", "2", "exclude-tables", String.join(", ", excluded)));
    }

    private Vitals.EndVitals end(End end) {
        String reason = troubles.get(end);
        return new Vitals.EndVitals(
                end,
                "postgres://app:***@" + end.label() + ".example.com:5432/shop?sslmode=require",
                end == End.SOURCE ? "16.8" : "17.5",
                Instant.parse("2026-03-14T12:00:00Z"),
                reason == null ? null : Instant.parse("2026-03-14T12:00:02Z"),
                reason,
                new Database.Pool(2, 1, 0, 11));
    }

    @Override
    public List<Event> events(int lines) {
        mayFail();
        return events.subList(Math.max(0, events.size() - lines), events.size());
    }

    @Override
    public Outcome perform(Action action, Options options) {
        mayFail();
        performed.add(new Performed(action, options));
        Supplier<Outcome> planned = next;
        if (planned != null) {
            next = null;
            return planned.get();
        }
        if (scene == Scene.FOLLOWER) {
            return refused(Outcome.Refused.Code.NOT_LEADER, "Another process leads this migration.");
        }
        boolean goesOnWithoutSource = action == Action.CLEANUP && scene == Scene.CLEANING_UP && options.force();
        if (!goesOnWithoutSource && !legal().contains(action)) {
            return refused(
                    Outcome.Refused.Code.WRONG_PHASE,
                    action.name().toLowerCase(java.util.Locale.ROOT) + " is not possible in phase "
                            + scene.phase.label() + ".");
        }
        switch (action) {
            case START -> {
                List<String> open = preflight(0).findings().stream()
                        .filter(finding -> finding.level() == Finding.Level.BLOCKER)
                        .map(Finding::id)
                        .filter(id -> !options.confirmedChecks().contains(id))
                        .toList();
                if (!open.isEmpty()) {
                    return refused(
                            Outcome.Refused.Code.PREFLIGHT_BLOCKED,
                            "These checks stand in the way: " + String.join(", ", open));
                }
                at(options.hold() ? Scene.READY : Scene.COPYING);
            }
            case SWITCH -> {
                Readiness readiness = readiness();
                if (!readiness.hardBlockers().isEmpty()) {
                    return new Outcome.Refused(
                            Outcome.Refused.Code.CUTOVER_BLOCKED, readiness.message(), scene.phase, readiness);
                }
                if (!readiness.softBlockers().isEmpty() && !options.force()) {
                    return new Outcome.Refused(
                            Outcome.Refused.Code.CUTOVER_OVERRIDE_REQUIRED,
                            readiness.message(),
                            scene.phase,
                            readiness);
                }
                at(Scene.SWITCHED);
            }
            case START_COPY -> at(Scene.COPYING);
            case PAUSE -> at(scene.phase == Phase.COPYING ? Scene.COPY_PAUSED : Scene.SYNC_PAUSED);
            case RESUME -> at(scene.phase == Phase.COPYING ? Scene.COPYING : Scene.IN_SYNC);
            case REVERT -> at(Scene.IN_SYNC);
            case CLEANUP -> at(Scene.COMPLETED);
            case ABORT -> at(Scene.ABORTED);
            case RETRY -> at(Scene.COPYING);
            case REMOVE_STATE -> at(Scene.CLEAR);
            case VERIFY, PAUSE_VERIFICATION, RESUME_VERIFICATION, REPAIR -> at(Scene.IN_SYNC);
        }
        return new Outcome.Accepted(
                "Done: " + action.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ') + ".");
    }

    private Outcome refused(Outcome.Refused.Code code, String why) {
        return new Outcome.Refused(code, why, scene.phase, null);
    }

    @Override
    public CutoverSql cutoverSql() {
        mayFail();
        return new CutoverSql("""
                BEGIN;
                LOCK TABLE "public"."orders", "public"."order_items", "public"."payments"
                  IN SHARE ROW EXCLUSIVE MODE;
                REVOKE INSERT, UPDATE, DELETE, TRUNCATE
                  ON TABLE "public"."orders" FROM "u3k2j1", PUBLIC;
                COMMIT;
                """, """
                GRANT INSERT, UPDATE, DELETE, TRUNCATE
                  ON TABLE "public"."orders" TO "u3k2j1";
                """, """
                GRANT INSERT, UPDATE, DELETE, TRUNCATE
                  ON TABLE "public"."orders" TO "u3k2j1";
                """);
    }
}
