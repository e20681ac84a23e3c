package dev.ferry.sync;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** Cycles of this process since it began, whichever {@link LiveSync} ran them. Never goes back. */
public final class CycleCounts {
    private final LongAdder cycles = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final LongAdder keys = new LongAdder();

    void add(SyncCycle.Result result, long tookNanos) {
        cycles.increment();
        nanos.add(tookNanos);
        keys.add(result.keys());
    }

    /** Cycles that came to their end, those that found nothing to do included. */
    public long cycles() {
        return cycles.sum();
    }

    /** What all of them took together. */
    public Duration took() {
        return Duration.ofNanos(nanos.sum());
    }

    /** Logged keys whose rows were made equal at the destination. */
    public long keysApplied() {
        return keys.sum();
    }
}
