package io.tidemark.hypervisor.kvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Zeroes that are held back change when they arrive, never what a volume holds in the end. */
final class PendingZeroesTest {
    private static final int CHUNK = PendingZeroes.CHUNK_BYTES;

    @Test
    void replayedCallsGiveTheSameBytesAsTheCallsThemselves() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            int size = CHUNK * (1 + random.nextInt(6)) + 512 * random.nextInt(128);
            byte[] wanted = noise(random, size);
            byte[] held = wanted.clone();
            PendingZeroes pending = new PendingZeroes(size);
            PendingZeroes.RangeConsumer zero =
                    (offset, length) -> Arrays.fill(held, (int) offset, (int) (offset + length), (byte) 0);
            for (int i = 0; i < 20; i++) {
                int offset = random.nextInt(size);
                int length = 1 + random.nextInt(size - offset);
                if (random.nextBoolean()) {
                    Arrays.fill(wanted, offset, offset + length, (byte) 0);
                    pending.add(offset, length, zero);
                } else {
                    byte[] data = noise(random, length);
                    System.arraycopy(data, 0, wanted, offset, length);
                    pending.release(offset, length, zero);
                    System.arraycopy(data, 0, held, offset, length);
                }
            }
            pending.drain(zero);
            assertArrayEquals(wanted, held, "round " + round + ", seed " + seed);
        }
    }

    @Test
    void zeroingEverythingBeforeAFullCopyPassesOnOnlyWhatStaysZero() {
        PendingZeroes pending = new PendingZeroes(10L * CHUNK);
        List<String> passed = new ArrayList<>();
        PendingZeroes.RangeConsumer zero = (offset, length) -> passed.add(offset / CHUNK + "+" + length / CHUNK);
        pending.add(0, 10L * CHUNK, zero);
        pending.release(0, 2L * CHUNK, zero);
        pending.release(5L * CHUNK, CHUNK, zero);
        assertEquals(List.of(), passed);
        pending.drain(zero);
        assertEquals(List.of("2+3", "6+4"), passed);
        pending.drain(zero);
        assertEquals(2, passed.size());
    }

    private static byte[] noise(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
