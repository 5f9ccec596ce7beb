package io.tidemark.target.aws;

import java.util.Random;

/**
 * Behind which request a test kills next: every n-th, from a random one on, because all of them take minutes. {@code
 * -Dtidemark.kill-stride=1} kills behind every one; {@code -Dtidemark.kill-seed=…} repeats a run.
 */
final class KillPoints {
    private final int stride;
    private int next;

    KillPoints(String what, int usualStride) {
        long seed = Long.getLong("tidemark.kill-seed", System.nanoTime());
        this.stride = Integer.getInteger("tidemark.kill-stride", usualStride);
        this.next = new Random(seed).nextInt(stride);
        System.out.println(what + ": kills behind request " + next + " and every " + stride + " after, seed " + seed);
    }

    /** How many requests are answered before the next kill. */
    int next() {
        int now = next;
        next += stride;
        return now;
    }
}
