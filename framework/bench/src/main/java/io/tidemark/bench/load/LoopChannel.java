package io.tidemark.bench.load;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.PeerFingerprint;
import io.tidemark.spi.transport.TransportChannel;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** One end of a channel within this process: a transport that costs one copy and nothing else. Each end is heard on a thread of its own. */
final class LoopChannel implements TransportChannel {
    private static final int QUEUE_BYTES = 4 << 20;

    private final LinkedBlockingQueue<Runnable> arriving = new LinkedBlockingQueue<>();
    private @Nullable LoopChannel other;
    private @Nullable ChannelHandler handler;
    private int queuedBytes;
    private boolean refused;
    private boolean ended;

    private LoopChannel() {}

    /** Hears the far end, once it knows it. */
    interface Acceptor {
        ChannelHandler accept(TransportChannel channel) throws ProviderException;
    }

    static TransportChannel connect(ChannelHandler near, Acceptor far) throws ProviderException {
        LoopChannel here = new LoopChannel();
        LoopChannel there = new LoopChannel();
        here.other = there;
        there.other = here;
        there.start(far.accept(there), "loop-far");
        here.start(near, "loop-near");
        return here;
    }

    private void start(ChannelHandler hears, String name) {
        handler = hears;
        Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                while (!isOver()) {
                    arriving.take().run();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private synchronized boolean isOver() {
        return ended && arriving.isEmpty();
    }

    @Override
    public Offer offer(long position, ByteBuffer frame) {
        ByteBuffer copy =
                ByteBuffer.allocate(frame.remaining()).put(frame.duplicate()).flip();
        LoopChannel to = other();
        int length = copy.remaining();
        synchronized (to) {
            if (to.ended) {
                return Offer.CLOSED;
            }
            if (to.queuedBytes > QUEUE_BYTES) {
                to.refused = true;
                return Offer.BACK_PRESSURE;
            }
            to.queuedBytes += length;
        }
        to.arriving.add(() -> {
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
        LoopChannel to = other();
        to.arriving.add(() -> to.hears().onAcknowledged(position));
    }

    @Override
    public PeerFingerprint peer() {
        return new PeerFingerprint("0".repeat(64));
    }

    @Override
    public void close() {
        end();
        other().end();
    }

    private synchronized void end() {
        if (!ended) {
            ended = true;
            arriving.add(() -> hears().onClosed(Optional.empty()));
        }
    }

    private LoopChannel other() {
        if (other == null) {
            throw new IllegalStateException("a channel has two ends");
        }
        return other;
    }

    private ChannelHandler hears() {
        if (handler == null) {
            throw new IllegalStateException("an end is heard once started");
        }
        return handler;
    }
}
