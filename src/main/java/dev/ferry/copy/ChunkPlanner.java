package dev.ferry.copy;

import java.util.ArrayList;
import java.util.List;

/** Divides a table into ranges of heap blocks that hold about the same number of bytes, TOAST counted in. */
final class ChunkPlanner {
    private final long chunkBytes;

    ChunkPlanner(long chunkBytes) {
        if (chunkBytes < 1) {
            throw new IllegalArgumentException("a chunk needs at least a byte");
        }
        this.chunkBytes = chunkBytes;
    }

    /** Blocks from first (inclusive) to end (exclusive), and the bytes that they stand for. */
    record BlockRange(long firstBlock, long endBlock, long bytes) {}

    /**
     * Plans a table.
     *
     * @param heapBlocks blocks of the main fork; rows in later ones were written under capture
     * @param totalBytes heap and TOAST
     */
    List<BlockRange> plan(long heapBlocks, long totalBytes) {
        List<BlockRange> ranges = new ArrayList<>();
        if (heapBlocks == 0) {
            return ranges;
        }
        long count = Math.min(heapBlocks, Math.max(1, (totalBytes - 1) / chunkBytes + 1));
        for (long i = 0; i < count; i++) {
            long first = multiplyDivide(heapBlocks, i, count);
            long end = multiplyDivide(heapBlocks, i + 1, count);
            ranges.add(new BlockRange(
                    first,
                    end,
                    multiplyDivide(totalBytes, end, heapBlocks) - multiplyDivide(totalBytes, first, heapBlocks)));
        }
        return ranges;
    }

    /** {@code a * b / c} without overflow: bytes times blocks of a large table pass 2^63. */
    private static long multiplyDivide(long a, long b, long c) {
        return java.math.BigInteger.valueOf(a)
                .multiply(java.math.BigInteger.valueOf(b))
                .divide(java.math.BigInteger.valueOf(c))
                .longValueExact();
    }
}
