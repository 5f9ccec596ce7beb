package io.tidemark.target.aws.ebs;

import io.tidemark.spi.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Arithmetic of EBS's blocks, and reading a device in them. */
public final class Blocks {
    /** The size of every block, fixed by the EBS direct APIs. */
    public static final int SIZE_BYTES = 512 * 1024;

    public static final long GIB = 1L << 30;
    public static final int HASH_BYTES = 32;

    private Blocks() {}

    /** Number of blocks that a device touches. */
    public static int count(long sizeBytes) {
        return Math.toIntExact((sizeBytes + SIZE_BYTES - 1) / SIZE_BYTES);
    }

    /** Size of the smallest volume that holds a device, GiB. */
    public static long gibibytes(long sizeBytes) {
        return Math.max(1, (sizeBytes + GIB - 1) / GIB);
    }

    /** One block of a device; beyond the device's end it is zero, as the volume there is. */
    static byte[] read(BlockDevice device, int index) throws IOException {
        long offset = (long) index * SIZE_BYTES;
        byte[] block = new byte[SIZE_BYTES];
        int length = (int) Math.min(SIZE_BYTES, device.sizeBytes() - offset);
        if (length > 0) {
            device.read(offset, ByteBuffer.wrap(block, 0, length));
        }
        return block;
    }

    static boolean isZero(byte[] block) {
        return ByteBuffer.wrap(block).mismatch(ByteBuffer.wrap(ZEROES)) < 0;
    }

    static byte[] hash(byte[] block) {
        return sha256().digest(block);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException never) {
            throw new IllegalStateException("every JDK has SHA-256", never);
        }
    }

    private static final byte[] ZEROES = new byte[SIZE_BYTES];
}
