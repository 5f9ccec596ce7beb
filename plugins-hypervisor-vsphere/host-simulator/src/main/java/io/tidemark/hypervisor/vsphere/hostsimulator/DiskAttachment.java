package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.protocol.AttachMode;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachmentState;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import io.tidemark.hypervisor.vsphere.filter.protocol.GapCause;
import io.tidemark.hypervisor.vsphere.filter.protocol.MalformedFrameException;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.hypervisor.vsphere.filter.protocol.MessageWriter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A filter's hold on one disk: what it was handed and has not completed, whatever happens to its connections. Any thread.
 *
 * <pre>
 *             ┌─▶ connected ──connection lost──▶ waiting ─┐
 *   attach ───┤        ▲                           │      │ a write waits longer than the limit,
 *             │        └──────────resume───────────┘      │ or there is no saying what the disk holds
 *             └──────────────────────────────────────────▶ broken: holds nothing back, for good
 * </pre>
 *
 * <p>The law: no command is acknowledged to the guest before it is completed by the filter or the attachment is broken.
 */
final class DiskAttachment {
    /** Answers of {@link #tryIssue}; sequences are greater. */
    static final long NOT_HELD = 0;

    static final long NO_ROOM = -1;

    private static final Logger LOG = LoggerFactory.getLogger(DiskAttachment.class);

    private final long id;
    private final UUID client;
    private final SimulatedDisk disk;
    private final Message.Attach terms;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition progress = lock.newCondition();
    private final Deque<Pending> sent = new ArrayDeque<>();
    private final Deque<Pending> unsent = new ArrayDeque<>();
    private long pendingBytes;
    private int pendingEvents;
    private long issued;
    private long completed;
    private @Nullable FilterSession session;
    private @Nullable GapCause gap;
    private String detail = "";

    DiskAttachment(long id, UUID client, SimulatedDisk disk, Message.Attach terms, FilterSession session) {
        this.id = id;
        this.client = client;
        this.disk = disk;
        this.terms = terms;
        this.session = session;
    }

    long id() {
        return id;
    }

    SimulatedDisk disk() {
        return disk;
    }

    boolean isOf(UUID asking) {
        return client.equals(asking);
    }

    long limitNanos() {
        return terms.timeLimitMillis() * 1_000_000L;
    }

    boolean holds() {
        return terms.mode() == AttachMode.HOLD;
    }

