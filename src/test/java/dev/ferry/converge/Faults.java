package dev.ferry.converge;

import dev.ferry.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Failures inside the two servers, at named steps of Ferry's work: triggers on its own tables that act when it writes there
 * for the n-th time, at once or in its commit. A sequence counts, so that a fault is not undone with the transaction it
 * breaks and happens once.
 */
final class Faults implements AutoCloseable {
    /** Where Ferry stands when a fault meets it. */
    enum Step {
        /** The target's transaction that plans a table's chunks, or prunes it, or suspends it. */
        TABLE_STATE(true, "table_copy", "UPDATE"),
        /** A chunk's rows and its mark. */
        CHUNK(true, "chunk", "UPDATE"),
        /** One index, constraint, trigger of the schema. */
        SCHEMA_ENTRY(true, "schema_entry", "UPDATE"),
        /** A cycle at the target: nothing of it is committed anywhere. */
        CYCLE_AT_TARGET(true, "position", "UPDATE"),
        /** A cycle at the source; in its commit the target has committed already. */
        CYCLE_AT_SOURCE(false, "position", "UPDATE"),
        /** Markers taken from the log, in a cycle or by a prune whose target has committed. */
        MARKER_AT_SOURCE(false, "marker", "DELETE"),
        /** The phase, and requests that are over. */
        PHASE(true, "migration", "UPDATE"),
        /** The app is shut out of the source, or let in again. */
        FENCE(false, "write_fence", "UPDATE");

        private final boolean target;
        private final String table;
        private final String event;

        Step(boolean target, String table, String event) {
            this.target = target;
            this.table = table;
            this.event = event;
        }
    }

    /** What happens there. */
    enum Kind {
        /** The server ends this session, as on an administrator's command. */
        TERMINATE,
        /** The server ends it, and the process that it belonged to dies in the same moment. */
        DIE,
        /** The statement fails with an error that passes. */
        FAIL,
        /** It takes long, again and again: others get in between. */
        SLOW
    }

    private record Fault(int number, Step step, Kind kind, int occurrence) {}

    private final Map<Boolean, Connection> ends = new HashMap<>();
    private final List<Fault> armed = new ArrayList<>();
    private final Map<Kind, Integer> happened = new EnumMap<>(Kind.class);
    private int made;

    Faults(TestDatabase source, TestDatabase target) {
        try {
            ends.put(false, source.superuser());
            ends.put(true, target.superuser());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Puts a random fault somewhere. Ferry's tables must exist at both ends. */
    void arm(Random random) {
        Step step = Step.values()[random.nextInt(Step.values().length)];
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        arm(step, kind, 1 + random.nextInt(step == Step.CHUNK ? 12 : 4), random.nextInt(3) != 0, random);
    }

    private void arm(Step step, Kind kind, int occurrence, boolean inCommit, Random random) {
        int number = ++made;
        String action = switch (kind) {
            case TERMINATE, DIE ->
                "IF reached = %d THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); END IF;"
                        .formatted(occurrence);
            case FAIL ->
                "IF reached = %d THEN RAISE EXCEPTION 'an injected fault' USING ERRCODE = '%s'; END IF;"
                        .formatted(
                                occurrence,
                                List.of("40001", "40P01", "53200", "55P03").get(random.nextInt(4)));
            case SLOW ->
                "IF reached BETWEEN %1$d AND %1$d + 8 THEN PERFORM pg_sleep(%2$d / 1000.0); END IF;"
                        .formatted(occurrence, 5 + random.nextInt(60));
        };
        run(step.target, """
                CREATE SEQUENCE ferry.fault_%1$d;
                CREATE FUNCTION ferry.fault_%1$d() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                  SET search_path = pg_catalog AS $fault$
                DECLARE reached bigint;
                BEGIN
                  IF current_setting('application_name') LIKE 'ferry/%%' THEN
                    reached := nextval('ferry.fault_%1$d');
                    %2$s
                  END IF;
                  RETURN NULL;
                END $fault$;
                CREATE CONSTRAINT TRIGGER ferry_fault_%1$d AFTER %3$s ON ferry.%4$s
                  DEFERRABLE INITIALLY %5$s FOR EACH ROW EXECUTE FUNCTION ferry.fault_%1$d();
                ALTER TABLE ferry.%4$s ENABLE ALWAYS TRIGGER ferry_fault_%1$d;
                """.formatted(number, action, step.event, step.table, inCommit ? "DEFERRED" : "IMMEDIATE"));
        armed.add(new Fault(number, step, kind, occurrence));
    }

    /** Faults that happened since the last look. */
    List<Kind> look() {
        List<Kind> met = new ArrayList<>();
        for (Fault fault : List.copyOf(armed)) {
            if (reached(fault) >= fault.occurrence) {
                armed.remove(fault);
                met.add(fault.kind);
                happened.merge(fault.kind, 1, Integer::sum);
            }
        }
        return met;
    }

    private long reached(Fault fault) {
        try (Statement statement = end(fault.step.target).createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ferry.fault_" + fault.number)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    Map<Kind, Integer> happened() {
        return happened;
    }

    private Connection end(boolean target) {
        return java.util.Objects.requireNonNull(ends.get(target));
    }

    void run(boolean target, String sql) {
        try (Statement statement = end(target).createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** A field of the first row, or the empty text. */
    String value(boolean target, String sql) {
        try (Statement statement = end(target).createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? String.valueOf(row.getString(1)) : "";
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    @Override
    public void close() {
        for (Connection end : ends.values()) {
            try {
                end.close();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
