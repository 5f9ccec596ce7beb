package io.tidemark.transport.tcp;

import io.tidemark.spi.transport.PeerFingerprint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TLS connection over a plain socket that can be cut at any moment: closing an {@link SSLSocket} waits for a writer that is stuck in it,
 * closing the plain socket below does not.
 */
final class SecureSocket {
    private static final Logger LOG = LoggerFactory.getLogger(SecureSocket.class);

    private final Socket plain;
    private final SSLSocket tls;

    SecureSocket(Socket plain, SSLSocket tls) throws IOException {
        this.plain = plain;
        this.tls = tls;
        plain.setOption(StandardSocketOptions.TCP_NODELAY, true);
        tls.setEnabledProtocols(new String[] {"TLSv1.3"});
    }

    void handshake() throws IOException {
        tls.startHandshake();
    }

    /** The peer's certificate, whose key the handshake has proved. */
    PeerFingerprint peer() throws SSLException {
        Certificate[] chain = tls.getSession().getPeerCertificates();
        if (chain.length > 0 && chain[0] instanceof X509Certificate certificate) {
            return PeerFingerprint.of(certificate);
        }
        throw new SSLException("the peer showed no X.509 certificate");
    }

    InputStream in() throws IOException {
        return tls.getInputStream();
    }

    OutputStream out() throws IOException {
        return tls.getOutputStream();
    }

    void shutdownOutput() throws IOException {
        tls.shutdownOutput();
    }

    /** Cuts the connection; whoever reads or writes gets an exception. Idempotent. */
    void cut() {
        try {
            plain.close();
        } catch (IOException e) {
            logCloseFailure(e);
        }
    }

    static void logCloseFailure(IOException e) {
        LOG.atDebug().setCause(e).log("A socket could not be closed; it is of no use any more anyway");
    }

    String remote() {
        return String.valueOf(plain.getRemoteSocketAddress());
    }
}
