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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The good in-memory transport with one fault put around it. */
final class FaultyTransport implements Transport {
    private final Fault fault;
    private final MemoryNetwork network;
    private final Transport inner;
    private final ProviderContext context;

    FaultyTransport(Fault fault, MemoryNetwork network, ProviderContext context) {
        this.fault = fault;
        this.network = network;
        this.context = context;
        this.inner = new MemoryTransport(network, context);
        if (fault == Fault.LEAKS_A_THREAD) {
            context.threads("leak")
                    .newThread(() -> LockSupport.parkNanos(Duration.ofMinutes(1).toNanos()))
                    .start();
        }
    }

    @Override
    public String description() {
        return inner.description();
    }

    @Override
    public Set<Capability> capabilities() {
        return inner.capabilities();
    }

    @Override
    public void checkHealth(Deadline deadline) throws ProviderException {
        inner.checkHealth(deadline);
    }

    @Override
    public void close() {
        inner.close();
    }

    @Override
    public TransportListener listen(Endpoint at, SiteIdentity self, InboundHandler handler, Deadline deadline)
            throws ProviderException {
        TransportListener listener = inner.listen(
                at,
                self,
                (stream, peer, channel) -> {
                    FaultyChannel faulty = new FaultyChannel(channel);
                    PeerFingerprint told = fault == Fault.CONFUSES_CALLERS ? self.fingerprint() : peer;
                    return new FaultyHandler(handler.accept(stream, told, faulty), faulty);
                },
                deadline);
        return fault == Fault.KEEPS_CHANNELS_OF_A_CLOSED_LISTENER ? new CarelessListener(listener) : listener;
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
        Deadline used = fault == Fault.IGNORES_DEADLINES ? Deadline.after(Duration.ofMinutes(1)) : deadline;
        PeerFingerprint trusted =
                fault == Fault.TAKES_ANY_CERTIFICATE ? network.find(peer, used).fingerprint() : expected;
        FaultyChannel channel = new FaultyChannel(null);
        try {
            Transport open = fault == Fault.OPENS_AFTER_CLOSE ? new MemoryTransport(network, context) : inner;
            channel.inner = open.connect(peer, self, trusted, stream, new FaultyHandler(handler, channel), used);
        } catch (ProviderException e) {
            if (fault == Fault.REFUSES_IN_ITS_OWN_WORDS) {
                throw new ProviderException(e.kind(), "The peer refused", "it said no", "Ask there.", e);
            }
            throw e;
        }
        return channel;
    }

    /** Does not close what came in. */
    private record CarelessListener(TransportListener inner) implements TransportListener {
        @Override
        public Endpoint endpoint() {
            return inner.endpoint();
        }

        @Override
        public void close() {}
    }

    /** A channel with the fault. */
    private final class FaultyChannel implements TransportChannel {
        private volatile @Nullable TransportChannel inner;

        FaultyChannel(@Nullable TransportChannel inner) {
            this.inner = inner;
        }

        private TransportChannel inner() {
            TransportChannel known = inner;
            if (known == null) {
                throw new IllegalStateException("not open yet");
            }
            return known;
        }

        @Override
        public Offer offer(long position, ByteBuffer frame) {
            if (frame.remaining() > MAX_FRAME_BYTES && fault == Fault.SWALLOWS_TOO_LONG_FRAMES) {
                return Offer.ACCEPTED;
            }
            ByteBuffer sent = frame.duplicate();
            if (fault == Fault.CUTS_LONG_FRAMES && sent.remaining() > 1 << 20) {
                sent.limit(sent.position() + (1 << 20));
            }
            Offer answer = inner().offer(position, sent);
            while (fault == Fault.BLOCKS_IN_OFFER && answer == Offer.BACK_PRESSURE) {
                LockSupport.parkNanos(1_000_000);
                answer = inner().offer(position, sent);
            }
            if (fault == Fault.MOVES_THE_CALLERS_BUFFER) {
                frame.position(frame.limit());
            }
            boolean lies = (answer == Offer.BACK_PRESSURE && fault == Fault.IGNORES_BACK_PRESSURE)
                    || (answer == Offer.CLOSED && fault == Fault.SENDS_AFTER_CLOSE);
            return lies ? Offer.ACCEPTED : answer;
        }

        @Override
        public void acknowledge(long position) {
            if (fault != Fault.DROPS_ACKNOWLEDGEMENTS) {
                inner().acknowledge(position);
            }
        }

        @Override
        public PeerFingerprint peer() {
            return inner().peer();
        }

        @Override
        public void close() {
            inner().close();
        }
    }

    /** A handler that hears what the fault makes of it. */
    private final class FaultyHandler implements ChannelHandler {
        private final ChannelHandler inner;
        private final FaultyChannel channel;
        private final List<Runnable> held = new ArrayList<>();
        private int frames;

        FaultyHandler(ChannelHandler inner, FaultyChannel channel) {
            this.inner = inner;
            this.channel = channel;
        }

        @Override
        public void onFrame(long position, ByteBuffer frame) {
            frames++;
            if (fault == Fault.LOSES_A_FRAME && frames == 20) {
                return;
            }
            if (fault == Fault.SWAPS_FRAMES && frames == 20) {
                byte[] copy = new byte[frame.remaining()];
                frame.get(copy);
                held.add(() -> inner.onFrame(position, ByteBuffer.wrap(copy)));
                return;
            }
            if (fault == Fault.FLIPS_A_BIT && frame.remaining() > 100) {
                frame.put(50, (byte) (frame.get(50) ^ 1));
            }
            if (fault == Fault.OVERLAPS_CALLS) {
                context.threads("overlap").newThread(inner::onWritable).start();
            }
            inner.onFrame(fault == Fault.SHIFTS_POSITIONS ? position + 1 : position, frame);
            if (fault == Fault.ACKNOWLEDGES_BY_ITSELF) {
                channel.acknowledge(position);
            }
            held.forEach(Runnable::run);
            held.clear();
        }

        @Override
        public void onAcknowledged(long position) {
            inner.onAcknowledged(position);
        }

        @Override
        public void onWritable() {
            if (fault != Fault.FORGETS_WRITABLE) {
                inner.onWritable();
            }
            if (fault == Fault.REPEATS_WRITABLE) {
                inner.onWritable();
            }
        }

        @Override
        public void onClosed(Optional<ProviderException> cause) {
            boolean silent = cause.map(ProviderException::why).orElse("").contains("silent");
            if (fault == Fault.NEVER_CLOSES || (fault == Fault.IGNORES_SILENCE && silent)) {
                return;
            }
            switch (fault) {
                case HIDES_CAUSES -> inner.onClosed(Optional.empty());
                case FINDS_CAUSES_IN_PEACE ->
                    inner.onClosed(
                            Optional.of(new ProviderException(FailureKind.BUG, "Closed", "somebody did", "Look.")));
                default -> inner.onClosed(cause);
            }
            if (fault == Fault.CLOSES_TWICE) {
                inner.onClosed(cause);
            }
            if (fault == Fault.CALLS_AFTER_CLOSE) {
                inner.onWritable();
            }
        }
    }
}
