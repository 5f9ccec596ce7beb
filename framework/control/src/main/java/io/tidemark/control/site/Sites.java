package io.tidemark.control.site;

import io.tidemark.control.ControlException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.PeerFingerprint;
import java.util.List;
import java.util.Optional;

/** This site and its pairings. */
public interface Sites {
    SiteView self();

    /** In name order. */
    List<PeerView> peers();

    /** A peer by id or name (names match without regard to case). */
    Optional<PeerView> findPeer(String idOrName);

    /** Makes a one-time secret; it is good for {@code pairingLifetime}. */
    PairingSecret createPairingToken();

    /**
     * The inviting side: checks the secret, uses it up, and from then on trusts the peer.
     *
     * @throws ControlException {@code PAIRING_SECRET_REFUSED} when it is unknown, used or expired: the three look alike from outside;
     *     {@code PEER_EXISTS} when another site has this name
     */
    PeerView redeemPairing(String secret, PeerIdentity peer);

    /** The joining side: trusts the peer. Pairing again with the same site updates name, certificate and endpoint. */
    PeerView addPeer(PeerIdentity peer);

    /** Whether a site with this certificate is paired. */
    boolean trusts(PeerFingerprint fingerprint);

    /**
     * Ends a pairing on this side.
     *
     * @throws ControlException {@code PEER_IN_USE} while a VPG needs it, {@code PEER_NOT_FOUND}
     */
    void removePeer(SiteId peer);
}
