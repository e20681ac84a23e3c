package dev.ferry.schema;

import dev.ferry.schema.SchemaLedger.Line;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hands out entries to several workers: each after those it depends on, the largest tables' first, and never two side by
 * side whose table locks exclude each other. So no worker's connection stands idle behind another's, and no two of them
 * deadlock. Indexes of one table are built side by side.
 */
final class EntrySchedule {
    /**
     * @param tables dump ids of the tables it locks
     * @param shared its locks go together with those of other shared tasks
     * @param size of its tables
     */
    record Task(Line line, Set<Integer> tables, boolean shared, long size) {}

    private final List<Task> waiting;
    private final Set<Integer> unfinished = new HashSet<>();
    private final Map<Integer, Integer> shared = new HashMap<>();
    private final Set<Integer> exclusive = new HashSet<>();
    private int running;
    private boolean stopped;

    EntrySchedule(List<Task> tasks) {
        waiting = new ArrayList<>(tasks);
        waiting.sort(Comparator.comparingLong(Task::size)
                .reversed()
                .thenComparing(task -> task.line().position()));
        tasks.forEach(task -> unfinished.add(task.line().dumpId()));
    }

    /** Waits for a task; null when none is left or the schedule was stopped. */
    synchronized @Nullable Task take() throws InterruptedException {
        while (!stopped && !waiting.isEmpty()) {
            for (Task task : waiting) {
                if (isFree(task)) {
                    return start(task);
                }
            }
            if (running == 0) { // a circle; the dump's own order is then the best that there is
                return start(Collections.min(
                        waiting, Comparator.comparingInt(task -> task.line().position())));
            }
            wait();
        }
        return null;
    }

    private Task start(Task task) {
        waiting.remove(task);
        running++;
        task.tables.forEach(table -> {
            if (task.shared) {
                shared.merge(table, 1, Integer::sum);
            } else {
                exclusive.add(table);
            }
        });
        return task;
    }

    private boolean isFree(Task task) {
        for (Integer dependency : task.line.dependsOn()) {
            if (unfinished.contains(dependency)) {
                return false;
            }
        }
        for (Integer table : task.tables) {
            if (exclusive.contains(table) || (!task.shared && shared.containsKey(table))) {
                return false;
            }
        }
        return true;
    }

    synchronized void finished(Task task) {
        running--;
        unfinished.remove(task.line.dumpId());
        task.tables.forEach(table -> {
            if (task.shared) {
                shared.computeIfPresent(table, (key, count) -> count == 1 ? null : count - 1);
            } else {
                exclusive.remove(table);
            }
        });
        notifyAll();
    }

    /** Nothing more is handed out. */
    synchronized void stop() {
        stopped = true;
        notifyAll();
    }
}
