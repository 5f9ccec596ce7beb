package io.tidemark.server.peer;

import io.tidemark.control.site.PeerIdentity;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.PeerFingerprint;
import java.util.Optional;

/** The paired sites as they are now. Answers from memory: the transport's threads ask. */
public interface KnownPeers {
    Optional<PeerIdentity> find(SiteId site);

    Optional<PeerIdentity> find(PeerFingerprint fingerprint);
}
