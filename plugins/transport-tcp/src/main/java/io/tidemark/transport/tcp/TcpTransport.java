package io.tidemark.transport.tcp;

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
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Channels over TCP and TLS 1.3: opens connections, listens for them, and ends all of them when it is closed. */
final class TcpTransport implements Transport {
    private static final long CLOSE_NANOS = 3_000_000_000L;

    private final TcpSettings settings;
    private final ProviderContext host;
    private final ThreadFactory readers;
    private final ThreadFactory writers;
    private final Watchdog watchdog;
    private final Set<TcpListener> listeners = ConcurrentHashMap.newKeySet();
    private final Set<TcpChannel> channels = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    TcpTransport(TcpSettings settings, ProviderContext host) {
        this.settings = settings;
        this.host = host;
        this.readers = host.threads("reader");
        this.writers = host.threads("writer");
        long tickMillis = Math.clamp(settings.idleTimeoutMillis() / 10, 20, 250);
        this.watchdog = new Watchdog(host.threads("watchdog"), tickMillis * 1_000_000);
    }

    @Override
    public String description() {
        return "TCP with TLS 1.3 on Java " + Runtime.version().feature() + ", protocol version " + Hello.VERSION;
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
        SSLContext context = context(self);
        ServerSocket server;
        try {
            server = new ServerSocket();
            try {
                server.bind(new InetSocketAddress(at.host(), at.port()), 128);
            } catch (IOException e) {
                server.close();
                throw e;
            }
        } catch (IOException e) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "This site cannot listen at " + at,
                    String.valueOf(e.getMessage()),
                    "Choose an address of this machine and a port that no other process uses.",
                    e);
        }
        TcpListener listener =
                new TcpListener(this, server, new Endpoint(at.host(), server.getLocalPort()), context, handler);
        listeners.add(listener);
        host.threads("listener").newThread(listener::acceptAll).start();
        if (closed) {
            listener.close();
            throw Failures.closed();
        }
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
        ByteBuffer hello = Hello.encode(stream);
        SSLContext context = context(self);
        Socket plain = new Socket();
        Watchdog.Opening opening = new Watchdog.Opening(cut(plain), deadline.atNanos());
        watchdog.add(opening);
        TcpChannel channel;
        try {
            channel = open(plain, context, peer, expected, deadline);
            channel.write(FrameType.HELLO, hello);
            answer(channel.firstFrame(), channel);
        } catch (MalformedFrameException e) {
            cut(plain).cut();
            throw Failures.malformed(peer.toString(), e);
        } catch (IOException e) {
            cut(plain).cut();
            boolean late = opening.late() || deadline.passed();
            throw Failures.unreachable(peer, late ? "it did not answer in time" : String.valueOf(e.getMessage()), e);
        } catch (ProviderException | RuntimeException e) {
            cut(plain).cut();
            throw e;
        } finally {
            watchdog.remove(opening);
        }
        readers.newThread(() -> live(channel, handler)).start();
        return channel;
    }

    private TcpChannel open(
            Socket plain, SSLContext context, Endpoint peer, PeerFingerprint expected, Deadline deadline)
            throws IOException, ProviderException {
        InetSocketAddress address = new InetSocketAddress(peer.host(), peer.port());
        if (address.isUnresolved()) {
            throw Failures.unreachable(peer, "nobody knows the host name " + peer.host(), null);
        }
        // 0 would mean "wait for ever".
        plain.connect(address, Math.clamp(deadline.remaining().toMillis(), 1, Integer.MAX_VALUE));
        SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(plain, peer.host(), peer.port(), true);
        tls.setUseClientMode(true);
        SecureSocket socket = new SecureSocket(plain, tls);
        socket.handshake();
        PeerFingerprint shown = socket.peer();
        if (!shown.equals(expected)) {
            throw Failures.wrongPeer(peer, expected, shown);
        }
        return new TcpChannel(socket, shown, settings);
    }

    private static void answer(FrameReader.Frame frame, TcpChannel channel) throws IOException, ProviderException {
        switch (frame.type()) {
            case WELCOME -> {}
            case REFUSE -> throw Refusal.decode(frame.payload());
            case HELLO, DATA, ACK, PING, BYE -> throw Failures.unexpected(channel.remote(), frame.type());
        }
    }

    /** Runs a channel to its end on the calling thread. */
    void live(TcpChannel channel, ChannelHandler handler) {
        channels.add(channel);
        watchdog.add(channel);
        if (closed) {
            channel.close();
        }
        try {
            channel.run(handler, writers);
        } finally {
            channels.remove(channel);
            watchdog.remove(channel);
        }
    }

    static Watchdog.SocketCut cut(Socket plain) {
        return () -> {
            try {
                plain.close();
            } catch (IOException e) {
                SecureSocket.logCloseFailure(e);
            }
        };
    }

    Watchdog watchdog() {
        return watchdog;
    }

    ThreadFactory readers() {
        return readers;
    }

    TcpSettings settings() {
        return settings;
    }

    void forget(TcpListener listener) {
        listeners.remove(listener);
    }

    private void requireOpen() throws ProviderException {
        if (closed) {
            throw Failures.closed();
        }
    }

    private static SSLContext context(SiteIdentity self) throws ProviderException {
        try {
            return TlsContexts.of(self);
        } catch (GeneralSecurityException e) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "This site's key cannot be used for TLS",
                    String.valueOf(e.getMessage()),
                    "Give the site a key that Java's TLS 1.3 supports, such as EC P-256.",
                    e);
        }
    }

    @Override
    public void close() {
        closed = true;
        listeners.forEach(TcpListener::close);
        watchdog.cutOpenings();
        channels.forEach(TcpChannel::close);
        watchdog.awaitNothing(CLOSE_NANOS);
        watchdog.cutAll();
        watchdog.close();
    }
}
