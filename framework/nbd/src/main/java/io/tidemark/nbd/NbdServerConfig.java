package io.tidemark.nbd;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;

/**
 * How an {@link NbdServer} listens.
 *
 * @param address a unix socket, or TCP on a loopback address (port 0 takes a free one): the protocol has no authentication here
 * @param bufferBytes payload handed to an export in one call at most, 64 KiB to 32 MiB; a connection has two buffers of this size
 * @param maxConnections connections at once, ≥ 1; further ones are closed at once
 * @param handshakeLimit a client that has not chosen an export after this time is disconnected
 * @param drainLimit how long disconnecting and closing wait for export calls that are under way
 * @param threads makes the threads of connections; platform threads, since exports do file I/O
 */
public record NbdServerConfig(
        SocketAddress address,
        int bufferBytes,
        int maxConnections,
        Duration handshakeLimit,
        Duration drainLimit,
        ThreadFactory threads) {
    private static final int MINIMUM_BUFFER_BYTES = 64 << 10;

    public NbdServerConfig {
        switch (address) {
            case UnixDomainSocketAddress unix ->
                require(!unix.getPath().toString().isEmpty(), "a socket path is needed");
            case InetSocketAddress tcp ->
                require(
                        !tcp.isUnresolved() && tcp.getAddress().isLoopbackAddress(),
                        tcp + " is not a loopback address; NBD is served without authentication, so only there");
            default -> throw new IllegalArgumentException("neither a unix socket nor a TCP address: " + address);
        }
        require(
                bufferBytes >= MINIMUM_BUFFER_BYTES && bufferBytes <= NbdProtocol.MAXIMUM_PAYLOAD_BYTES,
                "bufferBytes must be 64 KiB to 32 MiB, not " + bufferBytes);
        require(maxConnections >= 1, "maxConnections must be at least 1, not " + maxConnections);
        require(handshakeLimit.isPositive(), "handshakeLimit must be positive, not " + handshakeLimit);
        require(!drainLimit.isNegative(), "drainLimit must not be negative, but is " + drainLimit);
    }

    /** Serves on a unix socket at that path, which must not exist or must be a socket that nobody listens on any more. */
    public static NbdServerConfig unix(Path socket) {
        return withDefaults(UnixDomainSocketAddress.of(socket));
    }

    /** Serves on 127.0.0.1; port 0 takes a free one, see {@link NbdServer#address()}. */
    public static NbdServerConfig loopback(int port) {
        return withDefaults(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
    }

    private static NbdServerConfig withDefaults(SocketAddress address) {
        ThreadFactory daemons =
                Thread.ofPlatform().daemon().name("nbd-connection-", 0).factory();
        return new NbdServerConfig(address, 1 << 20, 256, Duration.ofSeconds(10), Duration.ofSeconds(5), daemons);
    }

    public NbdServerConfig withBufferBytes(int bytes) {
        return new NbdServerConfig(address, bytes, maxConnections, handshakeLimit, drainLimit, threads);
    }

    public NbdServerConfig withMaxConnections(int connections) {
        return new NbdServerConfig(address, bufferBytes, connections, handshakeLimit, drainLimit, threads);
    }

    public NbdServerConfig withHandshakeLimit(Duration limit) {
        return new NbdServerConfig(address, bufferBytes, maxConnections, limit, drainLimit, threads);
    }

    public NbdServerConfig withDrainLimit(Duration limit) {
        return new NbdServerConfig(address, bufferBytes, maxConnections, handshakeLimit, limit, threads);
    }

    public NbdServerConfig withThreads(ThreadFactory factory) {
        return new NbdServerConfig(address, bufferBytes, maxConnections, handshakeLimit, drainLimit, factory);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
