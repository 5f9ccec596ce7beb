package io.tidemark.replication.lane;

import static io.tidemark.replication.wire.LaneMessage.DIGEST_BLOCK_BYTES;
import static io.tidemark.replication.wire.LaneMessage.DIGEST_BYTES;

import io.tidemark.replication.wire.BlockDigest;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * What the recovery site is known to hold of one volume while a sync runs, block by block, so that a sync ships differences only.
 *
 * <p>A block is unknown, known to be zero, or known by its digest; whatever is shipped for a block makes it unknown. Costs 17 bytes per
 * 64 KiB where digests are known, 1 byte otherwise. Not thread-safe; guarded by the lane's lock.
 */
final class KnownContents {
    private static final byte UNKNOWN = 0;
    private static final byte ZERO = 1;
    private static final byte DIGEST = 2;

    private final long sizeBytes;
    private final byte[] state;
    private final byte[] digests;
    private final MessageDigest sha256 = BlockDigest.newSha256();

    private KnownContents(long sizeBytes, byte initialState, int digestBlocks) {
        this.sizeBytes = sizeBytes;
        this.state = new byte[blockCount(sizeBytes)];
        this.digests = new byte[Math.multiplyExact(digestBlocks, DIGEST_BYTES)];
        Arrays.fill(state, initialState);
    }

    /** Nothing is known: everything is shipped. */
    static KnownContents unknown(long sizeBytes) {
        return new KnownContents(sizeBytes, UNKNOWN, 0);
    }

    /** The recovery site's volume reads as zeroes. */
    static KnownContents zero(long sizeBytes) {
        return new KnownContents(sizeBytes, ZERO, 0);
    }

    /** Room for a digest of every block; unknown until they are put. */
    static KnownContents forDigests(long sizeBytes) {
        return new KnownContents(sizeBytes, UNKNOWN, blockCount(sizeBytes));
    }

    static int blockCount(long sizeBytes) {
        return Math.toIntExact((sizeBytes + DIGEST_BLOCK_BYTES - 1) / DIGEST_BLOCK_BYTES);
    }

    void putDigests(long firstBlock, ByteBuffer from) {
        int block = Math.toIntExact(firstBlock);
        while (from.hasRemaining()) {
            from.get(digests, block * DIGEST_BYTES, DIGEST_BYTES);
            state[block++] = DIGEST;
        }
    }

    /** Something is shipped for this range: the blocks it touches are unknown from now on. */
    void forget(long offset, long lengthBytes) {
        int first = (int) (offset / DIGEST_BLOCK_BYTES);
        int last = (int) ((offset + lengthBytes - 1) / DIGEST_BLOCK_BYTES);
        Arrays.fill(state, first, last + 1, UNKNOWN);
    }

    /** Whether one whole block is known to hold exactly these bytes. */
    boolean holds(long blockOffset, ByteBuffer block) {
        int index = (int) (blockOffset / DIGEST_BLOCK_BYTES);
        return switch (state[index]) {
            case ZERO -> isZero(block);
            case DIGEST ->
                Arrays.equals(
                        BlockDigest.of(sha256, block.duplicate()),
                        0,
                        DIGEST_BYTES,
                        digests,
                        index * DIGEST_BYTES,
                        (index + 1) * DIGEST_BYTES);
            default -> false;
        };
    }

    /** Whether the whole range is known to read as zeroes, without looking at digests. */
    boolean isKnownZero(long offset, long lengthBytes) {
        int first = (int) (offset / DIGEST_BLOCK_BYTES);
        int last = (int) ((offset + lengthBytes - 1) / DIGEST_BLOCK_BYTES);
        for (int i = first; i <= last; i++) {
            if (state[i] != ZERO) {
                return false;
            }
        }
        return true;
    }

    /** Whether the range covers exactly one block (the last one of a volume may be short). */
    boolean isWholeBlock(long offset, long lengthBytes) {
        return offset % DIGEST_BLOCK_BYTES == 0 && lengthBytes == Math.min(DIGEST_BLOCK_BYTES, sizeBytes - offset);
    }

    static boolean isZero(ByteBuffer bytes) {
        int i = bytes.position();
        int end = bytes.limit();
        for (; i + Long.BYTES <= end; i += Long.BYTES) {
            if (bytes.getLong(i) != 0) {
                return false;
            }
        }
        for (; i < end; i++) {
            if (bytes.get(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
