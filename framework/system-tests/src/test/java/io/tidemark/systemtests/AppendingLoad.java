package io.tidemark.systemtests;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Transactions 1, 2, 3, … through the ledgers of all disks of some guests, each step after the one before was acknowledged; on a virtual
 * thread, from its making until it is closed. Notes how long the guests made it wait.
 */
final class AppendingLoad implements AutoCloseable {
    private final List<SampleVm> guests;
    private final int disks;
    private final long pauseNanos;
    private final ReentrantLock writing = new ReentrantLock(true);
    private final Thread writer;
    private volatile long transactions;
    private volatile boolean stopped;
    private volatile @Nullable Exception failure;
    private long longestNanos;

    /** @param disks of each guest */
    AppendingLoad(List<SampleVm> guests, int disks, Duration pause) {
        this.guests = List.copyOf(guests);
        this.disks = disks;
        this.pauseNanos = pause.toNanos();
        this.writer = Thread.ofVirtual().name("load").start(this::run);
    }

    private void run() {
        try {
            while (!stopped) {
                writing.lock();
                try {
                    transaction(transactions + 1);
                } finally {
                    writing.unlock();
                }
                LockSupport.parkNanos(pauseNanos);
            }
        } catch (ProviderException | RuntimeException failed) {
            failure = failed;
        }
    }

    private void transaction(long number) throws ProviderException {
        for (SampleVm guest : guests) {
            for (int disk = 0; disk < disks; disk++) {
                long since = System.nanoTime();
                guest.append(disk, number, Deadline.after(Polling.PATIENCE));
                longestNanos = Math.max(longestNanos, System.nanoTime() - since);
            }
        }
        transactions = number;
    }

    /** How many were completed. */
    long transactions() {
        requireAlive();
        return transactions;
    }

    void requireAlive() {
        Exception failed = failure;
        if (failed != null) {
            throw new AssertionError("a guest failed a write after transaction " + transactions, failed);
        }
    }

    /** The longest that one write took since this was asked last. */
    Duration longestWrite() {
        writing.lock();
        try {
            requireAlive();
            Duration longest = Duration.ofNanos(longestNanos);
            longestNanos = 0;
            return longest;
        } finally {
            writing.unlock();
        }
    }

    /** Does something between two transactions. */
    <T> T whileQuiet(Callable<T> work) throws Exception {
        writing.lock();
        try {
            requireAlive();
            return work.call();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        writer.join();
        requireAlive();
    }
}
