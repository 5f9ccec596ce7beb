package io.tidemark.guest;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long commands took: counts in buckets that are 1/16 of their value wide, so that a quantile is at most 7 % too high. Any thread; takes
 * no lock and allocates nothing.
 */
public final class LatencyLog {
    private static final int SUB_BITS = 4;
    private static final int SUBS = 1 << SUB_BITS;
    private static final int BUCKETS = (Long.SIZE - SUB_BITS) * SUBS;

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
    private final AtomicLong longestNanos = new AtomicLong();

    /**
     * What was seen so far.
     *
     * @param count of commands
     * @param p50Nanos half of them took no longer
     * @param p99Nanos 99 of a hundred took no longer
     * @param longestNanos exact
     */
    public record Summary(long count, long p50Nanos, long p99Nanos, long longestNanos) {}

    void record(long nanos) {
        long seen = Math.max(0, nanos);
        counts.incrementAndGet(bucket(seen));
        longestNanos.accumulateAndGet(seen, Math::max);
    }

    /** Begins anew; a command that ends at this moment may be counted or not. */
    public void clear() {
        for (int i = 0; i < BUCKETS; i++) {
            counts.set(i, 0);
        }
        longestNanos.set(0);
    }

    public Summary summary() {
        long[] seen = new long[BUCKETS];
        long count = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen[i] = counts.get(i);
            count += seen[i];
        }
        long longest = longestNanos.get();
        return new Summary(
                count,
                Math.min(longest, quantile(seen, count, 50)),
                Math.min(longest, quantile(seen, count, 99)),
                longest);
    }

    private static long quantile(long[] counts, long count, int percent) {
        long rank = (count * percent + 99) / 100;
        long passed = 0;
        for (int i = 0; i < counts.length; i++) {
            passed += counts[i];
            if (passed >= rank && passed > 0) {
                return highest(i);
            }
        }
        return 0;
    }

    private static int bucket(long nanos) {
        if (nanos < SUBS) {
            return (int) nanos;
        }
        int shift = Long.SIZE - Long.numberOfLeadingZeros(nanos) - SUB_BITS - 1;
        return (shift + 1) * SUBS + (int) (nanos >>> shift) - SUBS;
    }

    private static long highest(int bucket) {
        if (bucket < SUBS) {
            return bucket;
        }
        int shift = bucket / SUBS - 1;
        return ((long) (bucket % SUBS + SUBS + 1) << shift) - 1;
    }
}
