package io.tidemark.server.identity;

import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.SiteIdentity;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.bouncycastle.util.io.pem.PemWriter;

/**
 * The site's id, key and self-signed certificate (EC P-256) in {@code <data>/identity}; made once, never replaced silently: peers have
 * pinned the certificate.
 */
public final class IdentityStore {
    /** Peers pin the certificate itself, so its end date is a formality. */
    private static final Duration VALIDITY = Duration.ofDays(20 * 365);

    private static final int SERIAL_BITS = 159;

    private final Path folder;
    private final Clock clock;

    public IdentityStore(Path folder, Clock clock) {
        this.folder = folder;
        this.clock = clock;
    }

    /**
     * Reads the identity, or makes it at the first start.
     *
     * @throws IOException also when only a part of it is there or it does not parse; the message says what to restore
     */
    public LocalSite openOrCreate(String siteName) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        PrivateFile id = new PrivateFile(folder.resolve("site-id"));
        PrivateFile key = new PrivateFile(folder.resolve("site-key.pem"));
        PrivateFile certificate = new PrivateFile(folder.resolve("site-certificate.pem"));
        // The id is written last: without it nothing of an earlier, interrupted first start was ever shown to a peer.
        if (!id.exists()) {
            create(siteName, id, key, certificate);
        }
        try {
            SiteIdentity identity = new SiteIdentity(parseKey(key.read()), parseCertificate(certificate.read()));
            return new LocalSite(SiteId.parse(id.read().strip()), siteName, identity, certificate.path(), key.path());
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(
                    "The identity of this site in " + folder + " cannot be read: " + e.getMessage()
                            + ". Peers trust this certificate, so no new one is made. Restore the folder from a backup; only "
                            + "for a site without peers delete the whole folder to start anew.",
                    e);
        }
    }

    private void create(String siteName, PrivateFile id, PrivateFile key, PrivateFile certificate) throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            key.write(pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
            certificate.write(pem("CERTIFICATE", selfSigned(siteName, pair).getEncoded()));
            id.write(SiteId.random() + "\n");
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("The identity of this site cannot be made: " + e.getMessage(), e);
        }
    }

    private X509Certificate selfSigned(String siteName, KeyPair pair)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        Instant now = clock.instant();
        X500Name name = new X500NameBuilder().addRDN(BCStyle.CN, siteName).build();
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                name,
                new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(SERIAL_BITS - 1),
                Date.from(now.minus(Duration.ofDays(1))),
                Date.from(now.plus(VALIDITY)),
                name,
                pair.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
            new GeneralName(GeneralName.dNSName, "localhost"),
            new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
            new GeneralName(GeneralName.iPAddress, "::1")
        }));
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
    }

    private static String pem(String type, byte[] content) throws IOException {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            writer.writeObject(new PemObject(type, content));
        }
        return text.toString();
    }

    private static byte[] unwrap(String pem, String type) throws IOException {
        try (PemReader reader = new PemReader(new StringReader(pem))) {
            PemObject object = reader.readPemObject();
            if (object == null || !object.getType().equals(type)) {
                throw new IOException("a PEM file with a " + type + " was expected");
            }
            return object.getContent();
        }
    }

    private static PrivateKey parseKey(String pem) throws IOException, GeneralSecurityException {
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(unwrap(pem, "PRIVATE KEY")));
    }

    private static X509Certificate parseCertificate(String pem) throws IOException, GeneralSecurityException {
        return new JcaX509CertificateConverter()
                .getCertificate(new org.bouncycastle.cert.X509CertificateHolder(unwrap(pem, "CERTIFICATE")));
    }
}
