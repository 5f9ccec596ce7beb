package io.tidemark.server.wiring;

import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.ProtectionEngine;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;

/** The open data plane of a site: capture and lanes of what it protects, journals of what it keeps for others. */
public interface DataPlane extends AutoCloseable {
    ProtectionEngine protection();

    JournalStore journals();

    /**
     * Takes or refuses a stream of purpose {@link JournalStreams#PURPOSE} from a paired site. Called on the transport's threads; the
     * channel may be kept, but offers are lawful only after return.
     *
     * @throws ProviderException to refuse; its texts reach the peer
     */
    ChannelHandler acceptJournalStream(StreamSpec stream, SiteId peer, TransportChannel channel)
            throws ProviderException;

    /** Stops capture and lanes, makes journals durable, and releases everything. Idempotent, never throws. */
    @Override
    void close();
}
