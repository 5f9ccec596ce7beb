package io.tidemark.transport.tcp;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.InboundHandler;
import io.tidemark.spi.transport.PeerFingerprint;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportListener;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening socket and the channels that came in through it. Each connection is greeted on a thread of its own, within a time limit and a
 * limit of their number, so that a stranger who connects and says nothing keeps nobody out.
 */
final class TcpListener implements TransportListener {
    private static final Logger LOG = LoggerFactory.getLogger(TcpListener.class);
    private static final int GREETINGS_AT_ONCE = 128;
    private static final long GREETING_NANOS = 10_000_000_000L;
    private static final long PAUSE_NANOS = 100_000_000L;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final TcpTransport transport;
    private final ServerSocket server;
    private final Endpoint endpoint;
    private final SSLContext context;
    private final InboundHandler handler;
    private final Semaphore greetings = new Semaphore(GREETINGS_AT_ONCE);
    private final Set<TcpChannel> accepted = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    TcpListener(
            TcpTransport transport,
            ServerSocket server,
            Endpoint endpoint,
            SSLContext context,
            InboundHandler handler) {
        this.transport = transport;
        this.server = server;
        this.endpoint = endpoint;
        this.context = context;
        this.handler = handler;
    }

    /** Accepts until closed, on the calling thread. */
    void acceptAll() {
        while (!closed) {
            try {
                Socket plain = server.accept();
                if (greetings.tryAcquire()) {
                    transport.readers().newThread(() -> greet(plain)).start();
                } else {
                    LOG.atWarn()
                            .addKeyValue("endpoint", endpoint)
                            .addKeyValue("remote", plain.getRemoteSocketAddress())
                            .log("Too many connections are being opened at once; this one is dropped");
                    TcpTransport.cut(plain).cut();
                }
            } catch (IOException e) {
                if (!closed) {
                    LOG.atWarn()
                            .addKeyValue("endpoint", endpoint)
                            .setCause(e)
                            .log("A connection could not be accepted; going on");
                    // For want of file descriptors this would spin.
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        }
    }

    private void greet(Socket plain) {
        Watchdog.Opening opening = new Watchdog.Opening(TcpTransport.cut(plain), System.nanoTime() + GREETING_NANOS);
        transport.watchdog().add(opening);
        TcpChannel channel;
        ChannelHandler channelHandler;
        try {
            SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(plain, null, true);
            tls.setUseClientMode(false);
            tls.setNeedClientAuth(true);
            SecureSocket socket = new SecureSocket(plain, tls);
            socket.handshake();
            PeerFingerprint peer = socket.peer();
            channel = new TcpChannel(socket, peer, transport.settings());
            StreamSpec stream = hello(channel);
            channelHandler = ask(stream, peer, channel);
            channel.write(FrameType.WELCOME, NOTHING);
        } catch (IOException e) {
            LOG.atDebug()
                    .addKeyValue("endpoint", endpoint)
                    .addKeyValue("remote", plain.getRemoteSocketAddress())
                    .setCause(e)
                    .log("A connection ended before it was a channel");
            TcpTransport.cut(plain).cut();
            return;
        } catch (Refused e) {
            LOG.atInfo()
                    .addKeyValue("endpoint", endpoint)
                    .addKeyValue("remote", plain.getRemoteSocketAddress())
                    .addKeyValue("reason", e.getMessage())
                    .log("A channel was refused");
            TcpTransport.cut(plain).cut();
            return;
        } finally {
            transport.watchdog().remove(opening);
            greetings.release();
        }
        live(channel, channelHandler);
    }

    private void live(TcpChannel channel, ChannelHandler channelHandler) {
        accepted.add(channel);
        if (closed) {
            channel.close();
        }
        try {
            transport.live(channel, channelHandler);
        } finally {
            accepted.remove(channel);
        }
    }

    private static StreamSpec hello(TcpChannel channel) throws IOException, Refused {
        try {
            FrameReader.Frame frame = channel.firstFrame();
            if (frame.type() != FrameType.HELLO) {
                throw new MalformedFrameException("the first frame is a " + frame.type() + " and no HELLO");
            }
            int version = Hello.version(frame.payload());
            if (version != Hello.VERSION) {
                throw refuse(channel, Failures.otherVersion(version));
            }
            return Hello.decode(frame.payload());
        } catch (MalformedFrameException e) {
            throw refuse(channel, Failures.malformed(channel.remote(), e));
        }
    }

    private ChannelHandler ask(StreamSpec stream, PeerFingerprint peer, TcpChannel channel)
            throws IOException, Refused {
        try {
            return handler.accept(stream, peer, channel);
        } catch (ProviderException e) {
            throw refuse(channel, e);
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("peer", peer).setCause(e).log("The handler of incoming channels failed");
            throw refuse(
                    channel,
                    new ProviderException(
                            FailureKind.BUG,
                            "The other site failed while it decided about the channel",
                            e.toString(),
                            "Look into the log of that site and report it."));
        }
    }

    private static Refused refuse(TcpChannel channel, ProviderException reason) throws IOException {
        channel.write(FrameType.REFUSE, Refusal.encode(reason));
        channel.waitForHangUp();
        return new Refused(reason);
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public void close() {
        closed = true;
        try {
            server.close();
        } catch (IOException e) {
            SecureSocket.logCloseFailure(e);
        }
        accepted.forEach(TcpChannel::close);
        transport.forget(this);
    }

    /** The channel was refused and the peer told. */
    private static final class Refused extends Exception {
        Refused(ProviderException reason) {
            super(reason.getMessage(), reason);
        }
    }
}
