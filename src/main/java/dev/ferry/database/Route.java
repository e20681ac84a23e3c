package dev.ferry.database;

/**
 * Where changes come from and where they go. Today from Heroku to PlanetScale; nothing in capture, copy and sync knows it.
 *
 * @param replicaRole the destination lets us set session_replication_role: foreign keys may exist there while rows are
 *     applied, because they do not act
 */
public record Route(Database origin, Database destination, EpochFence fence, boolean replicaRole) {

    /** The setting that tells Ferry's own transactions at a destination from everybody else's. */
    public static final String APPLYING = "ferry.applying";

    /** Begins a transaction at the destination in which neither foreign keys nor the app's triggers act. */
    public void beginApply(Session session) {
        session.begin();
        fence.hold(session, destination.end());
        session.execute("SET LOCAL " + APPLYING + " = 'on'");
        if (replicaRole) {
            session.execute("SET LOCAL session_replication_role = replica");
        }
    }
}
