package io.tidemark.spi.transport;

import io.tidemark.spi.error.ProviderException;

/** Decides about incoming channels. Implemented by the host; called on the transport's threads. */
public interface InboundHandler {
    /**
     * Takes or refuses a channel. The channel may be kept, but offers are lawful only after return.
     *
     * @throws ProviderException to refuse; its kind and texts reach the peer's {@code connect}
     */
    ChannelHandler accept(StreamSpec stream, PeerFingerprint peer, TransportChannel channel) throws ProviderException;
}
