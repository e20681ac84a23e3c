package dev.ferry.schema;

import dev.ferry.database.Database;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import dev.ferry.journal.Journal;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Takes the source's schema with pg_dump. It locks every table ACCESS SHARE, all of them until it ends; so it waits for a
 * lock only briefly, gives way when somebody waits for it, and tries again.
 */
public final class SchemaDump {
    private static final List<String> DUMP_OPTIONS = List.of(
            "--format=custom",
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--no-publications",
            "--no-subscriptions",
            "--no-tablespaces",
            "--encoding=UTF8",
            "--exclude-schema=_heroku",
            "--exclude-schema=ferry");

    private static final List<String> SCRIPT_OPTIONS = List.of(
            "--verbose", // with the headers that tell the entries apart
            "--clean",
            "--if-exists",
            "--no-owner",
            "--no-privileges",
            "--no-publications",
            "--no-subscriptions",
            "--no-tablespaces");

    private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(2);

    private final PgClient client;
    private final Database source;
    private final Journal journal;
    private final Duration lockWait;
    private final Duration patience;

    /** Waits 2 seconds for a lock, and tries for 15 minutes. */
    public SchemaDump(PgClient client, Database source, Journal journal) {
        this(client, source, journal, Duration.ofSeconds(2), Duration.ofMinutes(15));
    }

    /**
     * @param lockWait how long one attempt waits for a lock; the app's ALTER TABLE may wait as long behind it
     * @param patience after which a lock that is still not free becomes a failure
     */
    public SchemaDump(PgClient client, Database source, Journal journal, Duration lockWait, Duration patience) {
        this.client = client;
        this.source = source;
        this.journal = journal;
        this.lockWait = lockWait;
        this.patience = patience;
    }

    /**
     * Reads the schema as it is now. What is left out goes into the journal.
     *
     * @throws FerryException with code DUMP when the programs are missing, too old or fail, with code SOURCE when a lock
     *     cannot be had (the message names who holds it)
     * @throws CancellationException when the thread is interrupted
     */
    public DumpedSchema take() {
        Path archive = temporaryFile("dump");
        try {
            // Read first: a view populated only after this is empty on the target until its next refresh, as it was
            // then.
            Set<Long> populated = new HashSet<>(source.jdbc()
                    .sql("SELECT c.oid::bigint FROM pg_class AS c WHERE c.relkind = 'm' AND c.relispopulated")
                    .query(Long.class)
                    .list());
            Instant takenAt = Instant.now();
            dump(archive);
            int version = client.majorVersion().orElse(0);
            EntryPlan plan = read(archive, version, populated);
            if (!plan.leftOut().isEmpty()) {
                journal.warn("Not taken over to the target: " + String.join(", ", plan.leftOut()) + ".");
            }
            return new DumpedSchema(Files.readAllBytes(archive), takenAt, version, plan.entries());
        } catch (IOException e) {
            throw new UncheckedIOException("the dump cannot be read", e);
        } finally {
            delete(archive);
        }
    }

    private EntryPlan read(Path archive, int version, Set<Long> populated) throws IOException {
        Path list = temporaryFile("list");
        Path script = temporaryFile("sql");
        try {
            client.restore(archive, List.of("--list", "--verbose"), list);
            List<ListedEntry> listed = ListedEntry.parse(Files.readString(list, StandardCharsets.UTF_8));
            List<ListedEntry> wanted = EntryPlan.wanted(listed);
            Files.writeString(
                    list,
                    String.join("\n", wanted.stream().map(ListedEntry::line).toList()) + "\n");
            List<String> options = new ArrayList<>(SCRIPT_OPTIONS);
            options.add("--use-list=" + list);
            if (version >= 15) {
                options.add("--no-table-access-method");
            }
            client.restore(archive, options, script);
            try (Reader reader = Files.newBufferedReader(script, StandardCharsets.UTF_8)) {
                return EntryPlan.of(listed, ArchiveScript.read(reader, wanted), populated);
            }
        } catch (CharacterCodingException e) {
            throw new FerryException(
                    FailureCode.DUMP,
                    "The source's schema holds text that is not UTF-8, although its encoding has no other.",
                    "Look in names, comments, defaults and function bodies for bytes in another encoding, correct them"
                            + " on the source, then press Retry.",
                    e);
        } finally {
            delete(list);
            delete(script);
        }
    }

    private void dump(Path archive) {
        List<String> options = new ArrayList<>(DUMP_OPTIONS);
        options.add("--lock-wait-timeout=" + lockWait.toMillis());
        Instant giveUpAt = Instant.now().plus(patience);
        String reported = "";
        while (true) {
            String name = "ferry schema " + UUID.randomUUID();
            try (DumpWatch watch = DumpWatch.start(source, name)) {
                try {
                    client.dump(source.url(), name, options, archive);
                    return;
                } catch (FerryException e) {
                    watch.stop();
                    String obstacle = watch.obstacle();
                    if (obstacle == null) {
                        throw reachable(e);
                    }
                    if (Instant.now().isAfter(giveUpAt)) {
                        throw new FerryException(
                                FailureCode.SOURCE,
                                "The source's schema could not be read for " + patience.toSeconds() + " s: " + obstacle
                                        + ".",
                                "End that session on the source, or wait for it, then press Retry.",
                                e);
                    }
                    if (!obstacle.equals(reported)) {
                        journal.warn("Reading the source's schema has to wait: " + obstacle + ". It is tried again.");
                        reported = obstacle;
                    }
                }
            }
            pause();
        }
    }

    /** When the source cannot be reached at all, its own error says so, sorted by SQLSTATE. */
    private RuntimeException reachable(FerryException failure) {
        if (client.majorVersion().isPresent()) {
            source.jdbc().sql("SELECT 1").query(Integer.class).single();
        }
        return failure;
    }

    private static void pause() {
        try {
            Thread.sleep(BETWEEN_ATTEMPTS.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("pg_dump was stopped");
        }
    }

    private static Path temporaryFile(String kind) {
        try {
            return Files.createTempFile("ferry-", "." + kind);
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary file can be made", e);
        }
    }

    private static void delete(@Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            file.toFile().deleteOnExit();
        }
    }
}
