package io.tidemark.server.peer;

import io.tidemark.spi.transport.TransportChannel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/** The outgoing side of one channel: keeps messages in order while the transport has no room. Safe for use by several threads. */
final class FrameSender {
    /** Messages waiting for room; a peer that reads none of them is cut off rather than fed from ever more memory. */
    private static final long MAX_WAITING_BYTES = 32L << 20;

    private final TransportChannel channel;
    private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private long position;

    FrameSender(TransportChannel channel) {
        this.channel = channel;
    }

    /** Whether a message of that many bytes can be sent at all. */
    static boolean fits(byte[] message) {
        return message.length <= TransportChannel.MAX_FRAME_BYTES;
    }

    /** Sends or queues one message. {@code CLOSED} when the channel is gone; never {@code BACK_PRESSURE}. */
    synchronized TransportChannel.Offer send(byte[] message) {
        if (waitingBytes + message.length > MAX_WAITING_BYTES) {
            channel.close();
            return TransportChannel.Offer.CLOSED;
        }
        waiting.add(ByteBuffer.wrap(message));
        waitingBytes += message.length;
        return drain();
    }

    /** There is room again. */
    synchronized void onWritable() {
        drain();
    }

    private TransportChannel.Offer drain() {
        while (!waiting.isEmpty()) {
            ByteBuffer next = waiting.element();
            int bytes = next.remaining();
            TransportChannel.Offer answer = channel.offer(position + 1, next);
            if (answer != TransportChannel.Offer.ACCEPTED) {
                return answer == TransportChannel.Offer.CLOSED ? answer : TransportChannel.Offer.ACCEPTED;
            }
            position++;
            waiting.remove();
            waitingBytes -= bytes;
        }
        return TransportChannel.Offer.ACCEPTED;
    }

    static String decode(ByteBuffer frame) {
        return StandardCharsets.UTF_8.decode(frame).toString();
    }
}
