package io.tidemark.server.peer;

import io.tidemark.control.dataplane.PeerLink.PeerRequests;
import io.tidemark.control.site.PeerIdentity;
import io.tidemark.server.identity.LocalSite;
import io.tidemark.server.wiring.JournalStreams;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.InboundHandler;
import io.tidemark.spi.transport.PeerFingerprint;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides who may open which stream: a paired site any known one, everybody else only a pairing with a valid one-time secret. */
final class PeerGate implements InboundHandler {
    private static final Logger LOG = LoggerFactory.getLogger(PeerGate.class);

    private final LocalSite self;
    private final Supplier<Endpoint> endpoint;
    private final KnownPeers peers;
    private final Pairings pairings;
    private final PeerRequests requests;
    private final PeerMesh.JournalReception journals;
    private final Executor executor;

    PeerGate(
            LocalSite self,
            Supplier<Endpoint> endpoint,
            KnownPeers peers,
            Pairings pairings,
            PeerRequests requests,
            PeerMesh.JournalReception journals,
            Executor executor) {
        this.self = self;
        this.endpoint = endpoint;
        this.peers = peers;
        this.pairings = pairings;
        this.requests = requests;
        this.journals = journals;
        this.executor = executor;
    }

    @Override
    public ChannelHandler accept(StreamSpec stream, PeerFingerprint shown, TransportChannel channel)
            throws ProviderException {
        try {
            return switch (stream.purpose()) {
                case PeerMesh.PAIR -> pair(stream, shown, channel);
                case PeerMesh.CONTROL -> new ControlAnswerer(paired(shown).id(), channel, requests, executor);
                case JournalStreams.PURPOSE ->
                    journals.accept(stream, paired(shown).id(), channel);
                default -> {
                    paired(shown);
                    throw new ProviderException(
                            FailureKind.UNSUPPORTED,
                            "The site refused the stream",
                            "it does not know streams for '" + stream.purpose() + "'",
                            "Run the same version of Tidemark at both sites.");
                }
            };
        } catch (ProviderException e) {
            LOG.atWarn()
                    .addKeyValue("purpose", stream.purpose())
                    .addKeyValue("certificate", shown)
                    .addKeyValue("why", e.why())
                    .log("A stream from another site was refused");
            throw e;
        }
    }

    private ChannelHandler pair(StreamSpec stream, PeerFingerprint shown, TransportChannel channel)
            throws ProviderException {
        PeerIdentity peer = Introductions.read(stream.attributes(), shown, self);
        pairings.redeem(stream.attributes().getOrDefault(PeerMesh.SECRET, ""), peer);
        LOG.atInfo()
                .addKeyValue("peer", peer.name())
                .addKeyValue("endpoint", peer.endpoint())
                .log("A site paired with this one by a token");
        return new PairAnswerer(channel, Introductions.of(self, endpoint.get()));
    }

    private PeerIdentity paired(PeerFingerprint shown) throws ProviderException {
        return peers.find(shown)
                .orElseThrow(() -> new ProviderException(
                        FailureKind.REJECTED,
                        "The site refused the stream",
                        "it is not paired with the site that shows certificate " + shown,
                        "Pair the two sites with a token."));
    }
}
