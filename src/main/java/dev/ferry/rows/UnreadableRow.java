package dev.ferry.rows;

import dev.ferry.database.Column;
import dev.ferry.database.Database;
import dev.ferry.database.EndFailure;
import dev.ferry.database.Identifiers;
import dev.ferry.database.Key;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.TrackedTable;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyOut;

/**
 * Finds the row that made a read of many fail, by reading again in halves: of the blocks, then of a block's rows. It is
 * named by its key, or by its ctid where it has none. A read of a whole table costs about as much once more.
 */
public final class UnreadableRow {
    private static final Set<String> NOT_CONVERTIBLE = Set.of(
            "22021", // character_not_in_repertoire: bytes that are no text in UTF-8
            "22P05" // untranslatable_character
            );
    private static final Set<String> TOO_LARGE = Set.of(
            "54000", // program_limit_exceeded: the row's text passes 1 GB
            "XX000" // internal_error: a value's text alone does ("invalid memory alloc request size")
            );
    private static final Set<String> DAMAGED = Set.of("XX001", "XX002"); // data_corrupted, index_corrupted

    /** Beyond it the server itself refuses (MaxAllocSize). */
    private static final long MOST_BYTES = 1_073_741_823;

    private static final RowMemory MEMORY = RowMemory.OF_THIS_PROCESS;
    private static final int BLOCK = 8192;
    private static final int COMPRESSION = 100;

    private static final int KEY_CHARACTERS = 100;

    private final Database origin;
    private final TrackedTable table;
    private final String condition;
    private final boolean looksFirst;

    /** What reads rows of the origin, and fails as a whole. */
    public interface Read {
        long rows();
    }

    private UnreadableRow(Database origin, TrackedTable table, String condition, boolean looksFirst) {
        this.origin = origin;
        this.table = table;
        this.condition = condition;
        this.looksFirst = looksFirst;
    }

    /**
     * Reads a range of blocks.
     *
     * @throws UnreadableRowException when a row of them is why that failed
     */
    public static long inBlocks(Database origin, TrackedTable table, long first, long end, Read read) {
        return new UnreadableRow(origin, table, "true", true).named(first, end, read);
    }

    /**
     * Reads a whole table.
     *
     * @throws UnreadableRowException when a row of it is why that failed
     */
    public static long inAll(Database origin, TrackedTable table, Read read) {
        return new UnreadableRow(origin, table, "true", true).named(read);
    }

    /**
     * Reads the rows whose keys are logged.
     *
     * @param careful looks for rows that are too wide before it reads. Not for each cycle, where that would cost more than
     *     the cycle; but a row that ended the process is in the log still when the next one begins
     * @throws UnreadableRowException when one of them is why that failed
     */
    public static long amongLogged(Database origin, TrackedTable table, Key key, boolean careful, Read read) {
        return new UnreadableRow(
                        origin,
                        table,
                        "EXISTS (SELECT FROM (SELECT %s FROM %s AS d) AS k WHERE %s)"
                                .formatted(key.restored("d"), table.deltaTable(), key.matches("t", "k")),
                        careful)
                .named(read);
    }

    private long named(Read read) {
        return named(0, null, read);
    }

    private long named(long first, @Nullable Long end, Read read) {
        try {
            if (!mayHoldWideRows()) {
                return read.rows();
            }
            Optional<Widest> widest = widest(first, end == null ? blocks() : end);
            if (widest.isEmpty() || !MEMORY.isWide(widest.get().bytes())) {
                return read.rows();
            }
            if (widest.get().bytes() > MEMORY.limit() && widest.get().bytes() <= MOST_BYTES) {
                throw tooLargeForMemory(widest.get(), null);
            }
            return MEMORY.during(widest.get().bytes(), read);
        } catch (UnreadableRowException e) {
            throw e;
        } catch (RuntimeException | OutOfMemoryError e) {
            if (!isToBlame(origin, e)) {
                throw e;
            }
            throw find(first, end == null ? blocks() : end, e);
        }
    }

    /** So few bytes outside of the heap hold none, however compressible. */
    private boolean mayHoldWideRows() {
        return looksFirst
                && table.definition().totalBytes() - table.definition().heapBlocks() * BLOCK
                        >= MEMORY.limit() / COMPRESSION;
    }

    private long blocks() {
        return origin.jdbc()
                .sql("SELECT pg_relation_size(?::oid) / current_setting('block_size')::bigint + 1")
                .param(table.definition().oid())
                .query(Long.class)
                .single();
    }

    /** Whether a failure of a read may have to do with one row, and will come again. */
    private static boolean isToBlame(Database origin, Throwable failure) {
        if (failure instanceof OutOfMemoryError) {
            return true;
        }
        String state = SqlState.of(failure);
        return state != null
                && EndFailure.endOf(failure).filter(origin.end()::equals).isPresent()
                && (NOT_CONVERTIBLE.contains(state) || TOO_LARGE.contains(state) || DAMAGED.contains(state));
    }

    /**
     * Looks for it, in transactions of its own.
     *
     * @return what the read failed by, naming the row; the failure itself if each row can be read now
     */
    private RuntimeException find(long firstBlock, long endBlock, Throwable failure) {
        if (failure instanceof OutOfMemoryError) {
            return widest(firstBlock, endBlock)
                    .map(row -> tooLargeForMemory(row, failure))
                    .orElseGet(() -> named(null, failure));
        }
        String found = null;
        long first = firstBlock;
        long end = endBlock;
        if (refusal(range(first, end)) != null) {
            while (end - first > 1) {
                long middle = first + (end - first) / 2;
                if (refusal(range(first, middle)) != null) {
                    end = middle;
                } else {
                    first = middle;
                }
            }
            found = inBlock(first);
        }
        return found == null && failure instanceof RuntimeException unchanged ? unchanged : named(found, failure);
    }

