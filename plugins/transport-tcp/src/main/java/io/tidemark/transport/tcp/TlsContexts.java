package io.tidemark.transport.tcp;

import io.tidemark.spi.transport.SiteIdentity;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Makes TLS contexts that show a site's certificate and take whatever certificate the peer shows: who is trusted is decided by fingerprint. */
final class TlsContexts {
    private TlsContexts() {}

    /**
     * A context of its own for each use, so that no session is resumed past a check of certificates.
     *
     * @throws GeneralSecurityException when the JDK cannot use the key
     */
    static SSLContext of(SiteIdentity self) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(new KeyManager[] {new OneKey(self)}, new TrustManager[] {new AnyCertificate()}, null);
        return context;
    }

    /** Offers the site's key whatever issuers the peer would like. */
    private static final class OneKey extends X509ExtendedKeyManager {
        private static final String ALIAS = "site";
        private final SiteIdentity self;

        OneKey(SiteIdentity self) {
            this.self = self;
        }

        private @Nullable String aliasFor(String... keyTypes) {
            return List.of(keyTypes).contains(self.key().getAlgorithm()) ? ALIAS : null;
        }

        private String[] aliases(String keyType) {
            return aliasFor(keyType) == null ? new String[0] : new String[] {ALIAS};
        }

        @Override
        public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return aliases(keyType);
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return aliasFor(keyTypes);
        }

        @Override
        public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            return aliases(keyType);
        }

        @Override
        public @Nullable String chooseServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return aliasFor(keyType);
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {self.certificate()};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return self.key();
        }
    }

    /** Takes any certificate; its fingerprint is compared right after the handshake, before a byte of ours is sent or of theirs is used. */
    private static final class AnyCertificate extends X509ExtendedTrustManager {
        private static void present(X509Certificate[] chain) throws CertificateException {
            if (chain.length == 0) {
                throw new CertificateException("the peer showed no certificate");
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            present(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            present(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            present(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            present(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            present(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            present(chain);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
