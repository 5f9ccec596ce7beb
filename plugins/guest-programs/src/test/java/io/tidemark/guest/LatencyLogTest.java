package io.tidemark.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.guest.LatencyLog.Summary;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class LatencyLogTest {
    @Test
    void quantilesAreAtMostASixteenthTooHigh() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 200; round++) {
            LatencyLog log = new LatencyLog();
            long[] nanos = new long[random.nextInt(1, 3000)];
            for (int i = 0; i < nanos.length; i++) {
                nanos[i] = random.nextLong(1L << random.nextInt(1, 40));
                log.record(nanos[i]);
            }
            Arrays.sort(nanos);
            Summary summary = log.summary();
            String replay = "seed " + seed + ", round " + round + ": " + summary;
            assertEquals(nanos.length, summary.count(), replay);
            assertEquals(nanos[nanos.length - 1], summary.longestNanos(), replay);
            assertNear(nanos[(nanos.length * 50 + 99) / 100 - 1], summary.p50Nanos(), replay);
            assertNear(nanos[(nanos.length * 99 + 99) / 100 - 1], summary.p99Nanos(), replay);
        }
    }

    @Test
    void extremesHaveABucket() {
        LatencyLog log = new LatencyLog();
        log.record(-5);
        assertEquals(new Summary(1, 0, 0, 0), log.summary());
        log.record(Long.MAX_VALUE);
        assertEquals(Long.MAX_VALUE, log.summary().longestNanos());
        log.clear();
        assertEquals(new Summary(0, 0, 0, 0), log.summary());
    }

    private static void assertNear(long exact, long told, String replay) {
        assertTrue(told >= exact && told <= exact + exact / 16 + 1, () -> replay + ", exact " + exact);
    }
}
