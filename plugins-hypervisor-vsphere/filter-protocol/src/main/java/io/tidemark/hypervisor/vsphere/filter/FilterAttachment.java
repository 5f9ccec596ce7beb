package io.tidemark.hypervisor.vsphere.filter;

import io.tidemark.hypervisor.vsphere.filter.protocol.AttachmentState;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import io.tidemark.hypervisor.vsphere.filter.protocol.GapCause;
import io.tidemark.hypervisor.vsphere.filter.protocol.MalformedFrameException;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete.Upto;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This client's hold on one disk, over all its connections. One thread calls the listener; any thread completes, asks and closes.
 *
 * <p>Completions go to the host as "everything up to": one that is given out of order is kept until those before it are given.
 */
public final class FilterAttachment implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FilterAttachment.class);

    private final Link link;
    private final AttachSpec spec;
    private final Message.Attached attached;
    private final WriteListener listener;
    private final Thread delivery;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<Message.Handed> queue = new ArrayDeque<>();
    private final Set<Long> completedEarly = new HashSet<>();
    private long queuedBytes;
    private long received;
    private long delivered;
    private long completed;
    private long completedTold;
    private @Nullable AttachmentState gap;
    private boolean closed;

    FilterAttachment(Link link, AttachSpec spec, Message.Attached attached, WriteListener listener) {
        this.link = link;
        this.spec = spec;
        this.attached = attached;
        this.listener = listener;
        this.delivery = link.config().threads().apply("disk").newThread(this::deliver);
    }

    void start() {
        delivery.start();
    }

    long id() {
        return attached.attachment();
    }

    /** Id of the disk. */
    public String disk() {
        return spec.disk();
    }

    /** When it was attached. */
    public long sizeBytes() {
        return attached.sizeBytes();
    }

    /** Whether the VM ran when the disk was attached. */
    public boolean poweredAtStart() {
        return attached.powered();
    }

    /** How often the VM had been started when the disk was attached. */
    public int powerOnsAtStart() {
        return attached.powerOns();
    }

    /**
     * Lets the guest's write go on. Idempotent.
     *
     * @throws IllegalArgumentException when the listener was not handed this sequence yet
     */
    public void complete(long sequence) {
        lock.lock();
        try {
            if (sequence > delivered) {
                throw new IllegalArgumentException(
                        "sequence " + sequence + " of disk " + disk() + " was not handed out");
            }
            if (sequence != completed + 1) {
                if (sequence > completed) {
                    completedEarly.add(sequence);
                }
                return;
            }
            completed = sequence;
            while (!completedEarly.isEmpty() && completedEarly.remove(completed + 1)) {
                completed++;
            }
        } finally {
            lock.unlock();
        }
        link.completed(this);
    }

    /** Why the attachment has ended by itself, as far as this side knows. */
    public Optional<GapCause> gap() {
        lock.lock();
        try {
            return gap == null ? Optional.empty() : gap.gap();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Asks the host. When the answer has no gap, every write that the guest saw acknowledged before this call was completed by this client,
     * and the guest's disk has been through nothing that this client was not, or will not be, told of.
     *
     * @throws IOException when the host gives no answer within the deadline: then nothing is known
     */
    public AttachmentState status(Deadline deadline) throws IOException {
        lock.lock();
        try {
            if (gap != null) {
                return gap;
            }
            if (closed) {
                throw new IOException("the attachment to disk " + disk() + " is closed");
            }
        } finally {
            lock.unlock();
        }
        Message.State state =
                (Message.State) link.ask(number -> new Message.Status(number, id()), answer -> {}, deadline);
        if (state.state().gap().isPresent()) {
            lost(state.state());
        }
        return state.state();
    }

    /**
     * Detaches; the guest goes on. No listener call is made after return, unless one does not come back within the client's close limit.
     * Idempotent; may be called by the listener itself.
     */
    @Override
    public void close() {
        boolean toTell = letGo();
        Deadline deadline = Deadline.after(link.config().closeLimit());
        if (toTell && link.connected()) { // else the host finds out by itself when the guest writes
            try {
                link.ask(number -> new Message.Detach(number, id()), answer -> {}, deadline);
            } catch (IOException failed) {
                LOG.atInfo()
                        .addKeyValue("disk", disk())
                        .addKeyValue("cause", failed.toString())
                        .log("The host was not told that a disk is detached; its guest goes on after the time limit");
            }
        }
        awaitListener(deadline);
    }

    /**
     * Makes no further listener call.
     *
     * @return whether the host still holds the guest's writes for this attachment
     */
    boolean letGo() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            return link.attachments().remove(id(), this) && gap == null;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the listener has come back from its last call. */
    void awaitListener(Deadline deadline) {
        if (Thread.currentThread().equals(delivery) || delivery.getState() == Thread.State.NEW) {
            return;
        }
        try {
            if (!delivery.join(deadline.remaining().plusMillis(1))) {
                LOG.atError()
                        .addKeyValue("disk", disk())
                        .log("The listener of a detached disk is still at work; it should return at once");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** On the reading thread. */
    void arrived(Message.Handed handed) throws MalformedFrameException {
        lock.lock();
        try {
            if (closed || gap != null) {
                return;
            }
            if (handed.sequence() != received + 1) {
                throw new MalformedFrameException(
                        "sequence " + handed.sequence() + " of disk " + disk() + " came after " + received);
            }
            long bytes = bytesOf(handed);
            if (queuedBytes + bytes
                    > spec.windowBytes()
                            + FilterProtocol.MOST_WRITE_BYTES
                            + FilterProtocol.MOST_EVENTS * FilterProtocol.WINDOW_OVERHEAD_BYTES) {
                throw new MalformedFrameException(
                        "the host hands out more of disk " + disk() + " than its window takes");
            }
            received = handed.sequence();
            queuedBytes += bytes;
            queue.add(handed);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Continuity is lost; what has arrived is delivered still. */
    void lost(AttachmentState state) {
        lock.lock();
        try {
            if (gap == null) {
                gap = state;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        link.attachments().remove(id(), this);
    }

    Position position() {
        lock.lock();
        try {
            completedTold = completed;
            return new Position(received, completed);
        } finally {
            lock.unlock();
        }
    }

    /** What to tell the host, unless it knows. */
    Optional<Upto> takeCompleted() {
        lock.lock();
        try {
            if (completed == completedTold || gap != null) {
                return Optional.empty();
            }
            completedTold = completed;
            return Optional.of(new Upto(id(), completed));
        } finally {
            lock.unlock();
        }
    }

    private void deliver() {
        try {
            for (Message.Handed next = take(); next != null; next = take()) {
                handTo(next);
            }
            AttachmentState end = endToTell();
            if (end != null) {
                listener.onGap(this, end);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            abandon("its thread was interrupted", stopped);
        } catch (RuntimeException broken) {
            // A listener that throws breaks its contract; the guest must not pay for it, and the loss must not be
            // silent.
            abandon("its listener failed", broken);
        }
    }

    private void handTo(Message.Handed next) {
        switch (next) {
            case Message.Write write ->
                listener.onWrite(
                        this, write.sequence(), write.offset(), write.data().duplicate());
            case Message.Zero zero ->
                listener.onZero(this, zero.sequence(), zero.offset(), zero.lengthBytes(), zero.cause());
            case Message.Flush flush -> listener.onFlush(this, flush.sequence());
            case Message.Event event -> {
                listener.onEvent(this, event.event());
                complete(event.sequence());
            }
        }
    }

    private Message.@Nullable Handed take() throws InterruptedException {
        lock.lock();
        try {
            while (!closed && queue.isEmpty() && gap == null) {
                changed.await();
            }
            Message.Handed next = closed ? null : queue.poll();
            if (next != null) {
                queuedBytes -= bytesOf(next);
                delivered = next.sequence();
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable AttachmentState endToTell() {
        lock.lock();
        try {
            return closed ? null : gap;
        } finally {
            lock.unlock();
        }
    }

    private void abandon(String why, Exception cause) {
        LOG.atError().addKeyValue("disk", disk()).log("The capture of a disk ends: {}", why, cause);
        Position at = position();
        lost(new AttachmentState(
                id(),
                Optional.of(GapCause.LISTENER_FAILED),
                at.received(),
                at.completed(),
                false,
                0,
                why + ": " + cause));
        link.tell(number -> new Message.Detach(number, id()));
    }

    private static long bytesOf(Message.Handed handed) {
        return FilterProtocol.WINDOW_OVERHEAD_BYTES
                + (handed instanceof Message.Write write ? write.data().remaining() : 0);
    }

    /** Up to where things have come. */
    record Position(long received, long completed) {}
}
