package io.tidemark.target.aws.ebs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class AdaptiveLimitTest {
    private static Deadline now() {
        return Deadline.after(Duration.ZERO);
    }

    @Test
    void itGrowsByOneARoundUpToTheMost() {
        AdaptiveLimit limit = new AdaptiveLimit(10);
        assertEquals(8, limit.current());
        for (int i = 0; i < 8; i++) {
            limit.succeeded();
        }
        assertEquals(9, limit.current());
        for (int i = 0; i < 100; i++) {
            limit.succeeded();
        }
        assertEquals(10, limit.current());
        assertEquals(3, new AdaptiveLimit(3).current());
    }

    @Test
    void aRefusalHalvesItOnceForAllThatWereUnderWay() {
        AdaptiveLimit limit = new AdaptiveLimit(64);
        for (int i = 0; i < 8; i++) {
            limit.throttled();
        }
        assertEquals(4, limit.current());
        LockSupport.parkNanos(Duration.ofMillis(250).toNanos());
        limit.throttled();
        assertEquals(2, limit.current());
    }

    @Test
    void noMoreThanTheLimitGetThrough() throws Exception {
        AdaptiveLimit limit = new AdaptiveLimit(2);
        assertTrue(limit.acquire(now()));
        assertTrue(limit.acquire(now()));
        assertFalse(limit.acquire(now()));
        assertFalse(limit.acquire(Deadline.after(Duration.ofMillis(30))));
        limit.release();
        assertTrue(limit.acquire(now()));
    }
}
