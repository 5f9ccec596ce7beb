package io.tidemark.guest;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * One entry of a guest's ledger: a block of 4 KiB, written at once.
 *
 * <pre>
 *    0  8   magic "TMLEDGER"
 *    8  8   number, big-endian, from 1
 *   16  32  digest of the entry before; zeroes for the first
 *   48  …   filler that follows from the digest of this entry, so that entries neither compress away nor resemble each other
 * 4092  4   CRC32C of all before
 * </pre>
 *
 * <p>An entry's digest is the SHA-256 of its number and of the digest before it, so an entry fits only where it belongs.
 *
 * @param number 0 for the start of the chain, which is on no disk
 */
record LedgerEntry(long number, Digest digest) {
    static final int BLOCK_BYTES = 4096;

    static final LedgerEntry START =
            new LedgerEntry(0, new Digest(ByteBuffer.allocate(32).asReadOnlyBuffer()));

    private static final long MAGIC = 0x544d4c4544474552L;
    private static final int FILLER_AT = 48;
    private static final int CRC_AT = BLOCK_BYTES - Integer.BYTES;

    /** 32 bytes that are never changed. */
    record Digest(ByteBuffer bytes) {}

    /** The entry that follows this one. */
    LedgerEntry next() {
        MessageDigest sha = sha256();
        sha.update(ByteBuffer.allocate(Long.BYTES).putLong(0, number + 1));
        sha.update(digest.bytes().duplicate());
        return new LedgerEntry(
                number + 1, new Digest(ByteBuffer.wrap(sha.digest()).asReadOnlyBuffer()));
    }

    /** The block of the entry that follows this one. */
    ByteBuffer nextBlock() {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        block.putLong(MAGIC).putLong(number + 1).put(digest.bytes().duplicate());
        SplittableRandom filler = new SplittableRandom(next().digest().bytes().getLong(0));
        while (block.position() + Long.BYTES <= CRC_AT) {
            block.putLong(filler.nextLong());
        }
        block.position(CRC_AT).putInt(crc(block));
        return block.flip();
    }

    /** Whether the block holds the entry that follows this one, unharmed. */
    boolean isFollowedBy(ByteBuffer block) {
        return block.getLong(0) == MAGIC
                && block.getLong(Long.BYTES) == number + 1
                && block.slice(2 * Long.BYTES, FILLER_AT - 2 * Long.BYTES).equals(digest.bytes())
                && block.getInt(CRC_AT) == crc(block)
                && Arrays.equals(nextBlock().array(), 0, BLOCK_BYTES, bytesOf(block), 0, BLOCK_BYTES);
    }

    private static byte[] bytesOf(ByteBuffer block) {
        byte[] bytes = new byte[BLOCK_BYTES];
        block.get(0, bytes);
        return bytes;
    }

    private static int crc(ByteBuffer block) {
        CRC32C crc = new CRC32C();
        crc.update(block.slice(0, CRC_AT));
        return (int) crc.getValue();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-256", missing);
        }
    }
}
