package io.tidemark.control.site;

import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.PeerFingerprint;

/**
 * Who the other site of a pairing is.
 *
 * @param endpoint where its transport listens, as this site reaches it
 */
public record PeerIdentity(SiteId id, String name, PeerFingerprint fingerprint, Endpoint endpoint) {}
