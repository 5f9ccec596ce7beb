package io.tidemark.server;

import io.tidemark.server.rest.RestServer.Encryption;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.transport.Endpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What one server is told at start.
 *
 * @param dataDirectory everything that it keeps; one server at a time
 * @param siteName 1 to 64 characters; unique among the sites that pair
 * @param rest where clients reach the API; port 0 takes a free one; beyond loopback only with TLS
 * @param restEncryption with {@code TLS} the site's own certificate is shown
 * @param peer where other sites reach this one; port 0 takes a free one; always encrypted and authenticated both ways
 * @param advertisedPeer what other sites are told to connect to; needed when {@code peer} is a wildcard address
 * @param pluginDirectory holds the plugin zips; may be shared by several servers
 * @param transport which plugin connects sites
 * @param transportSettings for that plugin
 * @param pairingLifetime how long a pairing token works
 */
public record ServerSettings(
        Path dataDirectory,
        String siteName,
        Endpoint rest,
        Encryption restEncryption,
        Endpoint peer,
        Optional<Endpoint> advertisedPeer,
        Path pluginDirectory,
        ProviderKind transport,
        Map<String, String> transportSettings,
        Duration pairingLifetime) {
    private static final int MAX_NAME_LENGTH = 64;

    public ServerSettings {
        transportSettings = Map.copyOf(transportSettings);
        if (siteName.isBlank() || siteName.length() > MAX_NAME_LENGTH) {
            throw new IllegalArgumentException(
                    "a site's name has 1 to " + MAX_NAME_LENGTH + " characters, got '" + siteName + "'");
        }
        if (restEncryption == Encryption.NONE && !address(rest).isLoopbackAddress()) {
            throw new IllegalArgumentException(
                    "REST would listen on " + rest + " without encryption, where the API token could be "
                            + "read from the network. Turn TLS on (--rest-tls), or listen on 127.0.0.1.");
        }
        if (address(peer).isAnyLocalAddress() && advertisedPeer.isEmpty()) {
            throw new IllegalArgumentException("the peer listener takes every address (" + peer
                    + "), so other sites cannot know which one to connect to. Name it with --advertise HOST:PORT.");
        }
        if (pairingLifetime.isNegative() || pairingLifetime.isZero()) {
            throw new IllegalArgumentException("pairingLifetime must be longer than zero, got " + pairingLifetime);
        }
    }

    /** A server on loopback with free ports, TCP between sites, and the plugins of the given folder. */
    public static ServerSettings loopback(Path dataDirectory, String siteName, Path pluginDirectory) {
        Endpoint free = new Endpoint("127.0.0.1", 0);
        return new ServerSettings(
                dataDirectory,
                siteName,
                free,
                Encryption.NONE,
                free,
                Optional.empty(),
                pluginDirectory,
                new ProviderKind("tcp"),
                Map.of(),
                Duration.ofMinutes(15));
    }

    /** The same with other addresses to listen on. */
    public ServerSettings listening(Endpoint restBind, Endpoint peerBind) {
        return new ServerSettings(
                dataDirectory,
                siteName,
                restBind,
                restEncryption,
                peerBind,
                advertisedPeer,
                pluginDirectory,
                transport,
                transportSettings,
                pairingLifetime);
    }

    private static InetAddress address(Endpoint endpoint) {
        try {
            return InetAddress.getByName(endpoint.host());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("the host of " + endpoint + " is not known: " + e.getMessage(), e);
        }
    }
}
