package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.InboundHandler;
import io.tidemark.spi.transport.PeerFingerprint;
import io.tidemark.spi.transport.SiteIdentity;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.Transport;
import io.tidemark.spi.transport.TransportChannel;
import io.tidemark.spi.transport.TransportListener;

/**
 * Guards a transport's control calls; above all, a channel to anybody but the expected peer never reaches the host. Channels themselves are
 * the data path and go through no guard.
 */
final class GuardedTransport extends GuardedProvider implements Transport {
    private final Transport inner;
    private final Guard guard;

    GuardedTransport(Transport inner, Guard guard) {
        super(inner, guard);
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public TransportListener listen(Endpoint at, SiteIdentity self, InboundHandler handler, Deadline deadline)
            throws ProviderException {
        Guard.argument("at", at);
        Guard.argument("self", self);
        Guard.argument("handler", handler);
        TransportListener listener =
                guard.call("Transport.listen", deadline, () -> inner.listen(at, self, handler, deadline));
        GuardedTransportListener guarded = new GuardedTransportListener(listener, guard);
        if (guarded.endpoint().port() == 0) {
            guarded.close();
            throw guard.defect("Transport.listen", "its listener does not say at which port it listens", null);
        }
        return guarded;
    }

    @Override
    public TransportChannel connect(
            Endpoint peer,
            SiteIdentity self,
            PeerFingerprint expected,
            StreamSpec stream,
            ChannelHandler handler,
            Deadline deadline)
            throws ProviderException {
        Guard.argument("self", self);
        Guard.argument("stream", stream);
        Guard.argument("handler", handler);
        if (Guard.argument("peer", peer).port() == 0) {
            throw new IllegalArgumentException("port 0 is only to listen at");
        }
        TransportChannel channel = guard.call(
                "Transport.connect", deadline, () -> inner.connect(peer, self, expected, stream, handler, deadline));
        if (!expected.equals(guard.ask("TransportChannel.peer", channel::peer))) {
            guard.quietly("TransportChannel.close", channel::close);
            throw guard.defect("Transport.connect", "it connected to another peer than the expected " + expected, null);
        }
        return channel;
    }
}
