package io.tidemark.pluginhost;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Checks that a plugin file is what its publisher made, by the files that lie beside it: {@code NAME.sha512} as {@code sha512sum}
 * writes it, and {@code NAME.sig}, the Base64 form of an Ed25519 signature over the 64 bytes of the file's SHA-512.
 */
final class Authenticity {
    static final String CHECKSUM_SUFFIX = ".sha512";
    static final String SIGNATURE_SUFFIX = ".sig";
    private static final int SIDECAR_BYTES = 4096;
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{128}");

    private final Map<String, PublicKey> publisherKeys;
    private final PluginHostConfig.SignaturePolicy policy;

    Authenticity(PluginHostConfig config) {
        this.publisherKeys = config.publisherKeys();
        this.policy = config.signatures();
    }

    static Path sidecar(Path zip, String suffix) {
        return zip.resolveSibling(zip.getFileName() + suffix);
    }

    static byte[] sha512(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-512");
            byte[] buffer = new byte[64 << 10];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            return digest.digest();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-512", e);
        }
    }

    /**
     * Checks the digest of a file against the sidecars.
     *
     * @return the publisher who signed it, where it is signed
     */
    Optional<String> check(Path zip, byte[] sha512) throws IOException, PluginException {
        checkSum(zip, sha512);
        Path signatureFile = sidecar(zip, SIGNATURE_SUFFIX);
        if (!Files.exists(signatureFile)) {
            if (policy == PluginHostConfig.SignaturePolicy.REQUIRED) {
                throw new PluginException(
                        zip.getFileName() + " is not signed",
                        "this site takes signed plugins only and " + signatureFile.getFileName() + " is not there",
                        "Get the signature from the publisher and put it beside the zip, or change the site's signature policy.");
            }
            return Optional.empty();
        }
        byte[] signature = decode(zip, sidecarText(signatureFile));
        for (Map.Entry<String, PublicKey> publisher : publisherKeys.entrySet()) {
            if (matches(publisher.getValue(), sha512, signature)) {
                return Optional.of(publisher.getKey());
            }
        }
        throw new PluginException(
                zip.getFileName() + " has a signature that does not verify",
                publisherKeys.isEmpty()
                        ? "no publisher key is configured on this site"
                        : "none of the configured publishers made it for this file: "
                                + String.join(", ", publisherKeys.keySet()),
                "Fetch zip and signature again from the publisher; if they are right, configure that publisher's key. "
                        + "Do not delete the signature to get past this.");
    }

    private static void checkSum(Path zip, byte[] sha512) throws IOException, PluginException {
        Path checksumFile = sidecar(zip, CHECKSUM_SUFFIX);
        if (!Files.exists(checksumFile)) {
            return;
        }
        String expected = sidecarText(checksumFile).split("\\s", 2)[0].toLowerCase(Locale.ROOT);
        String actual = HexFormat.of().formatHex(sha512);
        if (!HEX.matcher(expected).matches()) {
            throw new PluginException(
                    checksumFile.getFileName() + " is not a SHA-512 checksum",
                    "it must start with 128 hexadecimal digits",
                    "Make it with 'sha512sum " + zip.getFileName() + "'.");
        }
        if (!expected.equals(actual)) {
            throw new PluginException(
                    zip.getFileName() + " does not match its checksum",
                    checksumFile.getFileName() + " says " + expected.substring(0, 16) + "…, the file has "
                            + actual.substring(0, 16) + "…",
                    "The file is damaged or was changed: fetch it again.");
        }
    }

    private static byte[] decode(Path zip, String text) throws PluginException {
        try {
            return Base64.getMimeDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new PluginException(
                    new PluginProblem(
                            "The signature of " + zip.getFileName() + " cannot be read",
                            "it is not Base64",
                            "Fetch it again; docs/plugins/README.md shows how it is made."),
                    e);
        }
    }

    private static boolean matches(PublicKey key, byte[] message, byte[] signature) throws PluginException {
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(key);
            verifier.update(message);
            return signature.length == 64 && verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            throw new PluginException(
                    new PluginProblem(
                            "A publisher key cannot be used",
                            String.valueOf(e.getMessage()),
                            "Publisher keys are Ed25519 public keys; correct the site's configuration."),
                    e);
        }
    }

    private static String sidecarText(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(SIDECAR_BYTES), StandardCharsets.US_ASCII).strip();
        }
    }
}
