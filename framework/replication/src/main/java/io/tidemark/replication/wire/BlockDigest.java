package io.tidemark.replication.wire;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** The digest by which two sites compare a block: the first {@link LaneMessage#DIGEST_BYTES} bytes of its SHA-256. */
public final class BlockDigest {
    private BlockDigest() {}

    /** Computes a digest; consumes the buffer. */
    public static byte[] of(MessageDigest sha256, ByteBuffer block) {
        sha256.update(block);
        return Arrays.copyOf(sha256.digest(), LaneMessage.DIGEST_BYTES);
    }

    /** A digest to be used by one thread. */
    public static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
