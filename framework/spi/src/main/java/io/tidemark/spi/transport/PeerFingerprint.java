package io.tidemark.spi.transport;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * SHA-256 over a certificate's DER form; the identity that a site is pinned to.
 *
 * @param sha256Hex 64 lower-case hexadecimal digits
 */
public record PeerFingerprint(String sha256Hex) {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");

    public PeerFingerprint {
        if (!FORM.matcher(sha256Hex).matches()) {
            throw new IllegalArgumentException("a fingerprint is 64 lower-case hexadecimal digits");
        }
    }

    public static PeerFingerprint of(X509Certificate certificate) {
        try {
            return new PeerFingerprint(HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256 and an accepted certificate has an encoding", e);
        }
    }

    @Override
    public String toString() {
        return sha256Hex;
    }
}
