package io.tidemark.tck.transport;

import io.tidemark.spi.transport.SiteIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Three site identities for tests, made with the JDK's {@code keytool} once per run. */
public final class TestIdentities {
    private static final String PASSWORD = "not-a-secret";

    private TestIdentities() {}

    public static SiteIdentity one() {
        return Made.ALL.get(0);
    }

    public static SiteIdentity two() {
        return Made.ALL.get(1);
    }

    public static SiteIdentity stranger() {
        return Made.ALL.get(2);
    }

    private static List<SiteIdentity> make() {
        try {
            Path folder = Files.createTempDirectory("identities");
            Path store = folder.resolve("store.p12");
            try {
                return List.of(make(store, "one"), make(store, "two"), make(store, "stranger"));
            } finally {
                Files.deleteIfExists(store);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("keytool's store cannot be read", e);
        }
    }

    private static SiteIdentity make(Path store, String alias) throws IOException, GeneralSecurityException {
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-J-XX:TieredStopAtLevel=1",
                        "-genkeypair",
                        "-alias",
                        alias,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=" + alias,
                        "-validity",
                        "3650",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .start();
        try {
            String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
                throw new IllegalStateException("keytool failed: " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while keytool ran", e);
        } finally {
            keytool.destroyForcibly();
        }
        KeyStore loaded = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            loaded.load(in, PASSWORD.toCharArray());
        }
        if (loaded.getKey(alias, PASSWORD.toCharArray()) instanceof PrivateKey key
                && loaded.getCertificate(alias) instanceof X509Certificate certificate) {
            return new SiteIdentity(key, certificate);
        }
        throw new IllegalStateException("keytool made no key named " + alias);
    }

    /** Made when first asked for. */
    private static final class Made {
        static final List<SiteIdentity> ALL = make();
    }
}
