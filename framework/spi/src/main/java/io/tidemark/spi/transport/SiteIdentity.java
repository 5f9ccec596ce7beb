package io.tidemark.spi.transport;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/** The key and the self-signed certificate by which a site proves who it is. */
public record SiteIdentity(PrivateKey key, X509Certificate certificate) {
    public PeerFingerprint fingerprint() {
        return PeerFingerprint.of(certificate);
    }

    /** Never prints the key. */
    @Override
    public String toString() {
        return "SiteIdentity[" + fingerprint() + "]";
    }
}
