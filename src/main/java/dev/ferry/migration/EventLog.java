package dev.ferry.migration;

import dev.ferry.database.Database;
import dev.ferry.database.SqlState;
import dev.ferry.journal.Event;
import dev.ferry.journal.Journal;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event log: at once in memory and in the process's log, soon after on the target, where a successor finds it. Writing
 * to it never waits for a database.
 */
final class EventLog implements Journal {
    static final int KEPT = 1000;
    private static final Logger LOG = LoggerFactory.getLogger("dev.ferry.events");

    private final Clock clock;
    private final Deque<Event> events = new ArrayDeque<>();
    private final Deque<Event> unsaved = new ArrayDeque<>();

    EventLog(Clock clock) {
        this.clock = clock;
    }

    @Override
    public void record(Event.Level level, String message) {
        Event event = new Event(clock.instant(), level, message);
        switch (level) {
            case INFO -> LOG.info("{}", message);
            case WARNING -> LOG.warn("{}", message);
            case ERROR -> LOG.error("{}", message);
        }
        synchronized (this) {
            events.addLast(event);
            unsaved.addLast(event);
            while (events.size() > KEPT) {
                events.removeFirst();
            }
            while (unsaved.size() > KEPT) {
                unsaved.removeFirst();
            }
        }
    }

    synchronized List<Event> newest(int count) {
        List<Event> all = new ArrayList<>(events);
        return all.subList(Math.max(0, all.size() - count), all.size());
    }

    /** Writes what is not on the target yet; what cannot be written now stays for the next time. */
    void save(Database target) {
        while (true) {
            Event event;
            synchronized (this) {
                event = unsaved.peekFirst();
            }
            if (event == null) {
                return;
            }
            try {
                target.jdbc()
                        .sql("INSERT INTO ferry.event (at, level, message) VALUES (?, ?, ?)")
                        .params(
                                java.sql.Timestamp.from(event.at()),
                                event.level().name(),
                                event.message())
                        .update();
            } catch (RuntimeException e) {
                LOG.debug("The event log was not saved: {}", SqlState.describe(e));
                return;
            }
            synchronized (this) {
                unsaved.remove(event);
            }
        }
    }

    /** Takes over what earlier processes wrote. */
    void load(Database target) {
        List<Event> saved = target.jdbc()
                .sql("SELECT at, level, message FROM ferry.event ORDER BY id DESC LIMIT ?")
                .param(KEPT)
                .query((row, number) -> new Event(
                        row.getTimestamp(1).toInstant(), Event.Level.valueOf(row.getString(2)), row.getString(3)))
                .list();
        synchronized (this) {
            List<Event> own = new ArrayList<>(unsaved);
            events.clear();
            for (int i = saved.size() - 1; i >= 0; i--) {
                events.addLast(saved.get(i));
            }
            own.forEach(events::addLast);
        }
    }

    synchronized void clear() {
        events.clear();
        unsaved.clear();
    }

    Instant now() {
        return clock.instant();
    }
}
