package dev.ferry.database;

/** One of the two databases of a migration. */
public enum End {
    /** The database that is moved away from (Heroku). */
    SOURCE("source", "HEROKU_URL"),
    /** The database that is moved to (PlanetScale). */
    TARGET("target", "PLANETSCALE_URL");

    private final String label;
    private final String variable;

    End(String label, String variable) {
        this.label = label;
        this.variable = variable;
    }

    /** The word that messages use. */
    public String label() {
        return label;
    }

    /** The environment variable that holds its URL. */
    public String variable() {
        return variable;
    }
}
