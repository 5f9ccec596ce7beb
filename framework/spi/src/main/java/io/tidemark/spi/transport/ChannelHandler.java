package io.tidemark.spi.transport;

import io.tidemark.spi.error.ProviderException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Hears a channel. Implemented by the host; called by one thread at a time. */
public interface ChannelHandler {
    /**
     * One frame. The transport reads no further frame of this channel until this returns: that is the back-pressure towards the peer.
     *
     * @param frame valid during the call only
     */
    void onFrame(long position, ByteBuffer frame);

    /** The peer has everything up to {@code position} durable. */
    void onAcknowledged(long position);

    /** Room again after an offer met back-pressure. */
    void onWritable();

    /** The last call. Empty when one side closed in peace. */
    void onClosed(Optional<ProviderException> cause);
}
