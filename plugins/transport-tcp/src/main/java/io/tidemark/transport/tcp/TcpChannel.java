package io.tidemark.transport.tcp;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.PeerFingerprint;
import io.tidemark.spi.transport.TransportChannel;
import io.tidemark.transport.tcp.Outbox.Item;
import io.tidemark.transport.tcp.Outbox.LastWord;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A channel over one connection whose hello is done.
 *
 * <pre>
 * OPEN ── close() ──▶ ENDING: says BYE, reads on until the peer hangs up ──▶ CLOSED (cause empty)
 *   │ ── peer's BYE ─────────────────────────────────────────────────────▶ CLOSED (cause empty)
 *   │ ── malformed frame, failed handler ──▶ ENDING: says REFUSE, as above ─▶ CLOSED (with cause)
 *   └─── connection broke, peer silent, peer's REFUSE ────────────────────▶ CLOSED (with cause)
 * </pre>
 *
 * <p>ENDING lasts a second at most. The reader thread owns the way to CLOSED and makes the last call of the handler; the first cause stays.
 */
final class TcpChannel implements TransportChannel, Watchdog.Watched {
    private static final Logger LOG = LoggerFactory.getLogger(TcpChannel.class);
    private static final long FAREWELL_NANOS = 1_000_000_000L;

    private final SecureSocket socket;
    private final PeerFingerprint peer;
    private final FrameReader reader;
    private final FrameWriter writer;
    private final InputStream in;
    private final Liveness liveness;
    private final Outbox outbox;
    private final TcpSettings settings;
    private volatile @Nullable Ending ending;
    private long lastReceived = Long.MIN_VALUE;

    TcpChannel(SecureSocket socket, PeerFingerprint peer, TcpSettings settings) throws IOException {
        this.socket = socket;
        this.peer = peer;
        this.settings = settings;
        this.liveness = new Liveness(settings.idleTimeoutMillis() * 1_000_000);
        this.in = liveness.listenTo(socket.in());
        this.reader = new FrameReader(in);
        this.writer = new FrameWriter(socket.out());
        this.outbox = new Outbox(settings.sendBufferBytes());
    }

    /** For the hello, before {@link #run}. */
    FrameReader.Frame firstFrame() throws IOException {
        return reader.next();
    }

    /** For the hello, before {@link #run}. */
    void write(FrameType type, ByteBuffer payload) throws IOException {
        writer.write(type, 0, payload);
        writer.flush();
    }

    /** Instead of {@link #run}, after a refusal: lets the peer read it before the connection goes. Bounded by the time limit of the greeting. */
    void waitForHangUp() throws IOException {
        socket.shutdownOutput();
        hangUp();
    }

    String remote() {
        return socket.remote();
    }

    @Override
    public Offer offer(long position, ByteBuffer frame) {
        if (frame.remaining() > MAX_FRAME_BYTES) {
            throw new IllegalArgumentException(
                    "a frame has at most " + MAX_FRAME_BYTES + " bytes, got " + frame.remaining());
        }
        return outbox.offer(position, frame);
    }

    @Override
    public void acknowledge(long position) {
        outbox.acknowledge(position);
    }

    @Override
    public PeerFingerprint peer() {
        return peer;
    }

    @Override
    public void close() {
        end(Optional.empty(), LastWord.BYE);
    }

    private boolean end(Optional<ProviderException> cause, LastWord word) {
        synchronized (this) {
            if (ending != null) {
                return false;
            }
            ending = new Ending(cause, System.nanoTime());
        }
        outbox.finish(word, cause);
        return true;
    }

    /** Lives the channel's life on the calling thread, the reader's; returns when it is closed and the handler knows. */
    void run(ChannelHandler handler, ThreadFactory writers) {
        Callbacks callbacks = new Callbacks(handler);
        liveness.resumeListening();
        writers.newThread(() -> writeAll(callbacks)).start();
        try {
            readAll(callbacks);
        } catch (MalformedFrameException e) {
            end(Optional.of(Failures.malformed(remote(), e)), LastWord.REFUSE);
        } catch (IOException e) {
            end(Optional.of(Failures.broken(remote(), e)), LastWord.NONE);
            socket.cut();
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("peer", peer)
                    .setCause(e)
                    .log("A channel's handler failed; the channel is closed");
            end(Optional.of(Failures.handlerDefect("onFrame or onAcknowledged", e)), LastWord.REFUSE);
        }
        hangUp();
        Ending last = ending;
        Optional<ProviderException> cause = last == null ? Optional.empty() : last.cause();
        LOG.atDebug().addKeyValue("peer", peer).addKeyValue("cause", cause).log("Channel closed");
        try {
            callbacks.closed(cause);
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("peer", peer).setCause(e).log("A channel's handler failed in its last call");
        }
    }

