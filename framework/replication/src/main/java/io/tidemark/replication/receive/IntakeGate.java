package io.tidemark.replication.receive;

import io.tidemark.journal.HistoryLimits;
import io.tidemark.journal.HistoryLimits.WhenFull;
import io.tidemark.replication.receive.VpgRoom.Intake;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Decides how fast the journals of a VPG take what lanes send when room becomes scarce and history is not what gives way.
 *
 * <pre>
 *            used ≥ 90 % (SLOW)               used ≥ 100 % (STOP)
 *   OPEN ─────────────────────▶ SLOWED  OPEN ─────────────────────▶ STOPPED
 *        ◀─────────────────────              ◀─────────────────────
 *            used &lt; 88 %                      used &lt; 95 %
 * </pre>
 *
 * <p>A slowed lane's frames wait here, on the transport's thread: the transport then holds its sender back, whose memory fills, and who turns to
 * its bitmap; the guest never waits. A stopped lane is refused with the reason and connects again and again until there is room. Frames are
 * counted, so that room is measured again when what was there may be used up, and not only from time to time. Called by any thread.
 */
final class IntakeGate {
    private static final double SLOW_FROM = 0.9;
    private static final double SLOW_UNTIL = 0.88;
    private static final double STOP_UNTIL = 0.95;
    /** Of the rate at which the wanted history fits: at the beginning of slowness, and when the limit is reached. */
    private static final double FIRST_FACTOR = 4;

    private static final double LAST_FACTOR = 0.5;
    /** A VPG is never slower than this: its checkpoints, by which history ages and room comes, have to get through. */
    private static final double MIN_BYTES_PER_SECOND = 256 << 10;

    private static final long MIN_BYTES_UNTIL_MEASURED = 1 << 20;
    /** Room is measured again after this part of the limit at the latest. */
    private static final long LIMIT_PARTS = 1_000;

    private final Runnable measure;
    private final AtomicLong bytesUntilMeasured = new AtomicLong(Long.MAX_VALUE);
    private final AtomicBoolean measuring = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile Intake intake = Intake.OPEN;
    // Guarded by the lock.
    private double bytesPerSecond;
    private long nextNanos = System.nanoTime();
    private boolean closed;

    /** @param measure measures the room and gives it to {@link #judge}; run on a thread of its own, one at a time */
    IntakeGate(Runnable measure) {
        this.measure = measure;
    }

    Intake intake() {
        return intake;
    }

    /** Takes in what was measured. @return the state from now on */
    Intake judge(long usedBytes, HistoryLimits limits, double sustainableBytesPerSecond) {
        double part = limits.maxBytes() == VpgRoom.UNLIMITED ? 0 : usedBytes / (double) limits.maxBytes();
        lock.lock();
        try {
            intake = switch (limits.whenFull()) {
                case SHORTEN -> Intake.OPEN;
                case SLOW -> part >= (intake == Intake.SLOWED ? SLOW_UNTIL : SLOW_FROM) ? Intake.SLOWED : Intake.OPEN;
                case STOP -> part >= (intake == Intake.STOPPED ? STOP_UNTIL : 1) ? Intake.STOPPED : Intake.OPEN;
            };
            double near = Math.clamp((part - SLOW_FROM) / (1 - SLOW_FROM), 0, 1);
            double factor = FIRST_FACTOR - (FIRST_FACTOR - LAST_FACTOR) * near;
            bytesPerSecond = Math.max(MIN_BYTES_PER_SECOND, sustainableBytesPerSecond * factor);
            bytesUntilMeasured.set(untilMeasured(usedBytes, limits));
            changed.signalAll();
            return intake;
        } finally {
            lock.unlock();
        }
    }

    private static long untilMeasured(long usedBytes, HistoryLimits limits) {
        if (limits.maxBytes() == VpgRoom.UNLIMITED || limits.whenFull() == WhenFull.SHORTEN) {
            return Long.MAX_VALUE;
        }
        long threshold =
                limits.whenFull() == WhenFull.STOP ? limits.maxBytes() : (long) (limits.maxBytes() * SLOW_FROM);
        long least = Math.max(MIN_BYTES_UNTIL_MEASURED, limits.maxBytes() / LIMIT_PARTS);
        return Math.max(least, threshold - usedBytes);
    }

    /**
     * Lets a frame of this many bytes through, after its turn has come.
     *
     * @return false when nothing may be taken now
     */
    boolean admit(int bytes) {
        if (intake == Intake.STOPPED) {
            return false;
        }
        if (bytesUntilMeasured.addAndGet(-bytes) < 0 && measuring.compareAndSet(false, true)) {
            Thread.ofVirtual().name("journal-room").start(() -> {
                try {
                    measure.run();
                } finally {
                    measuring.set(false);
                }
            });
        }
        if (intake == Intake.SLOWED) {
            awaitTurn(bytes);
        }
        return true;
    }

    private void awaitTurn(int bytes) {
        lock.lock();
        try {
            long now = System.nanoTime();
            nextNanos = Math.max(nextNanos, now) + (long) (bytes / bytesPerSecond * 1e9);
            // Frames are small, and each waits for its turn at the rate of its arrival.
            long left = nextNanos - now;
            while (left > 0 && intake == Intake.SLOWED && !closed) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // A transport that interrupts its threads wants them to go on.
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
