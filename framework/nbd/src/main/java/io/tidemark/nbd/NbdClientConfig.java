package io.tidemark.nbd;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Which export an {@link NbdClient} opens, and how patient it is.
 *
 * @param address a unix socket or a TCP address
 * @param exportName empty for the default export
 * @param idleLimit a call (and opening) fails when the server moves no byte for this long; the connection is then lost
 */
public record NbdClientConfig(SocketAddress address, String exportName, Duration idleLimit) {
    public NbdClientConfig {
        if (!(address instanceof UnixDomainSocketAddress) && !(address instanceof InetSocketAddress)) {
            throw new IllegalArgumentException("neither a unix socket nor a TCP address: " + address);
        }
        if (idleLimit.toMillis() < 1) {
            throw new IllegalArgumentException("idleLimit must be at least 1 ms, not " + idleLimit);
        }
    }

    /** An export on a unix socket, with a time limit of 30 s. */
    public static NbdClientConfig unix(Path socket, String exportName) {
        return new NbdClientConfig(UnixDomainSocketAddress.of(socket), exportName, Duration.ofSeconds(30));
    }

    /** An export over TCP, with a time limit of 30 s. */
    public static NbdClientConfig tcp(InetSocketAddress address, String exportName) {
        return new NbdClientConfig(address, exportName, Duration.ofSeconds(30));
    }

    public NbdClientConfig withIdleLimit(Duration limit) {
        return new NbdClientConfig(address, exportName, limit);
    }
}