    private void readAll(Callbacks callbacks) throws IOException {
        while (ending == null) {
            FrameReader.Frame frame = reader.next();
            if (ending != null) {
                return;
            }
            liveness.pauseListening();
            switch (frame.type()) {
                case DATA -> {
                    if (frame.position() < lastReceived) {
                        throw new MalformedFrameException(
                                "position " + frame.position() + " comes after " + lastReceived);
                    }
                    lastReceived = frame.position();
                    callbacks.frame(frame.position(), frame.payload());
                }
                case ACK -> callbacks.acknowledged(frame.position());
                case PING -> LOG.atTrace().addKeyValue("peer", peer).log("Ping");
                case BYE -> {
                    end(Optional.empty(), LastWord.NONE);
                    socket.cut();
                }
                case REFUSE -> {
                    end(Optional.of(Refusal.decode(frame.payload())), LastWord.NONE);
                    socket.cut();
                }
                case HELLO, WELCOME ->
                    throw new MalformedFrameException("a " + frame.type() + " frame comes in the middle");
            }
            liveness.resumeListening();
        }
    }

    /** Reads and drops what comes until the peer hangs up: closing with bytes unread would make TCP drop our last word. */
    private void hangUp() {
        byte[] dropped = new byte[16 << 10];
        try {
            while (in.read(dropped) >= 0) {
                LOG.atTrace().addKeyValue("peer", peer).log("Dropped bytes after the end");
            }
        } catch (IOException e) {
            LOG.atTrace().addKeyValue("peer", peer).setCause(e).log("The peer hung up");
        }
        socket.cut();
    }

    private void writeAll(Callbacks callbacks) {
        try {
            for (Optional<Item> item = outbox.take(); item.isPresent(); item = outbox.take()) {
                write(item.get(), callbacks);
            }
            socket.shutdownOutput();
        } catch (IOException e) {
            end(Optional.of(Failures.broken(remote(), e)), LastWord.NONE);
            socket.cut();
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("peer", peer)
                    .setCause(e)
                    .log("A channel's handler failed; the channel is closed");
            end(Optional.of(Failures.handlerDefect("onWritable", e)), LastWord.NONE);
            socket.cut();
        }
    }

    private void write(Item item, Callbacks callbacks) throws IOException {
        switch (item) {
            case Item.Data data -> writer.write(FrameType.DATA, data.position(), data.frame());
            case Item.Ack ack -> writer.write(FrameType.ACK, ack.position());
            case Item.Ping ping -> writer.write(FrameType.PING, 0);
            case Item.Bye bye -> writer.write(FrameType.BYE, 0);
            case Item.Refuse refuse -> writer.write(FrameType.REFUSE, 0, Refusal.encode(refuse.failure()));
        }
        if (outbox.idle() || item instanceof Item.Bye || item instanceof Item.Refuse) {
            writer.flush();
        }
        liveness.sent();
        if (item instanceof Item.Data data && outbox.sent(data)) {
            callbacks.writable();
        }
    }

    @Override
    public void look(long nowNanos) {
        Ending begun = ending;
        if (begun != null) {
            if (nowNanos - begun.atNanos() > FAREWELL_NANOS) {
                socket.cut();
            }
        } else if (liveness.peerIsSilent(nowNanos)) {
            end(Optional.of(Failures.silent(remote(), settings.idleTimeoutMillis())), LastWord.NONE);
            socket.cut();
        } else if (liveness.pingIsDue(nowNanos)) {
            outbox.ping();
        }
    }

    @Override
    public void cut() {
        end(Optional.empty(), LastWord.NONE);
        socket.cut();
    }

    /** How and since when the channel ends. */
    private record Ending(Optional<ProviderException> cause, long atNanos) {}
}
