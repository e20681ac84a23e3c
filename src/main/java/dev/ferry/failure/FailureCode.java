package dev.ferry.failure;

/** Why a step stopped, by the side that has to act. The name, in lower case, is what the API and the event log show. */
public enum FailureCode {
    /** A variable is missing or cannot be understood; the user corrects it and restarts. */
    CONFIGURATION,
    /** The source refused something that will not pass by itself. */
    SOURCE,
    /** The target refused something that will not pass by itself. */
    TARGET,
    /** pg_dump or pg_restore is missing, too old, or failed. */
    DUMP,
    /** A table's definition is not the one that was captured. */
    SCHEMA_DRIFT,
    /** A position or an identity at one end does not fit the other end: a lost commit, a restored server, another run. */
    FOREIGN_STATE,
    /** This process is no longer the leader. */
    NOT_LEADER,
    /** A defect of Ferry. */
    INTERNAL
}
