package dev.ferry.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ferry.copy.ChunkPlanner.BlockRange;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkPlannerTest {
    private static final long MB = 1 << 20;
    private static final long BLOCK = 8192;

    /** Bytes of a chunk, blocks, bytes of heap and TOAST, and the number of chunks and largest chunk in blocks. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "an empty table,                     67108864,          0,              0,     0,          0",
        "TOAST without a heap,               67108864,          0,        1000000,     0,          0",
        "one block,                          67108864,          1,           8192,     1,          1",
        "one block of a chunk of one byte,          1,          1,           8192,     1,          1",
        "just one chunk,                     67108864,       8192,       67108864,     1,       8192",
        "one byte more than a chunk,         67108864,       8192,       67108865,     2,       4096",
        "one block more than a chunk,        67108864,       8193,       67117056,     2,       4097",
        "200 rows of 500 kB in two blocks,   67108864,          2,      100016384,     2,          1",
        "TOAST-heavy,                        67108864,       1000,    10000000000,   150,          7",
        "a chunk smaller than a block,           4096,         10,          81920,    10,          1",
        "blocks without bytes,               67108864,         10,              0,     1,         10",
        "32 TB,                            1073741824, 4294967295, 35184372080640, 32768,     131072",
        "32 TB of heap and as much of TOAST, 1073741824, 4294967295, 70368744161280, 65536,    65536",
        "bytes times blocks beyond a long, 1099511627776, 4294967295, 1125899906842624, 1024, 4194304",
    })
    void dividesByBytesAndNeverABlock(
            String table, long chunkBytes, long blocks, long bytes, int chunks, long largestInBlocks) {
        List<BlockRange> plan = new ChunkPlanner(chunkBytes).plan(blocks, bytes);

        assertThat(plan).as(table).hasSize(chunks);
        assertThat(plan.stream()
                        .mapToLong(range -> range.endBlock() - range.firstBlock())
                        .max()
                        .orElse(0))
                .as(table)
                .isEqualTo(largestInBlocks);
        assertCovers(plan, blocks, blocks == 0 ? 0 : bytes);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 8192, MB, 64 * MB, Long.MAX_VALUE})
    void everyBlockIsInOneChunkWhateverTheSize(long chunkBytes) {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            long blocks = random.nextInt(2000);
            long toast = random.nextInt(4) == 0 ? random.nextLong(1000 * MB) : 0;
            long bytes = blocks * BLOCK + toast;
            List<BlockRange> plan = new ChunkPlanner(chunkBytes).plan(blocks, bytes);
            assertCovers(plan, blocks, blocks == 0 ? 0 : bytes);
        }
    }

    /** Ranges follow each other without a gap, none is empty, and the bytes add up. */
    private static void assertCovers(List<BlockRange> plan, long blocks, long bytes) {
        long next = 0;
        long sum = 0;
        for (BlockRange range : plan) {
            boolean follows = range.firstBlock() == next && range.endBlock() > next && range.bytes() >= 0;
            assertThat(follows).as("%s after block %d", range, next).isTrue();
            next = range.endBlock();
            sum += range.bytes();
        }
        assertThat(next).isEqualTo(blocks);
        assertThat(sum).isEqualTo(bytes);
    }

    @Test
    void aChunkIsNotMuchLargerThanAsked() {
        for (BlockRange range : new ChunkPlanner(64 * MB).plan(100_000, 100_000 * BLOCK + 3000 * MB)) {
            assertThat(range.bytes()).isLessThanOrEqualTo(64 * MB + 2 * BLOCK);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void refusesChunksOfNothing(long chunkBytes) {
        assertThatIllegalArgumentException().isThrownBy(() -> new ChunkPlanner(chunkBytes));
    }
}
