package io.tidemark.control.report;

import java.util.Arrays;

/** Keeps the newest 100,000 samples and counts all. Safe for use by several threads. */
public final class Samples {
    private static final int CAPACITY = 100_000;

    private long[] ring = new long[64];
    private long count;

    public synchronized void add(long value) {
        if (count == ring.length && ring.length < CAPACITY) {
            ring = Arrays.copyOf(ring, Math.min(CAPACITY, ring.length * 2));
        }
        ring[(int) (count % ring.length)] = value;
        count++;
    }

    public Distribution distribution() {
        long[] sorted;
        long samples;
        synchronized (this) {
            samples = count;
            sorted = Arrays.copyOf(ring, (int) Math.min(count, ring.length));
        }
        if (sorted.length == 0) {
            return new Distribution(0, 0, 0, 0, 0);
        }
        Arrays.sort(sorted);
        return new Distribution(
                samples, quantile(sorted, 50), quantile(sorted, 95), quantile(sorted, 99), sorted[sorted.length - 1]);
    }

    /** The smallest sample that at least {@code percent} of the samples do not exceed (nearest rank). */
    private static long quantile(long[] sorted, int percent) {
        int rank = (int) Math.ceil(sorted.length * (percent / 100.0));
        return sorted[Math.max(0, rank - 1)];
    }
}
