package io.tidemark.server.peer;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Capability;
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
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A transport within this process, for tests of what uses one: each end of a channel has a thread that calls its handler. */
public final class LoopbackTransport implements Transport {
    private final Map<Integer, Listener> listeners = new ConcurrentHashMap<>();
    private final AtomicInteger nextPort = new AtomicInteger(20_000);

    @Override
    public String description() {
        return "loopback";
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public void checkHealth(Deadline deadline) {}

    @Override
    public void close() {}

    @Override
    public TransportListener listen(Endpoint at, SiteIdentity self, InboundHandler handler, Deadline deadline) {
        int port = at.port() == 0 ? nextPort.incrementAndGet() : at.port();
        Listener listener = new Listener(new Endpoint(at.host(), port), self, handler);
        listeners.put(port, listener);
        return listener;
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
        Listener listener = listeners.get(peer.port());
        if (listener == null) {
            throw new ProviderException(
                    FailureKind.UNREACHABLE, "No connection to " + peer, "nobody listens", "Start the peer.");
        }
        if (!listener.self.fingerprint().equals(expected)) {
            throw new ProviderException(
                    FailureKind.CONFLICT, "No connection to " + peer, "it shows another certificate", "Pair anew.");
        }
        End here = new End(expected);
        End there = new End(self.fingerprint());
        here.other = there;
        there.other = here;
        here.handler = handler;
        there.handler = listener.handler.accept(stream, self.fingerprint(), there);
        listener.accepted.add(there);
        return here;
    }

    private final class Listener implements TransportListener {
        private final Endpoint endpoint;
        private final SiteIdentity self;
        private final InboundHandler handler;
        private final Set<End> accepted = ConcurrentHashMap.newKeySet();

        Listener(Endpoint endpoint, SiteIdentity self, InboundHandler handler) {
            this.endpoint = endpoint;
            this.self = self;
            this.handler = handler;
        }

        @Override
        public Endpoint endpoint() {
            return endpoint;
        }

        @Override
        public void close() {
            listeners.remove(endpoint.port());
            accepted.forEach(End::close);
        }
    }

    private static final class End implements TransportChannel {
        private final PeerFingerprint peer;
        private final ExecutorService thread = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("loopback").factory());
        private final AtomicBoolean closed = new AtomicBoolean();
        private @Nullable ChannelHandler handler;
        private @Nullable End other;

        End(PeerFingerprint peer) {
            this.peer = peer;
        }

        private void deliver(Runnable call) {
            try {
                thread.execute(call);
            } catch (RejectedExecutionException closedMeanwhile) {
                // The frame is lost with the channel, as on a network.
            }
        }

        @Override
        public Offer offer(long position, ByteBuffer frame) {
            if (closed.get()) {
                return Offer.CLOSED;
            }
            ByteBuffer copy = ByteBuffer.allocate(frame.remaining())
                    .put(frame.duplicate())
                    .flip();
            other().deliver(() -> other().handler().onFrame(position, copy));
            return Offer.ACCEPTED;
        }

        @Override
        public void acknowledge(long position) {
            other().deliver(() -> other().handler().onAcknowledged(position));
        }

        private End other() {
            return java.util.Objects.requireNonNull(other);
        }

        private ChannelHandler handler() {
            return java.util.Objects.requireNonNull(handler);
        }

        @Override
        public PeerFingerprint peer() {
            return peer;
        }

        @Override
        public void close() {
            end();
            other().end();
        }

        private void end() {
            if (closed.compareAndSet(false, true)) {
                deliver(() -> handler().onClosed(Optional.empty()));
                thread.shutdown();
            }
        }
    }
}
