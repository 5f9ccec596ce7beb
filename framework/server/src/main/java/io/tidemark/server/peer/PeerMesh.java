package io.tidemark.server.peer;

import io.tidemark.control.dataplane.PeerLink;
import io.tidemark.control.site.PairingSecret;
import io.tidemark.control.site.PeerIdentity;
import io.tidemark.server.identity.LocalSite;
import io.tidemark.server.wiring.JournalStreams;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.Transport;
import io.tidemark.spi.transport.TransportChannel;
import io.tidemark.spi.transport.TransportListener;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This site's connections to other sites: calls to their managers, streams of writes, and pairing. Safe for use by several threads; calls
 * block and belong on virtual threads.
 */
public final class PeerMesh implements PeerLink, JournalStreams, AutoCloseable {
    static final String PAIR = "pair";
    static final String CONTROL = "control";
    static final String SECRET = "secret";

    private static final Logger LOG = LoggerFactory.getLogger(PeerMesh.class);

    private final LocalSite self;
    private final Transport transport;
    private final KnownPeers peers;
    private final Executor executor;
    private final Clock clock;
    private final Map<SiteId, CallerSlot> callers = new ConcurrentHashMap<>();
    private volatile @Nullable TransportListener listener;
    private volatile @Nullable Endpoint advertised;
    private volatile @Nullable Pairings pairings;

    /** @param executor runs the requests of peers, a virtual thread each */
    public PeerMesh(LocalSite self, Transport transport, KnownPeers peers, Executor executor, Clock clock) {
        this.self = self;
        this.transport = transport;
        this.peers = peers;
        this.executor = executor;
        this.clock = clock;
    }

    /**
     * Starts to listen for peers. Called once.
     *
     * @param advertise what peers are told to connect to; empty for the address listened on
     * @param trust how sites come to be paired
     * @param requests answers the managers of peers
     * @param journals takes their streams of writes
     */
    public void listen(
            Endpoint at,
            Optional<Endpoint> advertise,
            Pairings trust,
            PeerRequests requests,
            JournalReception journals,
            Deadline deadline)
            throws ProviderException {
        pairings = trust;
        PeerGate gate = new PeerGate(self, this::endpoint, peers, trust, requests, journals, executor);
        TransportListener opened = transport.listen(at, self.identity(), gate, deadline);
        listener = opened;
        advertised = advertise.orElse(opened.endpoint());
    }

    /** Takes inbound streams of writes: the data plane. */
    @FunctionalInterface
    public interface JournalReception {
        ChannelHandler accept(StreamSpec stream, SiteId peer, TransportChannel channel) throws ProviderException;
    }

    /** What peers are told to connect to. */
    public Endpoint endpoint() {
        Endpoint known = advertised;
        if (known == null) {
            throw new IllegalStateException("the mesh does not listen yet");
        }
        return known;
    }

    /** Makes a token that lets one other site pair with this one. */
    public Invitation invite() throws ProviderException {
        PairingSecret secret = pairings().invite();
        String text = new PairingToken(
                        endpoint(), self.identity().fingerprint(), secret.secret(), self.name(), secret.expiresAt())
                .encode();
        return new Invitation(text, secret.expiresAt());
    }

    /** A pairing token's text and the end of its time. */
    public record Invitation(String token, Instant expires) {
        /** Never prints the token. */
        @Override
        public String toString() {
            return "Invitation[until " + expires + "]";
        }
    }

    /**
     * Pairs with the site that made the token; afterwards each knows the other's certificate.
     *
     * @throws ProviderException with the refusing site's own words when it refuses
     */
    public PeerIdentity join(String tokenText, Deadline deadline) throws ProviderException {
        PairingToken token = PairingToken.decode(tokenText);
        if (token.fingerprint().equals(self.identity().fingerprint())) {
            throw new ProviderException(
                    FailureKind.CONFLICT,
                    "The sites were not paired",
                    "the token was made by this very site",
                    "Use it at the other site.");
        }
        if (!clock.instant().isBefore(token.expires())) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "The sites were not paired",
                    "the token expired at " + token.expires(),
                    "Make a new token at site " + token.siteName()
                            + "; check the clocks of both sites if it was just made.");
        }
        Map<String, String> attributes = new HashMap<>(Introductions.of(self, endpoint()));
        attributes.put(SECRET, token.secret());
        PairJoiner joiner = new PairJoiner();
        try (TransportChannel channel = transport.connect(
                token.endpoint(),
                self.identity(),
                token.fingerprint(),
                new StreamSpec(PAIR, attributes),
                joiner,
                deadline)) {
            PeerIdentity peer = Introductions.read(joiner.ask(channel, deadline), token.fingerprint(), self);
            pairings().trust(peer);
            LOG.atInfo()
                    .addKeyValue("peer", peer.name())
                    .addKeyValue("endpoint", peer.endpoint())
                    .log("Paired with a site");
            return peer;
        }
    }

    private Pairings pairings() {
        Pairings known = pairings;
        if (known == null) {
            throw new IllegalStateException("the mesh does not listen yet");
        }
        return known;
    }

    @Override
    public String call(SiteId peer, String verb, String json, Deadline deadline) throws ProviderException {
        CallerSlot slot = callers.computeIfAbsent(peer, id -> new CallerSlot());
        while (true) {
            Optional<String> answer = slot.caller(peer, deadline).call(verb, json, deadline);
            if (answer.isPresent()) {
                return answer.get();
            }
            if (deadline.passed()) {
                throw new ProviderException(
                        FailureKind.UNREACHABLE,
                        "Site " + require(peer).name() + " was not asked " + verb,
                        "its connection closes each time before the request leaves",
                        "Look into that site's log for the reason.");
            }
        }
    }

    @Override
    public TransportChannel open(SiteId peer, Map<String, String> attributes, ChannelHandler handler, Deadline deadline)
            throws ProviderException {
        PeerIdentity known = require(peer);
        return transport.connect(
                known.endpoint(),
                self.identity(),
                known.fingerprint(),
                new StreamSpec(JournalStreams.PURPOSE, attributes),
                handler,
                deadline);
    }

    private PeerIdentity require(SiteId peer) throws ProviderException {
        return peers.find(peer)
                .orElseThrow(() -> new ProviderException(
                        FailureKind.REJECTED,
                        "Site " + peer + " was not called",
                        "it is not paired with this site",
                        "Pair the two sites first."));
    }

    /** Stops listening and closes every connection. Idempotent, never throws. The transport stays open: it is the caller's. */
    @Override
    public void close() {
        TransportListener open = listener;
        if (open != null) {
            open.close();
        }
        callers.values().forEach(CallerSlot::close);
    }

    /** The one control stream to a peer, connected when it is first needed and again after it broke. */
    private final class CallerSlot {
        private @Nullable ControlCaller current;

        synchronized ControlCaller caller(SiteId id, Deadline deadline) throws ProviderException {
            ControlCaller usable = current;
            if (usable != null && usable.usable()) {
                return usable;
            }
            PeerIdentity peer = require(id);
            ControlCaller fresh = new ControlCaller(peer.name());
            fresh.connected(transport.connect(
                    peer.endpoint(),
                    self.identity(),
                    peer.fingerprint(),
                    new StreamSpec(CONTROL, Map.of()),
                    fresh,
                    deadline));
            current = fresh;
            return fresh;
        }

        synchronized void close() {
            if (current != null) {
                current.close();
            }
        }
    }
}
