package dev.ferry.sync;

import dev.ferry.database.Database;
import dev.ferry.database.Session;
import dev.ferry.database.SqlState;
import dev.ferry.database.UserObjects;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices what was created, altered or dropped on the source since its schema was dumped and touches no column of a table:
 * indexes, constraints, views, functions, triggers. Nothing carries it over; without this a switch would lose it in silence.
 * Whatever somebody has made the same on the target by hand is no longer told. Sequences are not looked at: the switch
 * itself deals with them. Any thread may ask.
 */
public final class DefinitionWatch {
    private static final Logger LOG = LoggerFactory.getLogger(DefinitionWatch.class);
    private static final Duration EVERY = Duration.ofSeconds(30);
    private static final String NOTED = "definitions noted";

    /** Definitions qualify what they name the same at either end; a busy or locked database costs a look, not a wait. */
    private static final String LOOK =
            "SET LOCAL search_path = ''; SET LOCAL statement_timeout = '1200ms'; SET LOCAL lock_timeout = '500ms'";

    /** Before the dump nobody waits for a cycle, and pg_dump holds the same locks for longer. */
    private static final String FIRST_LOOK =
            "SET LOCAL search_path = ''; SET LOCAL statement_timeout = '20s'; SET LOCAL lock_timeout = '1s'";

    /**
     * Which catalog rows there are and who wrote them last: cheap, and different whenever a definition is. Rows of temporary
     * tables come and go.
     */
    private static final String STAMP = """
            SELECT md5(string_agg(concat_ws(' ', s.catalog, s.rows, s.oids, s.writers), ',' ORDER BY s.catalog))
            FROM (
              SELECT 1 AS catalog, count(*) AS rows, sum(i.indexrelid::bigint) AS oids, sum(i.xmin::text::bigint) AS writers
              FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
              WHERE i.indexrelid >= 16384 AND c.relpersistence <> 't'
              UNION ALL
              SELECT 2, count(*), sum(k.oid::bigint), sum(k.xmin::text::bigint)
              FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid
              WHERE k.oid >= 16384 AND c.relpersistence IS DISTINCT FROM 't'
              UNION ALL
              SELECT 3, count(*), sum(r.oid::bigint), sum(r.xmin::text::bigint) FROM pg_rewrite r WHERE r.oid >= 16384
              UNION ALL
              SELECT 4, count(*), sum(p.oid::bigint), sum(p.xmin::text::bigint)
              FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
              WHERE p.oid >= 16384 AND n.nspname <> 'ferry'
              UNION ALL
              SELECT 5, count(*), sum(g.oid::bigint), sum(g.xmin::text::bigint)
              FROM pg_trigger g WHERE g.oid >= 16384 AND g.tgname NOT LIKE 'ferry\\_%'
              UNION ALL
              SELECT 6, count(*), sum(p.oid::bigint), sum(p.xmin::text::bigint) FROM pg_policy p
              UNION ALL
              SELECT 7, count(*), sum(e.oid::bigint), sum(e.xmin::text::bigint) FROM pg_enum e WHERE e.oid >= 16384
              UNION ALL
              SELECT 8, count(*), sum(t.oid::bigint), sum(t.xmin::text::bigint)
              FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
              WHERE t.oid >= 16384 AND (t.typtype IN ('d', 'e', 'r') OR c.relkind = 'c')
              UNION ALL
              SELECT 9, count(*), sum(a.attnum), sum(a.xmin::text::bigint)
              FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relkind = 'c'
              UNION ALL
              SELECT 10, count(*), sum(e.oid::bigint), sum(e.xmin::text::bigint) FROM pg_extension e) s
            """;

