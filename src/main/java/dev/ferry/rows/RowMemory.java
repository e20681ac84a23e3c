package dev.ferry.rows;

import java.util.concurrent.Semaphore;

/**
 * Memory for rows on their way: the driver holds each whole, as text. Wide ones take their share before they are read, so
 * that two of them never meet where there is room for one only.
 */
final class RowMemory {
    private static final long MEGABYTE = 1 << 20;

    /** What the process needs besides, about. */
    private static final long OWN_NEEDS = 96 * MEGABYTE;

    /** Below this nobody has to ask: as much is on its way for any chunk. */
    private static final long WIDE = 8 * MEGABYTE;

    static final RowMemory OF_THIS_PROCESS = new RowMemory(Runtime.getRuntime().maxMemory());

    private final int megabytes;
    private final Semaphore free;

    /** @param heap bytes that the process may have in all */
    RowMemory(long heap) {
        this.megabytes = (int) (Math.max(heap / 4, heap - OWN_NEEDS) / MEGABYTE);
        this.free = new Semaphore(megabytes, true);
    }

    /** Bytes of the widest row that there is room for. */
    long limit() {
        return megabytes * MEGABYTE;
    }

    boolean isWide(long bytes) {
        return bytes >= WIDE;
    }

    /**
     * Runs a read whose widest row has so many bytes as text, when there is room for it.
     *
     * @param bytes at most {@link #limit()}
     */
    long during(long bytes, UnreadableRow.Read read) {
        int share = (int) Math.min(megabytes, bytes / MEGABYTE + 1);
        free.acquireUninterruptibly(share);
        try {
            return read.rows();
        } finally {
            free.release(share);
        }
    }
}
