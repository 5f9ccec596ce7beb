package io.tidemark.server.identity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The administrator's API token: made at the first start, kept as a hash, and left once in a file that only the server's user can read.
 * The file may be deleted once the token is in a safe place; deleting the hash revokes the token and the next start makes another.
 */
public final class AdminToken {
    private static final int SECRET_BYTES = 32;

    private final Path file;
    private final byte[] hash;

    private AdminToken(Path file, byte[] hash) {
        this.file = file;
        this.hash = hash;
    }

    /**
     * Reads the token's hash, or makes a token at the first start.
     *
     * @param file where a new token is left for the administrator
     * @param hashFile where its SHA-256 stays
     */
    public static AdminToken openOrCreate(Path file, Path hashFile) throws IOException {
        PrivateFile stored = new PrivateFile(hashFile);
        if (!stored.exists()) {
            byte[] secret = new byte[SECRET_BYTES];
            new SecureRandom().nextBytes(secret);
            String token = "tidemark_admin_" + HexFormat.of().formatHex(secret);
            new PrivateFile(file).write(token + "\n");
            // Last: a crash before this line leaves a token that is valid nowhere, and the next start makes another.
            stored.write(HexFormat.of().formatHex(sha256(token)) + "\n");
        }
        try {
            return new AdminToken(file, HexFormat.of().parseHex(stored.read().strip()));
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "The administrator token's hash in " + hashFile
                            + " is not readable. Delete that file; the next start makes a new " + "token in " + file
                            + ".",
                    e);
        }
    }

    /** Where the token was left at the first start. */
    public Path file() {
        return file;
    }

    /** Whether a caller showed the token; takes the same time for every wrong one. */
    public boolean matches(String token) {
        return MessageDigest.isEqual(hash, sha256(token));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
