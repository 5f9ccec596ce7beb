package io.tidemark.transport.tcp;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.PeerFingerprint;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The failures of this transport in words. */
final class Failures {
    private Failures() {}

    static ProviderException unreachable(Endpoint peer, String why, @Nullable Throwable cause) {
        return new ProviderException(
                FailureKind.UNREACHABLE,
                "The site at " + peer + " cannot be reached",
                why,
                "Check that Tidemark runs there, that the address is right and that no firewall is between; it is tried again.",
                cause);
    }

    static ProviderException wrongPeer(Endpoint peer, PeerFingerprint expected, PeerFingerprint shown) {
        return new ProviderException(
                FailureKind.CONFLICT,
                "The site at " + peer + " is not the one that was paired",
                "it shows the certificate " + shown + " and " + expected + " is expected",
                "If that site was set up anew, pair it again; otherwise somebody else answers at this address: find out who.");
    }

    static ProviderException broken(String remote, IOException cause) {
        return new ProviderException(
                FailureKind.UNREACHABLE,
                "The connection with " + remote + " broke",
                String.valueOf(cause.getMessage()),
                "It is opened again; if this repeats, check the network between the sites.",
                cause);
    }

    static ProviderException silent(String remote, long idleMillis) {
        return new ProviderException(
                FailureKind.UNREACHABLE,
                "The connection with " + remote + " is dead",
                "nothing was heard for " + idleMillis + " ms, not even a ping",
                "It is opened again; if this repeats, check the network and the load of the other site.");
    }

    static ProviderException malformed(String remote, MalformedFrameException cause) {
        return new ProviderException(
                FailureKind.CORRUPT,
                "The connection with " + remote + " was closed because of what came over it",
                String.valueOf(cause.getMessage()),
                "It is opened again; if this repeats, check that both sites run compatible versions.",
                cause);
    }

    static ProviderException unexpected(String remote, FrameType type) {
        return malformed(remote, new MalformedFrameException("a " + type + " frame has no place there"));
    }

    static ProviderException otherVersion(int version) {
        return new ProviderException(
                FailureKind.UNSUPPORTED,
                "The two sites speak different versions of the transport protocol",
                "the caller speaks version " + version + " and this site version " + Hello.VERSION,
                "Bring both sites to the same version of the transport plugin.");
    }

    static ProviderException handlerDefect(String where, RuntimeException cause) {
        return new ProviderException(
                FailureKind.BUG,
                "The connection was closed because its handler failed",
                where + " threw " + cause,
                "Report it with the log of this site.",
                cause);
    }

    static ProviderException closed() {
        return new ProviderException(
                FailureKind.REJECTED,
                "The transport is closed",
                "this site is shutting it down",
                "Open a new instance of the transport.");
    }
}