    /**
     * Hands a change to the filter, under the disk's lock: so the order of sequences is the order in which changes take effect.
     *
     * @return its sequence, or that nothing is held, or that there is no room and the caller has to wait for some
     */
    long tryIssue(Change change) {
        lock.lock();
        try {
            if (gap != null) {
                return NOT_HELD;
            }
            if (!change.isCommand()) {
                if (pendingEvents >= FilterProtocol.MOST_EVENTS) {
                    breakLocked(GapCause.OVERFLOW, "more than " + FilterProtocol.MOST_EVENTS + " events wait");
                    return NOT_HELD;
                }
                pendingEvents++;
            } else if (!hasRoom(change)) {
                if (holds()) {
                    return NO_ROOM;
                }
                breakLocked(GapCause.OVERFLOW, "the window of " + terms.windowBytes() + " bytes is full");
                return NOT_HELD;
            } else {
                pendingBytes += change.windowBytes();
            }
            issued++;
            unsent.add(new Pending(
                    issued,
                    MessageWriter.frame(change.handed(id, issued)),
                    change.isCommand() ? change.windowBytes() : 0));
            if (session != null) {
                session.ready(this);
            }
            return issued;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for room in the window, until the deadline, which breaks the attachment, or until the VM loses its power. */
    void awaitRoom(Change change, long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = deadlineNanos - System.nanoTime();
            while (gap == null && !hasRoom(change) && disk.isPowered()) {
                if (left <= 0) {
                    giveUp();
                } else {
                    left = progress.awaitNanos(left);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the filter has completed a sequence, until the deadline, which breaks the attachment, or until the VM loses its power.
     *
     * @return whether the guest may be told that its command is done
     */
    boolean awaitCompletion(long sequence, long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = deadlineNanos - System.nanoTime();
            while (gap == null && completed < sequence && disk.isPowered()) {
                if (left <= 0) {
                    giveUp();
                } else {
                    left = progress.awaitNanos(left);
                }
            }
            return gap != null || completed >= sequence;
        } finally {
            lock.unlock();
        }
    }

    /** Whoever waits looks again whether there is power. */
    void powerChanged() {
        lock.lock();
        try {
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The filter has completed everything up to a sequence. */
    void complete(long upto) throws MalformedFrameException {
        lock.lock();
        try {
            if (gap != null) {
                return;
            }
            long handedOut = sent.isEmpty() ? completed : sent.getLast().sequence;
            if (upto > handedOut) {
                throw new MalformedFrameException(
                        "sequence " + upto + " of disk " + disk.id() + " was completed before it was handed out");
            }
            while (!sent.isEmpty() && sent.getFirst().sequence <= upto) {
                Pending done = sent.removeFirst();
                pendingBytes -= done.windowBytes;
                pendingEvents -= done.windowBytes == 0 ? 1 : 0;
                completed = done.sequence;
            }
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Goes on over another connection: hands out again what has not arrived there. */
    AttachmentState resume(FilterSession by, long received, long completedUpto) throws MalformedFrameException {
        lock.lock();
        try {
            long handedOut = sent.isEmpty() ? completed : sent.getLast().sequence;
            if (gap == null) {
                if (received > handedOut || completedUpto > received) {
                    throw new MalformedFrameException("sequences " + received + " and " + completedUpto + " of disk "
                            + disk.id() + " were not handed out");
                }
                complete(completedUpto);
                while (!sent.isEmpty() && sent.getLast().sequence > received) {
                    unsent.addFirst(sent.removeLast());
                }
                session = by;
            }
            return stateLocked();
        } finally {
            lock.unlock();
        }
    }

    /** The session takes what is waiting, after it has answered. */
    void resumed(FilterSession by) {
        lock.lock();
        try {
            if (session == by && !unsent.isEmpty()) {
                by.ready(this);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The connection is gone. */
    void parted(FilterSession from) {
        lock.lock();
        try {
            if (session == from) {
                session = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /** The next frame to send over this connection, if any. */
    byte @Nullable [] nextUnsent(FilterSession by) {
        lock.lock();
        try {
            if (session != by || unsent.isEmpty()) {
                return null;
            }
            Pending next = unsent.removeFirst();
            sent.addLast(next);
            if (!unsent.isEmpty()) {
                by.ready(this);
            }
            return next.frame;
        } finally {
            lock.unlock();
        }
    }

    AttachmentState state() {
        lock.lock();
        try {
            return stateLocked();
        } finally {
            lock.unlock();
        }
    }

    /** Holds nothing back from now on, and says so to the filter. Only the first cause counts. */
    void breakOff(GapCause cause, String why) {
        lock.lock();
        try {
            breakLocked(cause, why);
        } finally {
            lock.unlock();
        }
    }

    /** Ends as the filter asked: nobody is told. */
    void detach() {
        lock.lock();
        try {
            session = null;
            breakLocked(GapCause.UNKNOWN, "the filter detached");
        } finally {
            lock.unlock();
        }
    }

    /** The guest has waited long enough. */
    private void giveUp() {
        String limit = terms.timeLimitMillis() + " ms";
        if (session == null) {
            breakLocked(
                    GapCause.FILTER_LOST, "the filter was not connected within the " + limit + " that a write waits");
        } else {
            breakLocked(GapCause.FILTER_SLOW, "the filter did not complete a write within " + limit);
        }
    }

    private boolean hasRoom(Change change) {
        return pendingBytes == 0 || pendingBytes + change.windowBytes() <= terms.windowBytes();
    }

    private void breakLocked(GapCause cause, String why) {
        if (gap != null) {
            return;
        }
        gap = cause;
        detail = why;
        sent.clear();
        unsent.clear();
        pendingBytes = 0;
        pendingEvents = 0;
        progress.signalAll();
        LOG.atInfo()
                .addKeyValue("disk", disk.id())
                .addKeyValue("cause", cause)
                .addKeyValue("issued", issued)
                .addKeyValue("completed", completed)
                .log("A filter lost the continuity of a disk: {}", why);
        if (session != null) {
            session.tell(new Message.Gap(stateLocked()));
            session = null;
        }
    }

    private AttachmentState stateLocked() {
        return new AttachmentState(
                id, Optional.ofNullable(gap), issued, completed, disk.isPowered(), disk.powerOns(), detail);
    }

    /** Handed out, or to be; kept as the frame that it was or will be. */
    private static final class Pending {
        private final long sequence;
        private final byte[] frame;
        private final long windowBytes;

        Pending(long sequence, byte[] frame, long windowBytes) {
            this.sequence = sequence;
            this.frame = frame;
            this.windowBytes = windowBytes;
        }
    }
}
