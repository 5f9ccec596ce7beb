package io.tidemark.transport.tcp;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread that looks after everything of a transport that has a time limit. */
final class Watchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition change = lock.newCondition();
    private final long tickNanos;
    private boolean closed;

    Watchdog(ThreadFactory threads, long tickNanos) {
        this.tickNanos = tickNanos;
        threads.newThread(this::run).start();
    }

    void add(Watched one) {
        watched.add(one);
    }

    void remove(Watched one) {
        watched.remove(one);
        lock.lock();
        try {
            change.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until nothing is watched any more, or the time is over. */
    void awaitNothing(long timeoutNanos) {
        long endNanos = System.nanoTime() + timeoutNanos;
        lock.lock();
        try {
            while (!watched.isEmpty() && System.nanoTime() - endNanos < 0) {
                change.awaitNanos(endNanos - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Ends what is not a channel yet, for which no leave has to be taken. */
    void cutOpenings() {
        watched.stream().filter(Opening.class::isInstance).forEach(Watched::cut);
    }

    void cutAll() {
        watched.forEach(Watched::cut);
    }

    private void run() {
        while (pause()) {
            long nowNanos = System.nanoTime();
            for (Watched one : watched) {
                try {
                    one.look(nowNanos);
                } catch (RuntimeException e) {
                    LOG.atError().setCause(e).log("A look at a connection failed; the others are looked after still");
                }
            }
        }
    }

    private boolean pause() {
        long endNanos = System.nanoTime() + tickNanos;
        lock.lock();
        try {
            while (!closed && System.nanoTime() - endNanos < 0) {
                change.awaitNanos(endNanos - System.nanoTime());
            }
            return !closed;
        } catch (InterruptedException e) {
            // Nobody has a reason to; ending early would leave dead peers undetected.
            LOG.atWarn().setCause(e).log("The transport's watchdog was interrupted and goes on");
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            change.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Something with a time limit. */
    interface Watched {
        /** Called about every tick. Must not block. */
        void look(long nowNanos);

        /** Ends it at once. */
        void cut();
    }

    /** A connection that is being opened. */
    static final class Opening implements Watched {
        private final SocketCut cut;
        private final long deadlineNanos;
        private volatile boolean late;

        Opening(SocketCut cut, long deadlineNanos) {
            this.cut = cut;
            this.deadlineNanos = deadlineNanos;
        }

        boolean late() {
            return late;
        }

        @Override
        public void look(long nowNanos) {
            if (nowNanos - deadlineNanos > 0) {
                late = true;
                cut.cut();
            }
        }

        @Override
        public void cut() {
            cut.cut();
        }
    }

    /** Cuts a connection. */
    @FunctionalInterface
    interface SocketCut {
        void cut();
    }
}
