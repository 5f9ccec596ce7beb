package io.tidemark.replication.tracking;

import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where a VPG's driver and those who want checkpoints meet: the frozen state that the lanes end with, if they do, and what is wanted of the next
 * one. Cuts happen under its lock, and a round takes the state away before it begins; so a barrier never goes into lanes of two rounds.
 */
final class FrozenState {
    /** Who asked for a fresh state cuts a checkpoint of it, whoever cut one before; until then no round takes it away. */
    private static final Duration FRESH_KEPT = Duration.ofSeconds(5);

    private final TrackedVpg.Cutter cutter;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** The moment of the state; null while the lanes do not end with one. */
    private @Nullable Instant held;

    private boolean cut;
    private boolean freshAsked;
    private @Nullable Deadline freshKept;
    private @Nullable Order order;
    /** Freezes that began; by it one who asks knows a freeze that began later. */
    private long begun;

    private long heldNumber;
    private boolean wake;
    private boolean closed;

    FrozenState(TrackedVpg.Cutter cutter) {
        this.cutter = cutter;
    }

    /** A checkpoint that somebody waits for. Guarded by the lock. */
    static final class Order {
        private final Wanted wanted;
        private @Nullable Instant takenAt;
        private boolean givenUp;

        private Order(Wanted wanted) {
            this.wanted = wanted;
        }

        Wanted wanted() {
            return wanted;
        }
    }

    /** A freeze that begins: its number, and the checkpoint that was asked for of it. */
    record Freeze(long number, Optional<Order> order) {}

    // ---- for those who want checkpoints ----------------------------------------------------------------------------

    /** Cuts a checkpoint of the state, once; returns the state's moment. */
    Optional<Instant> cut(Wanted checkpoint) {
        lock.lock();
        try {
            Instant takenAt = held;
            if (takenAt == null || (cut && !isKept()) || !cutter.cut(takenAt, checkpoint)) {
                return Optional.empty();
            }
            cut = true;
            wake = true;
            changed.signalAll();
            return Optional.of(takenAt);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a freeze that begins after this call and makes the checkpoint of it; returns its moment, or empty when none began in time. */
    Optional<Instant> order(Wanted checkpoint, Deadline limit) {
        Order mine = new Order(checkpoint);
        lock.lock();
        try {
            if (order != null) {
                return Optional.empty();
            }
            order = mine;
            wake = true;
            changed.signalAll();
            while (mine.takenAt == null && !closed && !limit.passed()) {
                // Woken early or late, the loop looks again.
                var _ = changed.awaitNanos(limit.remaining().toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            mine.givenUp = mine.takenAt == null;
            if (mine.givenUp && mine.equals(order)) {
                order = null;
            }
            lock.unlock();
        }
        return Optional.ofNullable(mine.takenAt);
    }

    /** Waits until the lanes end with a state that was frozen after this call; returns whether they do. */
    boolean awaitFresh(Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            long before = begun;
            freshAsked = true;
            wake = true;
            changed.signalAll();
            while (held == null || heldNumber <= before) {
                if (closed || deadline.passed()) {
                    return false;
                }
                var _ = changed.awaitNanos(deadline.remaining().toNanos());
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    // ---- for the driver --------------------------------------------------------------------------------------------

    /** Whether the next freeze is wanted: this state was cut, there is none, or somebody waits for a later one. */
    boolean isUsed() {
        lock.lock();
        try {
            return held == null || (cut && !isKept()) || order != null || freshAsked;
        } finally {
            lock.unlock();
        }
    }

    private boolean isKept() {
        return freshKept != null && !freshKept.passed();
    }

    /** A freeze begins, and the lanes leave the state that they ended with. */
    Freeze begin() {
        lock.lock();
        try {
            held = null;
            freshKept = null;
            Optional<Order> served = Optional.ofNullable(order);
            order = null;
            begun++;
            return new Freeze(begun, served);
        } finally {
            lock.unlock();
        }
    }

    /** It failed: who waits, goes on waiting for the next one. */
    void failed(Freeze freeze) {
        lock.lock();
        try {
            if (order == null && freeze.order.isPresent() && !freeze.order.get().givenUp) {
                order = freeze.order.get();
            }
        } finally {
            lock.unlock();
        }
    }

    /** It was taken; returns the checkpoint that was promised of it, if any. */
    Optional<Wanted> taken(Freeze freeze, Instant takenAt) {
        lock.lock();
        try {
            Optional<Order> waiting = freeze.order.filter(each -> !each.givenUp);
            waiting.ifPresent(each -> each.takenAt = takenAt);
            changed.signalAll();
            return waiting.map(Order::wanted);
        } finally {
            lock.unlock();
        }
    }

    /** All lanes end with what it shows; the promised checkpoint is made. Returns false when a lane has lost it already. */
    boolean hold(Freeze freeze, Instant takenAt, Optional<Wanted> promised) {
        lock.lock();
        try {
            cut = promised.isPresent() && cutter.cut(takenAt, promised.get());
            held = takenAt;
            heldNumber = freeze.number;
            if (freshAsked) {
                freshAsked = false;
                freshKept = Deadline.after(FRESH_KEPT);
            }
            changed.signalAll();
            return promised.isEmpty() || cut;
        } finally {
            lock.unlock();
        }
    }

    /** A lane lost what it had. */
    void lose() {
        lock.lock();
        try {
            held = null;
        } finally {
            lock.unlock();
        }
    }

    /** Something changed: the driver looks again. */
    void wake() {
        lock.lock();
        try {
            wake = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void await(Duration atMost) throws InterruptedException {
        Deadline until = Deadline.after(atMost);
        lock.lock();
        try {
            while (!wake && !closed && !until.passed()) {
                var _ = changed.awaitNanos(until.remaining().toNanos());
            }
            wake = false;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            held = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
