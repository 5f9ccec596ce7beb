package io.tidemark.transport.tcp;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.TransportChannel;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a channel still has to send: data frames up to a number of bytes, the newest acknowledgement, a ping, and the last word. Filled by
 * any thread without blocking, emptied by the channel's writer.
 */
final class Outbox {
    private final long limitBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Deque<Item.Data> data = new ArrayDeque<>();
    private long queuedBytes;
    private long lastPosition = Long.MIN_VALUE;
    private boolean someoneWaits;
    private long acknowledged = Long.MIN_VALUE;
    private boolean acknowledgementWaits;
    private boolean pingWaits;
    private boolean finished;
    private Optional<Item> lastWord = Optional.empty();

    Outbox(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    TransportChannel.Offer offer(long position, ByteBuffer frame) {
        lock.lock();
        try {
            if (finished) {
                return TransportChannel.Offer.CLOSED;
            }
            if (position < lastPosition) {
                throw new IllegalArgumentException("positions never shrink: " + position + " after " + lastPosition);
            }
            Item.Data item = new Item.Data(position, frame.asReadOnlyBuffer());
            // A frame longer than the whole buffer has to fit when nothing else is queued, or it never would.
            if (queuedBytes > 0 && queuedBytes + item.weightBytes() > limitBytes) {
                someoneWaits = true;
                return TransportChannel.Offer.BACK_PRESSURE;
            }
            lastPosition = position;
            queuedBytes += item.weightBytes();
            data.add(item);
            work.signal();
            return TransportChannel.Offer.ACCEPTED;
        } finally {
            lock.unlock();
        }
    }

    void acknowledge(long position) {
        lock.lock();
        try {
            if (position > acknowledged) {
                acknowledged = position;
                acknowledgementWaits = true;
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    void ping() {
        lock.lock();
        try {
            pingWaits = true;
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Drops what is queued and lets the writer end: after a BYE, after telling the peer what is wrong, or without a word. */
    void finish(LastWord word, Optional<ProviderException> failure) {
        lock.lock();
        try {
            if (finished) {
                return;
            }
            finished = true;
            data.clear();
            lastWord = switch (word) {
                case BYE -> Optional.of(new Item.Bye());
                case REFUSE -> failure.map(Item.Refuse::new);
                case NONE -> Optional.empty();
            };
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Next thing to send; waits for one. Empty at the end. */
    Optional<Item> take() {
        lock.lock();
        try {
            while (true) {
                if (finished) {
                    Optional<Item> word = lastWord;
                    lastWord = Optional.empty();
                    return word;
                }
                if (acknowledgementWaits) {
                    acknowledgementWaits = false;
                    return Optional.of(new Item.Ack(acknowledged));
                }
                Item.Data frame = data.poll();
                if (frame != null) {
                    return Optional.of(frame);
                }
                if (pingWaits) {
                    pingWaits = false;
                    return Optional.of(new Item.Ping());
                }
                work.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether nothing waits, so that what is written should be flushed now. */
    boolean idle() {
        lock.lock();
        try {
            return data.isEmpty() && !acknowledgementWaits && !finished;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A data frame left for the network.
     *
     * @return whether somebody who met back-pressure is to be told that there is room
     */
    boolean sent(Item.Data frame) {
        lock.lock();
        try {
            queuedBytes -= frame.weightBytes();
            // At half and not at once, so that a sender gets some way before it meets back-pressure again.
            boolean tell = someoneWaits && !finished && queuedBytes <= limitBytes / 2;
            someoneWaits &= !tell;
            return tell;
        } finally {
            lock.unlock();
        }
    }

    /** How a channel takes leave. */
    enum LastWord {
        BYE,
        REFUSE,
        NONE
    }

    /** Something to send. */
    sealed interface Item {
        /** A frame of the host. */
        record Data(long position, ByteBuffer frame) implements Item {
            long weightBytes() {
                return frame.remaining() + (long) FrameHeader.BYTES;
            }
        }

        /** What is durable here. */
        record Ack(long position) implements Item {}

        /** A sign of life. */
        record Ping() implements Item {}

        /** The end, in peace. */
        record Bye() implements Item {}

        /** The end, with the reason. */
        record Refuse(ProviderException failure) implements Item {}
    }
}