    /**
     * Kind, name and text of each object. Left out: what Ferry made; what only follows from something else that is listed
     * (an index of a constraint, a partition's part of an index, constraint or trigger); NOT NULL, which is the column's.
     */
    private static final String DEFINITIONS = """
            SELECT 'index' AS kind, i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS text
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE %1$s AND %2$s AND NOT c.relispartition AND i.indisvalid
              AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
            UNION ALL
            SELECT 'constraint', concat(k.conrelid::regclass, ' ', k.conname),
                   replace(pg_get_constraintdef(k.oid), ' NOT VALID', '')
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE %1$s AND %2$s AND c.relkind IN ('r', 'p', 'f') AND k.contype IN ('c', 'p', 'u', 'x', 'f')
              AND k.conparentid = 0 AND k.conislocal
            UNION ALL
            SELECT 'view', c.oid::regclass::text, concat_ws(' ', c.relkind, c.reloptions, pg_get_viewdef(c.oid))
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('v', 'm') AND %1$s AND %2$s
            UNION ALL
            SELECT 'rule', concat(c.oid::regclass, ' ', r.rulename), pg_get_ruledef(r.oid)
            FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE r.rulename <> '_RETURN' AND %1$s AND %2$s
            UNION ALL
            SELECT 'function', p.oid::regprocedure::text,
                   CASE WHEN p.prokind = 'a'
                        THEN (SELECT concat_ws(' ', 'aggregate', a.aggtransfn::regproc, a.aggfinalfn::regproc,
                                a.aggtranstype::regtype, a.agginitval)
                              FROM pg_aggregate a WHERE a.aggfnoid = p.oid)
                        ELSE pg_get_functiondef(p.oid) END
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE %1$s AND %3$s
            UNION ALL
            SELECT 'trigger', concat(c.oid::regclass, ' ', g.tgname),
                   concat_ws(' ', pg_get_triggerdef(g.oid), %5$s)
            FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND g.tgname NOT LIKE 'ferry\\_%%' AND %1$s AND %2$s
            UNION ALL
            SELECT 'policy', concat(c.oid::regclass, ' ', p.polname),
                   concat_ws(' ', p.polcmd, p.polpermissive,
                     (SELECT string_agg(o.rolname, ',' ORDER BY o.rolname) FROM pg_roles o WHERE o.oid = ANY (p.polroles)),
                     pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
            FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE %1$s AND %2$s
            UNION ALL
            SELECT 'type', t.oid::regtype::text,
                   concat_ws(' ', t.typtype,
                     (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder)
                      FROM pg_enum e WHERE e.enumtypid = t.oid),
                     (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod)), ',' ORDER BY a.attnum)
                      FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
                     (SELECT format_type(r.rngsubtype, -1) FROM pg_range r WHERE r.rngtypid = t.oid),
                     CASE WHEN t.typtype = 'd' THEN concat_ws(' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull,
                       t.typdefault,
                       (SELECT string_agg(concat(k.conname, ' ', replace(pg_get_constraintdef(k.oid), ' NOT VALID', '')), ','
                          ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c')) END)
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
            WHERE (t.typtype IN ('d', 'e', 'r') OR c.relkind = 'c') AND %1$s AND %4$s
            UNION ALL
            SELECT 'extension', e.extname, ''
            FROM pg_extension e
            """;

    private final Database source;
    private final Database target;
    private final Clock clock;

    private Instant lookedAt = Instant.EPOCH;
    private String stamp = "";
    private List<Change> changes = List.of();
    private volatile List<String> missing = List.of();

    public DefinitionWatch(Database source, Database target, Clock clock) {
        this.source = source;
        this.target = target;
        this.clock = clock;
    }

    private record Identity(String kind, String name) implements Comparable<Identity> {
        @Override
        public int compareTo(Identity other) {
            int byKind = kind.compareTo(other.kind);
            return byKind != 0 ? byKind : name.compareTo(other.name);
        }

        @Override
        public String toString() {
            return kind + " " + name;
        }
    }

    /**
     * What an object says.
     *
     * @param exact for comparing with an earlier look at the same server
     * @param loose for comparing with another server, whose version may set parentheses and qualify columns differently
     */
    private record Digest(String exact, String loose) {}

    /** @param now null once it is dropped */
    private record Change(Identity object, @Nullable Digest now, String what) {}

    /**
     * Keeps what the source's definitions are, just before its schema is dumped.
     *
     * @param target in the caller's transaction
     */
    public static void note(Database source, Session target) {
        Map<Identity, Digest> now = read(source, FIRST_LOOK, "g.tgenabled");
        target.execute("DELETE FROM ferry.source_definition");
        List<Identity> objects = List.copyOf(now.keySet());
        target.jdbc()
                .sql("INSERT INTO ferry.source_definition (kind, name, digest)"
                        + " SELECT * FROM unnest(?::text[], ?::text[], ?::text[])")
                .params(
                        objects.stream().map(Identity::kind).toArray(String[]::new),
                        objects.stream().map(Identity::name).toArray(String[]::new),
                        now.values().stream().map(Digest::exact).toArray(String[]::new))
                .update();
        target.jdbc()
                .sql("INSERT INTO ferry.step (name) VALUES (?) ON CONFLICT DO NOTHING")
                .param(NOTED)
                .update();
    }

