package io.tidemark.spi.transport;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.Provider;

/**
 * Ordered, encrypted, mutually authenticated channels between sites. Each end shows the certificate of its site; who is trusted is the
 * host's decision, made with fingerprints.
 */
public interface Transport extends Provider {
    /** Accepts channels until closed. */
    TransportListener listen(Endpoint at, SiteIdentity self, InboundHandler handler, Deadline deadline)
            throws ProviderException;

    /**
     * Opens one channel.
     *
     * @param expected the peer must show exactly this certificate
     * @throws ProviderException {@code UNREACHABLE} when nobody answers, {@code REJECTED} with the peer's own words when it refuses the
     *     stream, {@code CONFLICT} when it shows another certificate
     */
    TransportChannel connect(
            Endpoint peer,
            SiteIdentity self,
            PeerFingerprint expected,
            StreamSpec stream,
            ChannelHandler handler,
            Deadline deadline)
            throws ProviderException;
}
