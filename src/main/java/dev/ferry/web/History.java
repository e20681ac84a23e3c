package dev.ferry.web;

import dev.ferry.migration.MigrationStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lag and waiting changes of the last hour or so, for the chart. In memory: it begins anew with the process. */
final class History {
    /**
     * One point.
     *
     * @param at seconds since 1970
     * @param lag seconds; null while there is none
     * @param pending null while nobody counts them: before the first sync
     */
    record Sample(long at, @Nullable Double lag, @Nullable Long pending) {
        static Sample of(MigrationStatus status) {
            MigrationStatus.ReplicationDelay delay = status.progressSignals().replicationDelay();
            Double seconds = delay.seconds();
            return new Sample(
                    status.timestamp().getEpochSecond(),
                    seconds == null ? null : Math.round(seconds * 100) / 100.0,
                    delay.healthState().equals("not_started") ? null : delay.pendingChanges());
        }

        /** Short, because there are many of them. */
        String json() {
            return "[" + at + "," + lag + "," + pending + "]";
        }
    }

    private final int size;
    private final Deque<Sample> samples = new ArrayDeque<>();

    History(int size) {
        this.size = size;
    }

    /** Takes a sample unless it is as old as the last one. */
    synchronized boolean add(Sample sample) {
        Sample last = samples.peekLast();
        if (last != null && last.at() >= sample.at()) {
            return false;
        }
        samples.addLast(sample);
        if (samples.size() > size) {
            samples.removeFirst();
        }
        return true;
    }

    synchronized List<Sample> all() {
        return new ArrayList<>(samples);
    }
}
