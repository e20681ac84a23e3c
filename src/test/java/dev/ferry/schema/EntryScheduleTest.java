package dev.ferry.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.schema.EntrySchedule.Task;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EntryScheduleTest {
    private static Task task(int id, Set<Integer> dependsOn, int table, boolean shared, long size) {
        return new Task(
                new SchemaLedger.Line(
                        id, id, "INDEX", "public", "i" + id, Stage.INDEXES, null, dependsOn, false, false),
                Set.of(table),
                shared,
                size);
    }

    @Test
    void theLargestTablesGoFirstAndDependenciesBeforeAll() throws InterruptedException {
        Task small = task(1, Set.of(), 100, true, 5);
        Task large = task(2, Set.of(), 200, true, 50);
        Task dependent = task(3, Set.of(1), 300, true, 500);
        EntrySchedule schedule = new EntrySchedule(List.of(small, large, dependent));

        assertThat(schedule.take()).isSameAs(large);
        assertThat(schedule.take()).isSameAs(small);
        schedule.finished(small);
        assertThat(schedule.take()).isSameAs(dependent);
        assertThat(schedule.take()).isNull();
    }

    @Test
    void indexesOfOneTableGoSideBySideButAConstraintGoesAlone() throws InterruptedException {
        Task constraint = task(1, Set.of(), 100, false, 50);
        Task index = task(2, Set.of(), 100, true, 50);
        Task second = task(3, Set.of(), 100, true, 50);
        Task other = task(4, Set.of(), 200, true, 1);
        EntrySchedule schedule = new EntrySchedule(List.of(constraint, index, second, other));

        assertThat(schedule.take()).isSameAs(constraint);
        assertThat(schedule.take()).isSameAs(other);
        schedule.finished(constraint);
        assertThat(schedule.take()).isSameAs(index);
        assertThat(schedule.take()).isSameAs(second);
    }

    @Test
    void entriesThatDependOnEachOtherDoNotWaitForEver() throws InterruptedException {
        Task one = task(1, Set.of(2), 100, true, 1);
        Task two = task(2, Set.of(1), 100, true, 1);
        EntrySchedule schedule = new EntrySchedule(List.of(one, two));

        assertThat(schedule.take()).isSameAs(one);
        schedule.finished(one);
        assertThat(schedule.take()).isSameAs(two);
    }

    @Test
    void nothingIsHandedOutOnceItIsStopped() throws InterruptedException {
        EntrySchedule schedule = new EntrySchedule(List.of(task(1, Set.of(), 100, true, 1)));

        schedule.stop();

        assertThat(schedule.take()).isNull();
    }
}
