package io.tidemark.control.site;

import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.PeerFingerprint;
import java.time.Instant;
import java.util.Optional;

/**
 * A paired site.
 *
 * @param endpoint where its transport listens
 * @param fingerprint the only certificate that is accepted from it
 * @param lastSeen when it last answered or asked
 */
public record PeerView(
        SiteId id,
        String name,
        Endpoint endpoint,
        PeerFingerprint fingerprint,
        Reachability reachability,
        Optional<Instant> lastSeen,
        Instant pairedAt) {

    /** Whether a peer answers. */
    public enum Reachability {
        /** Not asked yet since start. */
        UNKNOWN,
        REACHABLE,
        UNREACHABLE
    }
}
