package io.tidemark.spi.transport;

import java.nio.ByteBuffer;

/**
 * One ordered stream of frames in each direction. Safe for use by several threads; frames go out in the order of the offers.
 *
 * <p>A frame is at most {@link #MAX_FRAME_BYTES} long. A channel never reconnects: after {@link ChannelHandler#onClosed} open a new one.
 */
public interface TransportChannel extends AutoCloseable {
    /** Longest frame, in bytes. */
    int MAX_FRAME_BYTES = 4 << 20;

    /**
     * Hands over one frame without blocking.
     *
     * @param position the sender's position after this frame; grows or stays the same from frame to frame
     * @param frame must not be changed by the caller until the channel has closed or the position was acknowledged
     */
    Offer offer(long position, ByteBuffer frame);

    /** Tells the peer that everything up to {@code position} is durable here. Never blocks; later calls replace earlier ones not yet sent. */
    void acknowledge(long position);

    PeerFingerprint peer();

    /** Closes without waiting for what is still queued. Idempotent; never throws; {@code onClosed} follows once. */
    @Override
    void close();

    /** Answer to an offer. */
    enum Offer {
        ACCEPTED,
        /** Not taken; {@link ChannelHandler#onWritable} says when to try again. */
        BACK_PRESSURE,
        CLOSED
    }
}
