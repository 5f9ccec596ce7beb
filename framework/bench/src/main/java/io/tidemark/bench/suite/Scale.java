package io.tidemark.bench.suite;

import java.util.Arrays;

/**
 * How large the data of a run are.
 *
 * @param quick small sizes: a trial of the benchmark rather than of Tidemark
 * @param diskLimitBytes what a run may take on disk; larger journals are left out
 */
public record Scale(boolean quick, long diskLimitBytes) {
    public static final long MIB = 1L << 20;
    public static final long GIB = 1L << 30;

    /** The journals to build, smallest first: those sizes that fit together within the limit, and the smallest always. */
    public long[] journalSizes(long... sizes) {
        long[] chosen = quick ? Arrays.stream(sizes).map(size -> size / 16).toArray() : sizes.clone();
        int count = chosen.length;
        while (count > 1 && Arrays.stream(chosen, 0, count).sum() * 21 / 20 > diskLimitBytes) {
            count--;
        }
        return Arrays.copyOf(chosen, count);
    }

    /** One of two values. */
    public long choose(long full, long small) {
        return quick ? small : full;
    }

    /** A size in words. */
    public static String words(long bytes) {
        return bytes >= GIB && bytes % GIB == 0 ? bytes / GIB + " GiB" : bytes / MIB + " MiB";
    }
}
