package io.tidemark.replication.tracking;

import io.tidemark.spi.id.VmId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Whose turn it is to freeze a VM: never two freezes of one VM at a time, and none sooner after the one before than its hypervisor bears,
 * in however many VPGs the VM is. Turns are taken for all VMs of a VPG at once, first come, first served; so nobody waits for ever. Any
 * thread.
 */
public final class FreezeTurns {
    private static final long LOOK_AGAIN_MILLIS = 100;
    /** A turn is given up for another VPG that waits once it lasts this many intervals. */
    private static final int SHARED_INTERVALS = 5;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Turn> waiting = new ArrayList<>();
    private final Set<VmId> busy = new HashSet<>();
    private final Map<VmId, Long> frozenAtNanos = new HashMap<>();

    /** The right to freeze some VMs, until it is closed. */
    final class Turn implements AutoCloseable {
        private final Set<VmId> vms;
        private final Map<VmId, Duration> intervals;
        private long begunAtNanos;

        private Turn(Map<VmId, Duration> intervals) {
            this.vms = Set.copyOf(intervals.keySet());
            this.intervals = Map.copyOf(intervals);
        }

        /** A VM of this turn is frozen now: counts the interval from here. */
        void frozen(VmId vm) {
            lock.lock();
            try {
                frozenAtNanos.put(vm, System.nanoTime());
            } finally {
                lock.unlock();
            }
        }

        /** Whether it has lasted long, and another VPG waits for one of its VMs: a slow link must not cost that one its recovery points. */
        boolean isOverdue() {
            lock.lock();
            try {
                Duration longest = intervals.values().stream()
                        .max(Duration::compareTo)
                        .orElse(Duration.ZERO)
                        .multipliedBy(SHARED_INTERVALS);
                return System.nanoTime() - begunAtNanos > longest.toNanos()
                        && waiting.stream().anyMatch(other -> other.vms.stream().anyMatch(vms::contains));
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                busy.removeAll(vms);
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Waits for a turn.
     *
     * @param intervals the VMs, each with the shortest time between two freezes of it
     * @param givenUp asked now and then while waiting
     * @return empty when given up
     */
    Optional<Turn> take(Map<VmId, Duration> intervals, BooleanSupplier givenUp) throws InterruptedException {
        Turn turn = new Turn(intervals);
        lock.lock();
        try {
            waiting.add(turn);
            while (!mayBegin(turn)) {
                if (givenUp.getAsBoolean()) {
                    return Optional.empty();
                }
                // Early or late, the loop looks again.
                var _ = changed.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
            }
            busy.addAll(turn.vms);
            turn.begunAtNanos = System.nanoTime();
            return Optional.of(turn);
        } finally {
            waiting.remove(turn);
            changed.signalAll();
            lock.unlock();
        }
    }

    private boolean mayBegin(Turn turn) {
        for (Turn earlier : waiting) {
            if (earlier.equals(turn)) {
                break;
            }
            if (earlier.vms.stream().anyMatch(turn.vms::contains)) {
                return false;
            }
        }
        return turn.vms.stream().noneMatch(busy::contains)
                && untilDue(turn.intervals).isZero();
    }

    /** How long until the hypervisors bear the next freeze of all these VMs. */
    Duration untilDue(Map<VmId, Duration> intervals) {
        lock.lock();
        try {
            long now = System.nanoTime();
            long longest = 0;
            for (Map.Entry<VmId, Duration> vm : intervals.entrySet()) {
                Long last = frozenAtNanos.get(vm.getKey());
                if (last != null) {
                    longest = Math.max(longest, vm.getValue().toNanos() - (now - last));
                }
            }
            return Duration.ofNanos(longest);
        } finally {
            lock.unlock();
        }
    }
}
