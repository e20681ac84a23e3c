package dev.ferry.migration;

import dev.ferry.database.Session;
import dev.ferry.notification.Milestone;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is to be told, on the target. Each line is written in the transaction that makes it true, so that none is missed and
 * none is made up, whoever dies when; it is marked once it was sent, so that a successor does not send it again.
 */
final class MilestoneLedger {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final TypeReference<Map<String, Object>> FIGURES = new TypeReference<>() {};
    private static final int AT_ONCE = 50;

    private MilestoneLedger() {}

    /** @param id made by whoever writes it: written again after an unknown outcome it is one line */
    record Line(UUID id, Milestone milestone, String phase, Instant at, Map<String, Object> figures) {}

    static void note(Session session, Milestone milestone) {
        note(session, milestone, "'{}'");
    }

    /** @param figures SQL for jsonb over ferry.migration, called m */
    private static void note(Session session, Milestone milestone, String figures) {
        session.jdbc()
                .sql("INSERT INTO ferry.milestone (event, phase, figures) SELECT ?, m.phase, " + figures
                        + " FROM ferry.migration m")
                .param(milestone.label())
                .update();
    }

    /** SWITCHED has a figure and is noted with it; back from ERROR is nothing new. */
    static void noteMove(Session session, Phase from, Phase to) {
        if (to == Phase.COMPLETED) {
            note(
                    session,
                    Milestone.COMPLETED,
                    "jsonb_build_object('seconds', round(extract(epoch FROM clock_timestamp() - m.started_at)))");
        } else if (to == Phase.ABORTED) {
            note(session, Milestone.ABORTED);
        } else if (from == Phase.CONFIGURING) {
            note(session, Milestone.SCHEMA_COPIED);
        } else if (from == Phase.COPYING && to == Phase.REPLICATING) {
            note(session, Milestone.IN_SYNC);
        }
    }

    /** Together with the migration's own figure in one round trip: the app is waiting. */
    static void noteSwitch(Session session, long writeBlockedMillis) {
        session.jdbc()
                .sql("""
                        WITH switched AS (UPDATE ferry.migration SET write_blocked_ms = :ms RETURNING phase)
                        INSERT INTO ferry.milestone (event, phase, figures)
                        SELECT :event, phase, jsonb_build_object('write_blocked_ms', :ms::bigint) FROM switched
                        """)
                .param("ms", writeBlockedMillis)
                .param("event", Milestone.SWITCHED.label())
                .update();
    }

    /** The figure with the commit in it. */
    static void correctSwitch(Session session, long writeBlockedMillis) {
        session.jdbc()
                .sql("""
                        UPDATE ferry.milestone SET figures = jsonb_build_object('write_blocked_ms', ?::bigint)
                        WHERE sent_at IS NULL AND seq = (SELECT max(seq) FROM ferry.milestone WHERE event = ?)
                        """)
                .params(writeBlockedMillis, Milestone.SWITCHED.label())
                .update();
    }

    static void noteError(Session session) {
        note(session, Milestone.ERROR, "jsonb_build_object('error', m.error, 'failed_phase', m.failed_phase)");
    }

    /** Before the request is cleared: of those that are cleared by themselves, a revert is one that went through. */
    static void noteEndOfRequest(Session session) {
        session.jdbc().sql("""
                        INSERT INTO ferry.milestone (event, phase)
                        SELECT ?, phase FROM ferry.migration WHERE request = 'revert'
                        """).param(Milestone.REVERTED.label()).update();
    }

    static void noteCopy(Session session) {
        note(session, Milestone.COPY_DONE, """
                (SELECT jsonb_build_object('rows', coalesce(sum(k.rows), 0), 'bytes', coalesce(sum(k.bytes), 0),
                   'tables', (SELECT count(*) FROM ferry.table_copy)) FROM ferry.chunk k)""");
    }

    static void write(Session session, Line line) {
        session.jdbc()
                .sql("""
                        INSERT INTO ferry.milestone (id, event, phase, at, figures) VALUES (?, ?, ?, ?, ?::jsonb)
                        ON CONFLICT (id) DO NOTHING
                        """)
                .params(
                        line.id(),
                        line.milestone().label(),
                        line.phase(),
                        Timestamp.from(line.at()),
                        MAPPER.writeValueAsString(line.figures()))
                .update();
    }

    /** In the order in which it happened. */
    static List<Line> unsent(JdbcClient jdbc) {
        return jdbc.sql("""
                        SELECT id, event, phase, at, figures FROM ferry.milestone
                        WHERE sent_at IS NULL ORDER BY seq LIMIT ?
                        """)
                .param(AT_ONCE)
                .query((row, number) -> new Line(
                        row.getObject("id", UUID.class),
                        Milestone.ofLabel(row.getString("event")),
                        row.getString("phase"),
                        row.getTimestamp("at").toInstant(),
                        MAPPER.readValue(row.getString("figures"), FIGURES)))
                .list();
    }

    static void sent(JdbcClient jdbc, UUID id) {
        jdbc.sql("UPDATE ferry.milestone SET sent_at = clock_timestamp() WHERE id = ? AND sent_at IS NULL")
                .param(id)
                .update();
    }

    static boolean isSent(JdbcClient jdbc, UUID id) {
        return jdbc.sql("SELECT EXISTS (SELECT FROM ferry.milestone WHERE id = ? AND sent_at IS NOT NULL)")
                .param(id)
                .query(Boolean.class)
                .single();
    }

    /** Of these, which happened last in this run. */
    static @Nullable Milestone newest(JdbcClient jdbc, Set<Milestone> ofThese) {
        return jdbc.sql("SELECT event FROM ferry.milestone WHERE event IN (:events) ORDER BY seq DESC LIMIT 1")
                .param("events", ofThese.stream().map(Milestone::label).collect(Collectors.toSet()))
                .query(String.class)
                .optional()
                .map(Milestone::ofLabel)
                .orElse(null);
    }
}
