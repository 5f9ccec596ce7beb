package io.tidemark.hypervisor.vsphere.vim;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts one certificate: the one with a known thumbprint, or the first that is seen. Any other is refused, also one that an authority signed.
 * Any thread.
 */
public final class CertificatePin extends X509ExtendedTrustManager {
    private static final HexFormat PAIRS = HexFormat.ofDelimiter(":").withUpperCase();

    private final Consumer<String> onFirstUse;
    private @Nullable String pinned;

    /**
     * @param known thumbprint in the form of {@link #normalise}; empty to trust on first use
     * @param onFirstUse told the thumbprint that was seen first, before anything is sent
     */
    public CertificatePin(Optional<String> known, Consumer<String> onFirstUse) {
        this.pinned = known.orElse(null);
        this.onFirstUse = onFirstUse;
    }

    /** SHA-256 thumbprint as upper-case pairs joined by colons; empty when the text is none. */
    public static Optional<String> normalise(String text) {
        String digits = text.replaceAll("[:\\s]", "").toUpperCase(Locale.ROOT);
        return digits.matches("[0-9A-F]{64}")
                ? Optional.of(PAIRS.formatHex(HexFormat.of().parseHex(digits)))
                : Optional.empty();
    }

    /** A TLS context that trusts by this pin alone. */
    public SSLContext context() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {this}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
    }

    private synchronized void check(X509Certificate[] chain) throws CertificateException {
        if (chain.length == 0) {
            throw new CertificateException("the vCenter showed no certificate");
        }
        String seen = thumbprint(chain[0]);
        if (pinned == null) {
            pinned = seen;
            onFirstUse.accept(seen);
        } else if (!seen.equals(pinned)) {
            throw new Mismatch(pinned, seen);
        }
    }

    private static String thumbprint(X509Certificate certificate) throws CertificateEncodingException {
        try {
            return PAIRS.formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The vCenter shows another certificate than the pinned one. */
    static final class Mismatch extends CertificateException {
        private final String pinned;
        private final String seen;

        Mismatch(String pinned, String seen) {
            super("certificate " + seen + " in place of the pinned " + pinned);
            this.pinned = pinned;
            this.seen = seen;
        }

        String pinned() {
            return pinned;
        }

        String seen() {
            return seen;
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw new CertificateException("this side is a client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("this side is a client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("this side is a client");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
