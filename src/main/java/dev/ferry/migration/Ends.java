package dev.ferry.migration;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The two databases of this process, made when first asked for: a URL that cannot be used is an answer, not a crash. */
final class Ends implements AutoCloseable {
    /** A worker holds one, and a second for a look beside its transaction. */
    private static final int BESIDE_WORKERS =
            // sync, fresh look, store, heartbeat, preflight, status, milestones and their sender, verification's watch,
            // spare
            10;

    private final FerryEnvironment environment;
    private final FerryProperties properties;
    private final String applicationName =
            "ferry/" + UUID.randomUUID().toString().substring(0, 8);
    private @Nullable Database source;
    private @Nullable Database target;

    Ends(FerryEnvironment environment, FerryProperties properties) {
        this.environment = environment;
        this.properties = properties;
    }

    /** What this process is called in pg_stat_activity and in the lease. */
    String applicationName() {
        return applicationName;
    }

    /**
     * The source.
     *
     * @throws dev.ferry.failure.FerryException with code CONFIGURATION if its URL cannot be understood
     */
    synchronized Database source() {
        if (source == null) {
            source = open(End.SOURCE, environment.herokuUrl());
        }
        return source;
    }

    /**
     * The target.
     *
     * @throws dev.ferry.failure.FerryException with code CONFIGURATION if its URL cannot be understood
     */
    synchronized Database target() {
        if (target == null) {
            target = open(End.TARGET, environment.planetScaleUrl());
        }
        return target;
    }

    private Database open(End end, @Nullable String url) {
        return new Database(
                DatabaseUrl.parse(end, url),
                applicationName,
                2 * properties.copy().workers()
                        + BESIDE_WORKERS
                        + properties.verify().lanes(),
                properties.connect().timeout());
    }

    @Override
    public synchronized void close() {
        if (source != null) {
            source.close();
        }
        if (target != null) {
            target.close();
        }
    }
}
