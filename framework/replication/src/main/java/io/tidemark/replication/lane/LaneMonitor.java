package io.tidemark.replication.lane;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A lane's lock and the three things its threads wait for. Held for memory work only, never across I/O. */
final class LaneMonitor {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition sendWork = lock.newCondition();
    private final Condition syncWork = lock.newCondition();
    private final Condition acknowledgement = lock.newCondition();

    /** What a thread of a lane waits for. */
    enum Wait {
        /** Something to send, an answer, room in the channel, or the end. */
        SEND,
        /** A new phase, dirty blocks, room in memory, or the end. */
        SYNC,
        /** More is durable at the recovery site. */
        ACKNOWLEDGEMENT
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    private Condition condition(Wait wait) {
        return switch (wait) {
            case SEND -> sendWork;
            case SYNC -> syncWork;
            case ACKNOWLEDGEMENT -> acknowledgement;
        };
    }

    /** Wakes the waiting threads; the lock is held. */
    void signal(Wait wait) {
        condition(wait).signalAll();
    }

    /** Wakes the sender and the sync; the lock is held. */
    void signalAll() {
        sendWork.signalAll();
        syncWork.signalAll();
    }

    /** Waits until it is signalled, at most so long; may return early, callers look again. The lock is not held. */
    @SuppressWarnings("WaitNotInLoop") // the loop is the caller's: what it looks at is more than this lock guards
    void await(Wait wait, long nanos) throws InterruptedException {
        lock.lock();
        try {
            condition(wait).awaitNanos(nanos);
        } finally {
            lock.unlock();
        }
    }
}
