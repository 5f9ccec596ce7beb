package io.tidemark.control.site;

import java.time.Instant;

/**
 * A secret with which one other site may pair, once.
 *
 * @param secret 256 random bits, base64url; stored here as a hash only
 */
public record PairingSecret(String secret, Instant expiresAt) {
    /** Never prints the secret. */
    @Override
    public String toString() {
        return "PairingSecret[expiresAt=" + expiresAt + "]";
    }
}
