package io.tidemark.server.peer;

import io.tidemark.control.site.PeerIdentity;
import io.tidemark.server.identity.LocalSite;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.PeerFingerprint;
import java.util.Map;

/** What two sites tell each other when they pair, and what is never believed. */
final class Introductions {
    private static final String SITE_ID = "siteId";
    private static final String SITE_NAME = "siteName";
    private static final String ENDPOINT = "endpoint";
    private static final int MAX_NAME_LENGTH = 64;

    private Introductions() {}

    static Map<String, String> of(LocalSite self, Endpoint endpoint) {
        return Map.of(SITE_ID, self.id().toString(), SITE_NAME, self.name(), ENDPOINT, endpoint.toString());
    }

    /**
     * Reads the other site's introduction, with the certificate that it showed.
     *
     * @throws ProviderException {@code CONFLICT} when it claims to be this site or its namesake, {@code REJECTED} when it is incomplete
     */
    static PeerIdentity read(Map<String, String> told, PeerFingerprint shown, LocalSite self) throws ProviderException {
        PeerIdentity peer;
        try {
            peer = new PeerIdentity(
                    SiteId.parse(told.getOrDefault(SITE_ID, "")),
                    told.getOrDefault(SITE_NAME, ""),
                    shown,
                    Endpoint.parse(told.getOrDefault(ENDPOINT, "")));
        } catch (IllegalArgumentException e) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "The sites were not paired",
                    "the other site's introduction is not understood: " + e.getMessage(),
                    "Run the same version of Tidemark at both sites.",
                    e);
        }
        if (peer.name().isBlank() || peer.name().length() > MAX_NAME_LENGTH) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "The sites were not paired",
                    "the other site's name has not 1 to " + MAX_NAME_LENGTH + " characters",
                    "Start it with a proper --name, then pair with a new token.");
        }
        if (peer.id().equals(self.id()) || shown.equals(self.identity().fingerprint())) {
            throw conflict("a site cannot pair with itself", "Use the token at the other site.");
        }
        if (peer.name().equalsIgnoreCase(self.name())) {
            throw conflict(
                    "both sites are named '" + peer.name() + "'",
                    "Start one of them with another --name, then pair with a new token.");
        }
        return peer;
    }

    static ProviderException conflict(String why, String remedy) {
        return new ProviderException(FailureKind.CONFLICT, "The sites were not paired", why, remedy);
    }
}
