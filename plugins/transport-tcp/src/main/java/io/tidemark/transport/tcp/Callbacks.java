package io.tidemark.transport.tcp;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.ChannelHandler;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Calls a channel's handler, one call at a time and none after {@code onClosed}.
 *
 * <p>The reader thread makes all calls but {@code onWritable}, which the writer makes unless the handler is busy; then the reader makes it
 * afterwards. The writer never waits for a handler that holds back the peer: it has pings to send meanwhile.
 */
final class Callbacks {
    private final ChannelHandler handler;
    private final ReentrantLock turn = new ReentrantLock();
    private final AtomicBoolean writablePending = new AtomicBoolean();
    private boolean ended;

    Callbacks(ChannelHandler handler) {
        this.handler = handler;
    }

    void frame(long position, ByteBuffer frame) {
        inTurn(() -> handler.onFrame(position, frame));
    }

    void acknowledged(long position) {
        inTurn(() -> handler.onAcknowledged(position));
    }

    void closed(Optional<ProviderException> cause) {
        turn.lock();
        try {
            ended = true;
            handler.onClosed(cause);
        } finally {
            turn.unlock();
        }
    }

    void writable() {
        writablePending.set(true);
        deliverWritable();
    }

    private void inTurn(Runnable call) {
        turn.lock();
        try {
            call.run();
        } finally {
            turn.unlock();
        }
        deliverWritable();
    }

    private void deliverWritable() {
        while (writablePending.get() && turn.tryLock()) {
            try {
                if (writablePending.getAndSet(false) && !ended) {
                    handler.onWritable();
                }
            } finally {
                turn.unlock();
            }
        }
    }
}
