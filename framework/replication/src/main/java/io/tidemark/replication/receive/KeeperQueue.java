package io.tidemark.replication.receive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits for a journal's keeper: frames of lanes, bounded by their bytes, and tasks. Filled by any thread, emptied by the keeper's. Frames are
 * copied to buffers that are used again, so that a steady stream makes no garbage.
 */
final class KeeperQueue {
    private static final long CAPACITY_BYTES = 8 << 20;

    /** One round's worth: what becomes durable together, while the next one gathers. */
    private static final long ROUND_BYTES = CAPACITY_BYTES / 2;

    /** A batch of the default size with its tables; longer frames are rare and get a buffer of their own. */
    private static final int BUFFER_BYTES = 288 << 10;

    private final Path folder;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Condition taken = lock.newCondition();

    // Guarded by the lock.
    private final Deque<Work> queue = new ArrayDeque<>();
    private final Deque<ByteBuffer> spare = new ArrayDeque<>();
    private long queuedBytes;
    private boolean closed;

    /** @param folder of the journal, for messages */
    KeeperQueue(Path folder) {
        this.folder = folder;
    }

    /** Something to do for the keeper. */
    sealed interface Work {
        /** What a lane sent; {@link #recycle} takes the bytes back. */
        record Frame(InboundLane from, ByteBuffer bytes) implements Work {}

        record Task(CompletableFuture<Void> done, JournalKeeper.JournalTask task) implements Work {}
    }

    /** Copies a frame; blocks the transport's thread while the queue is full, which slows the sender down. */
    void add(InboundLane from, ByteBuffer frame) {
        ByteBuffer copy = buffer(frame.remaining()).put(frame).flip();
        lock.lock();
        try {
            while (queuedBytes >= CAPACITY_BYTES && !closed) {
                taken.awaitUninterruptibly();
            }
            if (!closed) {
                queue.add(new Work.Frame(from, copy));
                queuedBytes += copy.remaining();
                arrived.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private ByteBuffer buffer(int lengthBytes) {
        if (lengthBytes > BUFFER_BYTES) {
            return ByteBuffer.allocate(lengthBytes);
        }
        lock.lock();
        try {
            ByteBuffer free = spare.poll();
            if (free != null) {
                return free.clear();
            }
        } finally {
            lock.unlock();
        }
        return ByteBuffer.allocate(BUFFER_BYTES);
    }

    /** Takes back the buffers of a round's frames, which nobody may use any more, and empties the round. */
    void recycle(List<Work> round) {
        lock.lock();
        try {
            for (Work work : round) {
                if (work instanceof Work.Frame(InboundLane from, ByteBuffer bytes)
                        && bytes.capacity() == BUFFER_BYTES
                        && (long) spare.size() * BUFFER_BYTES < CAPACITY_BYTES) {
                    spare.add(bytes);
                }
            }
        } finally {
            lock.unlock();
        }
        round.clear();
    }

    /** Runs a task on the keeper's thread, after everything queued before it, and waits for it. */
    void call(JournalKeeper.JournalTask task) throws IOException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        lock.lock();
        try {
            if (closed) {
                throw new IOException("the journal in " + folder + " is closed");
            }
            queue.add(new Work.Task(done, task));
            arrived.signal();
        } finally {
            lock.unlock();
        }
        try {
            done.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException("work on the journal in " + folder + " failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the journal in " + folder, e);
        }
    }

    /**
     * Takes the next work: at most one round's bytes, and at most one task, which ends a round since nothing that was queued after it may overtake
     * it.
     *
     * @param wait whether to wait for some; otherwise the round may stay empty
     * @return false once the queue was closed
     */
    boolean take(List<Work> round, boolean wait) {
        lock.lock();
        try {
            while (wait && queue.isEmpty() && !closed) {
                arrived.awaitUninterruptibly();
            }
            if (closed) {
                refuseTasks();
                return false;
            }
            long bytes = 0;
            while (!queue.isEmpty() && bytes < ROUND_BYTES) {
                Work work = queue.remove();
                round.add(work);
                if (work instanceof Work.Task) {
                    break;
                }
                bytes += ((Work.Frame) work).bytes().remaining();
            }
            queuedBytes -= bytes;
            taken.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void refuseTasks() {
        for (Work work : queue) {
            if (work instanceof Work.Task task) {
                task.done().completeExceptionally(new IOException("the journal in " + folder + " is closing"));
            }
        }
        queue.clear();
        spare.clear();
    }

    /** Nothing is taken any more; whoever waits is told. Idempotent. */
    void close() {
        lock.lock();
        try {
            closed = true;
            arrived.signalAll();
            taken.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
