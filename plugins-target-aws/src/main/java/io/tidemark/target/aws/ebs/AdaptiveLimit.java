package io.tidemark.target.aws.ebs;

import io.tidemark.spi.plugin.Deadline;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many blocks may be on their way at once: grows by one for each full round without refusal, halves when AWS says that it is too
 * much. Any thread.
 */
public final class AdaptiveLimit {
    private static final int FIRST = 8;
    /** Refusals of requests that were sent before the limit was lowered say nothing about the new one. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final int most;
    private int limit;
    private int inFlight;
    private int successes;
    private long loweredAtNanos = System.nanoTime() - PAUSE_NANOS;

    /** @param most the limit never grows beyond, ≥ 1 */
    public AdaptiveLimit(int most) {
        this.most = most;
        this.limit = Math.min(FIRST, most);
    }

    /** Waits for room; false when the deadline passed. */
    boolean acquire(Deadline deadline) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (inFlight >= limit) {
                long left = deadline.remaining().toNanos();
                if (left <= 0 || (freed.awaitNanos(left) <= 0 && inFlight >= limit)) {
                    return false;
                }
            }
            inFlight++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void release() {
        lock.lock();
        try {
            inFlight--;
            freed.signal();
        } finally {
            lock.unlock();
        }
    }

    void succeeded() {
        lock.lock();
        try {
            if (++successes >= limit && limit < most) {
                successes = 0;
                limit++;
                freed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    void throttled() {
        lock.lock();
        try {
            successes = 0;
            if (System.nanoTime() - loweredAtNanos >= PAUSE_NANOS) {
                limit = Math.max(1, limit / 2);
                loweredAtNanos = System.nanoTime();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The limit now. */
    public int current() {
        lock.lock();
        try {
            return limit;
        } finally {
            lock.unlock();
        }
    }
}
