package io.tidemark.tck.transport;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A transport within one process that keeps the contract. Each channel end has one thread, which makes all calls of its handler. */
final class MemoryTransport implements Transport {
    private static final long LIMIT_BYTES = 1 << 20;

    private final MemoryNetwork network;
    private final ProviderContext context;
    private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();
    private final Set<Channel> channels = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    MemoryTransport(MemoryNetwork network, ProviderContext context) {
        this.network = network;
        this.context = context;
    }

    private void requireOpen() throws ProviderException {
        if (closed) {
            throw new ProviderException(
                    FailureKind.REJECTED, "The transport is closed", "it was closed", "Open another.");
        }
    }

    @Override
    public String description() {
        return "memory";
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public void checkHealth(Deadline deadline) throws ProviderException {
        requireOpen();
    }

    @Override
    public TransportListener listen(Endpoint at, SiteIdentity self, InboundHandler handler, Deadline deadline)
            throws ProviderException {
        requireOpen();
        int port = at.port() == 0 ? network.freePort() : at.port();
        Listener listener = new Listener(port, self, handler);
        if (!network.listen(port, listener)) {
            throw new ProviderException(FailureKind.REJECTED, "Port " + port, "is taken", "Choose another.");
        }
        listeners.add(listener);
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
        requireOpen();
        Listener listener = network.find(peer, deadline);
        if (!listener.self.fingerprint().equals(expected)) {
            throw new ProviderException(FailureKind.CONFLICT, "Another peer", "answers", "Find out who.");
        }
        Optional<MemoryNetwork.MemoryLine> line = network.lineAt(peer);
        Channel near = new Channel(this, expected, line);
        Channel far = new Channel(listener.transport(), self.fingerprint(), line);
        near.other = far;
        far.other = near;
        far.start(listener.ask(stream, self.fingerprint(), far));
        listener.accepted.add(far);
        near.start(handler);
        line.ifPresent(each -> {
            each.carry(near);
            each.carry(far);
        });
        return near;
    }

    @Override
    public void close() {
        closed = true;
        listeners.forEach(Listener::close);
        channels.forEach(Channel::close);
    }

    /** Listens at a port. */
    final class Listener implements TransportListener {
        private final int port;
        private final SiteIdentity self;
        private final InboundHandler handler;
        private final Set<Channel> accepted = ConcurrentHashMap.newKeySet();

        Listener(int port, SiteIdentity self, InboundHandler handler) {
            this.port = port;
            this.self = self;
            this.handler = handler;
        }

        PeerFingerprint fingerprint() {
            return self.fingerprint();
        }

        MemoryTransport transport() {
            return MemoryTransport.this;
        }

        ChannelHandler ask(StreamSpec stream, PeerFingerprint peer, Channel channel) throws ProviderException {
            try {
                return handler.accept(stream, peer, channel);
            } catch (RuntimeException e) {
                throw new ProviderException(FailureKind.BUG, "The listener failed", e.toString(), "Report it.", e);
            }
        }

        @Override
        public Endpoint endpoint() {
            return new Endpoint("memory", port);
        }

        @Override
        public void close() {
            network.gone(port);
            accepted.forEach(Channel::close);
        }
    }

    /** One end of a channel. Its own lock guards what comes in and is taken last; {@code sending} guards what goes out. */
    static final class Channel implements TransportChannel {
        private final MemoryTransport transport;
        private final PeerFingerprint peer;
        private final Optional<MemoryNetwork.MemoryLine> line;
        private final Object sending = new Object();
        private final Deque<Event> inbox = new ArrayDeque<>();
        private @Nullable Channel other;
        private long queuedBytes;
        private boolean someoneWaits;
        private boolean ended;
        private Optional<ProviderException> cause = Optional.empty();

        Channel(MemoryTransport transport, PeerFingerprint peer, Optional<MemoryNetwork.MemoryLine> line) {
            this.transport = transport;
            this.peer = peer;
            this.line = line;
        }

        void start(ChannelHandler handler) {
            transport.channels.add(this);
            transport.context.threads("channel").newThread(() -> run(handler)).start();
        }

        private void run(ChannelHandler handler) {
            Optional<Event> event = next();
            while (event.isPresent()) {
                try {
                    event.get().deliver(handler);
                } catch (RuntimeException e) {
                    Optional<ProviderException> bug = Optional.of(new ProviderException(
                            FailureKind.BUG, "The handler failed", e.toString(), "Report it.", e));
                    end(bug);
                    peerEnd().end(bug);
                }
                if (event.get() instanceof Event.Frame frame) {
                    peerEnd().delivered(frame.weight());
                }
                event = next();
            }
            transport.channels.remove(this);
            handler.onClosed(cause());
        }

        private synchronized Optional<ProviderException> cause() {
            return cause;
        }

        private synchronized Optional<Event> next() {
            try {
                while (inbox.isEmpty() && !ended) {
                    wait();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts this thread", e);
            }
            return ended ? Optional.empty() : Optional.of(inbox.remove());
        }

        private synchronized void put(Event event) {
            if (line.isPresent() && line.get().hangs()) {
                return;
            }
            inbox.add(event);
            notifyAll();
        }

        private void delivered(long bytes) {
            synchronized (sending) {
                queuedBytes -= bytes;
                if (someoneWaits && queuedBytes <= LIMIT_BYTES / 2) {
                    someoneWaits = false;
                    put(new Event.Writable());
                }
            }
        }

        private synchronized boolean ended() {
            return ended;
        }

        private Channel peerEnd() {
            if (other == null) {
                throw new IllegalStateException("used before the channel was open");
            }
            return other;
        }

        synchronized void end(Optional<ProviderException> why) {
            if (!ended) {
                ended = true;
                cause = why;
                notifyAll();
            }
        }

        @Override
        public Offer offer(long position, ByteBuffer frame) {
            if (frame.remaining() > MAX_FRAME_BYTES) {
                throw new IllegalArgumentException("too long");
            }
            byte[] copy = new byte[frame.remaining()];
            frame.duplicate().get(copy);
            Event.Frame event = new Event.Frame(position, ByteBuffer.wrap(copy));
            synchronized (sending) {
                if (ended()) {
                    return Offer.CLOSED;
                }
                if (queuedBytes > 0 && queuedBytes + event.weight() > LIMIT_BYTES) {
                    someoneWaits = true;
                    return Offer.BACK_PRESSURE;
                }
                queuedBytes += event.weight();
                // Under the lock, or two threads' frames would change places.
                peerEnd().put(event);
                return Offer.ACCEPTED;
            }
        }

        @Override
        public void acknowledge(long position) {
            peerEnd().put(new Event.Acknowledged(position));
        }

        @Override
        public PeerFingerprint peer() {
            return peer;
        }

        @Override
        public void close() {
            end(Optional.empty());
            if (other != null) {
                other.end(Optional.empty());
            }
        }
    }

    /** Something to tell a handler. */
    sealed interface Event {
        void deliver(ChannelHandler handler);

        /** A frame of the peer. */
        record Frame(long position, ByteBuffer bytes) implements Event {
            long weight() {
                return bytes.capacity() + 20L;
            }

            @Override
            public void deliver(ChannelHandler handler) {
                handler.onFrame(position, bytes);
            }
        }

        /** An acknowledgement of the peer. */
        record Acknowledged(long position) implements Event {
            @Override
            public void deliver(ChannelHandler handler) {
                handler.onAcknowledged(position);
            }
        }

        /** There is room again. */
        record Writable() implements Event {
            @Override
            public void deliver(ChannelHandler handler) {
                handler.onWritable();
            }
        }
    }
}