    private static Map<Identity, Digest> read(Database end, String look, String triggerState) {
        Map<Identity, Digest> definitions = new TreeMap<>();
        try (Session session = end.open()) {
            session.begin();
            session.execute(look);
            session.jdbc()
                    .sql("""
                            SELECT d.kind, d.name, md5(d.text) AS exact,
                                   md5(regexp_replace(d.text, '\\s+|[()]|[a-z_0-9"]+\\.', '', 'gi')) AS loose
                            FROM (%s) d
                            """.formatted(DEFINITIONS.formatted(
                            UserObjects.IN_USER_SCHEMA + " AND n.nspname <> 'pscale_extensions'",
                            UserObjects.notOfAnExtension("pg_class", "c.oid"),
                            UserObjects.notOfAnExtension("pg_proc", "p.oid"),
                            UserObjects.notOfAnExtension("pg_type", "t.oid"),
                            triggerState)))
                    .query(row -> {
                        definitions.put(
                                new Identity(row.getString("kind"), row.getString("name")),
                                new Digest(row.getString("exact"), row.getString("loose")));
                    });
        }
        return definitions;
    }

    /** What the last look found: objects that changed on the source and are not the same on the target. */
    public List<String> missing() {
        return missing;
    }

    /** Looks again if the last look is a while ago. */
    public void look() {
        if (Duration.between(lookedAt(), clock.instant()).compareTo(EVERY) >= 0) {
            lookNow();
        }
    }

    private synchronized Instant lookedAt() {
        return lookedAt;
    }

    /** Looks at once; a look that fails leaves what the one before it found. */
    public synchronized void lookNow() {
        lookedAt = clock.instant();
        try {
            String now = stampNow();
            if (!now.equals(stamp)) {
                changes = changesSinceDump();
                stamp = now;
            }
            missing = changes.isEmpty() ? List.of() : notOnTarget();
        } catch (RuntimeException e) {
            // A lock, a timeout, an object dropped under our eyes; the sync itself notices an end that is gone.
            LOG.debug("Definitions were not compared: {}", SqlState.describe(e));
        }
    }

    private String stampNow() {
        try (Session session = source.open()) {
            session.begin();
            session.execute(LOOK);
            return session.list(String.class, STAMP).get(0);
        }
    }

    private List<Change> changesSinceDump() {
        List<Change> found = new ArrayList<>();
        boolean noted = target.jdbc()
                .sql("SELECT EXISTS (SELECT FROM ferry.step WHERE name = ?)")
                .param(NOTED)
                .query(Boolean.class)
                .single();
        if (!noted) {
            return found; // begun by a version that did not
        }
        Map<Identity, String> then = new TreeMap<>();
        target.jdbc()
                .sql("SELECT kind, name, digest FROM ferry.source_definition")
                .query(row -> {
                    then.put(new Identity(row.getString("kind"), row.getString("name")), row.getString("digest"));
                });
        Map<Identity, Digest> now = read(source, LOOK, "g.tgenabled");
        now.forEach((object, digest) -> {
            String before = then.remove(object);
            if (!digest.exact().equals(before)) {
                found.add(new Change(object, digest, before == null ? "new" : "changed"));
            }
        });
        then.keySet().forEach(object -> found.add(new Change(object, null, "dropped")));
        return found;
    }

    private List<String> notOnTarget() {
        // Triggers are disabled there during the sync; what counts is how the switch will leave them.
        Map<Identity, Digest> there = read(target, LOOK, """
                coalesce((SELECT s.state FROM ferry.trigger_state s
                          WHERE s.kind = 'TRIGGER' AND s.schema_name = n.nspname AND s.table_name = c.relname
                            AND s.name = g.tgname), g.tgenabled::text)""");
        List<String> found = new ArrayList<>();
        for (Change change : changes) {
            Digest onTarget = there.get(change.object());
            boolean same = change.now() == null
                    ? onTarget == null
                    : onTarget != null && onTarget.loose().equals(change.now().loose());
            if (!same) {
                found.add(change.object() + " (" + change.what() + ")");
            }
        }
        return found;
    }
}
