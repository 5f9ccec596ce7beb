package io.tidemark.server.wiring;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.TransportChannel;
import java.util.Map;

/** Opens streams of captured writes to paired sites. */
@FunctionalInterface
public interface JournalStreams {
    /** The purpose by which both ends know these streams. */
    String PURPOSE = "journal";

    /**
     * Opens one stream; the peer's data plane decides about it with the same attributes.
     *
     * @throws ProviderException {@code REJECTED} when the site is not paired or refuses, {@code UNREACHABLE} when it does not answer
     */
    TransportChannel open(SiteId peer, Map<String, String> attributes, ChannelHandler handler, Deadline deadline)
            throws ProviderException;
}
