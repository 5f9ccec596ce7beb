package io.tidemark.replication;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.PeerFingerprint;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/** Channels within one process, with a cable that a test can cut and plug in again. Frames are copied, as a network would. */
final class PipeNetwork {
    private static final int QUEUE_BYTES = 1 << 20;

    private final Acceptor acceptor;
    private final List<Pipe> open = new ArrayList<>();
    private boolean plugged = true;
    private volatile long nanosPerFrame;

    PipeNetwork(Acceptor acceptor) {
        this.acceptor = acceptor;
    }

    /** Takes incoming channels. */
    interface Acceptor {
        ChannelHandler accept(StreamSpec stream, TransportChannel channel) throws ProviderException;
    }

    synchronized TransportChannel connect(StreamSpec stream, ChannelHandler handler) throws ProviderException {
        if (!plugged) {
            throw new ProviderException(FailureKind.UNREACHABLE, "No answer", "the cable is cut", "Plug it in");
        }
        Pipe near = new Pipe();
        Pipe far = new Pipe();
        near.other = far;
        far.other = near;
        far.start(acceptor.accept(stream, far));
        near.start(handler);
        open.add(near);
        return near;
    }

    void cut() {
        List<Pipe> ending;
        synchronized (this) {
            plugged = false;
            ending = List.copyOf(open);
            open.clear();
        }
        ending.forEach(pipe -> pipe.end(Optional.of(
                new ProviderException(FailureKind.UNREACHABLE, "Connection lost", "the cable was cut", "Wait"))));
    }

    /** Each frame towards the acceptor takes so long. */
    void slow(Duration perFrame) {
        nanosPerFrame = perFrame.toNanos();
    }

    synchronized void plug() {
        plugged = true;
    }

    private final class Pipe implements TransportChannel {
        private final LinkedBlockingQueue<Runnable> arriving = new LinkedBlockingQueue<>();
        private @org.jspecify.annotations.Nullable Pipe other;
        private @org.jspecify.annotations.Nullable ChannelHandler handler;
        private int queuedBytes;
        private boolean refused;
        private boolean ended;
        private long offered;

        void start(ChannelHandler hears) {
            handler = hears;
            Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        arriving.take().run();
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (EndOfPipe e) {
                    return;
                }
            });
        }

        @Override
        public Offer offer(long position, ByteBuffer frame) {
            ByteBuffer copy = ByteBuffer.allocate(frame.remaining())
                    .put(frame.duplicate())
                    .flip();
            Pipe to = other();
            synchronized (this) {
                if (position < offered) {
                    throw new IllegalArgumentException("positions never shrink: " + position + " after " + offered);
                }
                offered = position;
            }
            synchronized (to) {
                if (ended || to.ended) {
                    return Offer.CLOSED;
                }
                if (to.queuedBytes > QUEUE_BYTES) {
                    to.refused = true;
                    return Offer.BACK_PRESSURE;
                }
                to.queuedBytes += copy.remaining();
            }
            int length = copy.remaining();
            to.arriving.add(() -> {
                LockSupport.parkNanos(nanosPerFrame);
                to.hears().onFrame(position, copy);
                boolean writable;
                synchronized (to) {
                    to.queuedBytes -= length;
                    writable = to.refused;
                    to.refused = false;
                }
                if (writable) {
                    arriving.add(() -> hears().onWritable());
                }
            });
            return Offer.ACCEPTED;
        }

        @Override
        public void acknowledge(long position) {
            Pipe to = other();
            to.arriving.add(() -> to.hears().onAcknowledged(position));
        }

        @Override
        public PeerFingerprint peer() {
            return new PeerFingerprint("0".repeat(64));
        }

        @Override
        public void close() {
            end(Optional.empty());
        }

        void end(Optional<ProviderException> cause) {
            endHere(cause);
            other().endHere(cause);
        }

        private void endHere(Optional<ProviderException> cause) {
            synchronized (this) {
                if (ended) {
                    return;
                }
                ended = true;
            }
            arriving.clear();
            arriving.add(() -> {
                hears().onClosed(cause);
                throw new EndOfPipe();
            });
        }

        private Pipe other() {
            Pipe far = other;
            if (far == null) {
                throw new IllegalStateException("a pipe has two ends");
            }
            return far;
        }

        private ChannelHandler hears() {
            ChannelHandler hearing = handler;
            if (hearing == null) {
                throw new IllegalStateException("a pipe is heard once started");
            }
            return hearing;
        }
    }

    private static final class EndOfPipe extends RuntimeException {}
}
