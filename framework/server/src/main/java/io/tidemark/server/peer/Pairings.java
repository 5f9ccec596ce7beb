package io.tidemark.server.peer;

import io.tidemark.control.site.PairingSecret;
import io.tidemark.control.site.PeerIdentity;
import io.tidemark.spi.error.ProviderException;

/** How this site comes to trust another one. Calls may block. */
public interface Pairings {
    /** Makes a one-time secret. */
    PairingSecret invite() throws ProviderException;

    /**
     * The inviting side: uses the secret up and trusts the peer from then on.
     *
     * @throws ProviderException {@code REJECTED} when the secret is unknown, used or expired; nothing was changed then
     */
    void redeem(String secret, PeerIdentity peer) throws ProviderException;

    /** The joining side: trusts the peer from then on. */
    void trust(PeerIdentity peer) throws ProviderException;
}
