package dev.ferry.schema;

import dev.ferry.database.DatabaseUrl;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The two client programs of PostgreSQL that write and read a schema. */
public interface PgClient {
    /** Of pg_dump: the newest servers that it can read. Empty when it is not installed, or not beside a pg_restore. */
    Optional<Integer> majorVersion();

    /**
     * Runs pg_dump into a file.
     *
     * @param applicationName what pg_stat_activity shows for its connection
     * @throws dev.ferry.failure.FerryException with code DUMP when it is missing, too old for the server, or fails
     * @throws java.util.concurrent.CancellationException when the thread is interrupted; the program was ended
     */
    void dump(DatabaseUrl source, String applicationName, List<String> options, Path archive);

    /**
     * Runs pg_restore on an archive, without any database.
     *
     * @param output gets what it prints
     * @throws dev.ferry.failure.FerryException with code DUMP when it is missing or fails
     * @throws java.util.concurrent.CancellationException when the thread is interrupted; the program was ended
     */
    void restore(Path archive, List<String> options, Path output);

    /** The programs of this machine: the newest on the PATH or where the distributions keep them. */
    static PgClient installed() {
        return InstalledPgClient.onThisMachine();
    }

    /** The programs in one folder alone. */
    static PgClient installedIn(Path folder) {
        return new InstalledPgClient(() -> List.of(folder));
    }
}