    private String range(long first, long end) {
        return "t.ctid >= '(%d,0)' AND t.ctid < '(%d,0)' AND %s".formatted(first, end, condition);
    }

    private @Nullable String inBlock(long block) {
        List<String> rows;
        try (Session session = origin.open()) {
            rows = session.list(
                    String.class,
                    "SELECT t.ctid::text FROM ONLY %s AS t WHERE %s"
                            .formatted(table.name().sql(), range(block, block + 1)));
        }
        return rows.stream()
                .filter(ctid -> refusal("t.ctid = '" + ctid + "'") != null)
                .findFirst()
                .orElse(null);
    }

    /** Why these rows cannot be read; null if they can. */
    private @Nullable RuntimeException refusal(String rows) {
        try (Session session = origin.open()) {
            CopyOut out = session.copyOut("COPY (SELECT %s FROM ONLY %s AS t WHERE %s) TO STDOUT"
                    .formatted(table.definition().columnList("t."), table.name().sql(), rows));
            try {
                while (out.readFromCopy() != null) {
                    // read, and thrown away
                }
            } catch (SQLException e) {
                throw session.translate(e);
            }
            return null;
        } catch (RuntimeException e) {
            if (isToBlame(origin, e)) {
                return e;
            }
            throw e;
        }
    }

    private record Widest(String ctid, long bytes) {}

    /** By the sizes that are known without reading the values; those of compressed json and arrays are too small. */
    private Optional<Widest> widest(long firstBlock, long endBlock) {
        String size = table.definition().copiedColumns().stream()
                .map(column -> "coalesce(%s::bigint, 0)".formatted(size(column)))
                .collect(Collectors.joining(" + "));
        if (size.isEmpty()) {
            return Optional.empty();
        }
        return origin.jdbc()
                .sql("SELECT t.ctid::text AS ctid, %s AS bytes FROM ONLY %s AS t WHERE %s ORDER BY 2 DESC LIMIT 1"
                        .formatted(size, table.name().sql(), range(firstBlock, endBlock)))
                .query(Widest.class)
                .optional();
    }

    private static String size(Column column) {
        String name = "t." + Identifiers.quote(column.name());
        return switch (column.stagingType()) {
            case "bytea" -> "2 * pg_catalog.octet_length(" + name + ")::bigint";
            case "text", "character varying" -> "pg_catalog.octet_length(" + name + ")";
            default -> "pg_catalog.pg_column_size(" + name + ")";
        };
    }

    private UnreadableRowException tooLargeForMemory(Widest row, @Nullable Throwable failure) {
        return new UnreadableRowException(
                table,
                keyOf(row.ctid()).orElse("the one with ctid " + row.ctid()),
                "is too large for Ferry's memory (" + (row.bytes() >> 20) + " MB as text; there is room for "
                        + (MEMORY.limit() >> 20) + " MB)",
                "Give Ferry's container more memory, make the row smaller or leave the table out with EXCLUDE_TABLES.",
                failure);
    }

    private UnreadableRowException named(@Nullable String ctid, Throwable failure) {
        String row = ctid == null ? "one of those that changed" : keyOf(ctid).orElse("the one with ctid " + ctid);
        String state = SqlState.of(failure);
        String exclude = " or leave the table out with EXCLUDE_TABLES.";
        if (state != null && NOT_CONVERTIBLE.contains(state)) {
            return new UnreadableRowException(
                    table,
                    row,
                    "holds text that cannot be converted to UTF-8 (SQLSTATE " + state + ")",
                    "Correct that text on the source (convert_from(bytes, 'LATIN1') reads it as what it was meant to be)"
                            + exclude,
                    failure);
        }
        if (state != null && TOO_LARGE.contains(state)) {
            return new UnreadableRowException(
                    table,
                    row,
                    "is too large to be read: its text passes 1 GB (SQLSTATE " + state + ")",
                    "Make it smaller on the source: split it, or move the value elsewhere;" + exclude,
                    failure);
        }
        return new UnreadableRowException(
                table,
                row,
                failure instanceof OutOfMemoryError
                        ? "is too large for Ferry's memory"
                        : "is damaged (SQLSTATE " + state + ")",
                "Repair or delete it on the source" + exclude,
                failure);
    }

    /** {@code the one with id = 42}; empty without a key, or if the key is part of what cannot be read. */
    private Optional<String> keyOf(String ctid) {
        Key key = table.definition().key();
        if (key == null) {
            return Optional.empty();
        }
        try (Session session = origin.open()) {
            String values = key.columns().stream()
                    .map(column -> "%s || coalesce(pg_catalog.left(t.%s::text, %d), 'NULL')"
                            .formatted(
                                    Identifiers.literal(column.name() + " = "),
                                    Identifiers.quote(column.name()),
                                    KEY_CHARACTERS))
                    .collect(Collectors.joining(" || ', ' || "));
            return session
                    .list(
                            String.class,
                            "SELECT %s FROM ONLY %s AS t WHERE t.ctid = '%s'"
                                    .formatted(values, table.name().sql(), ctid))
                    .stream()
                    .findFirst()
                    .map(found -> "the one with " + found);
        } catch (RuntimeException e) {
            if (isToBlame(origin, e)) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
