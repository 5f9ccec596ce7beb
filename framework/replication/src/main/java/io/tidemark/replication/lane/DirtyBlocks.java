package io.tidemark.replication.lane;

import static io.tidemark.replication.wire.LaneMessage.DIGEST_BLOCK_BYTES;

import java.util.BitSet;

/**
 * Which blocks of a volume have to be read again from the source, in blocks of 64 KiB: 2 MiB of memory per TiB at most.
 *
 * <p>Not thread-safe; guarded by the lane's lock.
 */
final class DirtyBlocks {
    private final long sizeBytes;
    private final BitSet blocks = new BitSet();

    DirtyBlocks(long sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    void markAll() {
        blocks.set(0, blockCount());
    }

    void mark(long offset, long lengthBytes) {
        blocks.set(block(offset), block(offset + lengthBytes - 1) + 1);
    }

    void clear() {
        blocks.clear();
    }

    boolean isEmpty() {
        return blocks.isEmpty();
    }

    long dirtyBytes() {
        return Math.min(sizeBytes, (long) blocks.cardinality() * DIGEST_BLOCK_BYTES);
    }

    /** Takes the first run at or after {@code fromOffset} out of the set (wrapping to the start), at most {@code maxBytes} long. */
    Run take(long fromOffset, int maxBytes) {
        int first = blocks.nextSetBit(Math.min(block(fromOffset), blockCount()));
        if (first < 0) {
            first = blocks.nextSetBit(0);
        }
        int end = Math.min(blocks.nextClearBit(first), first + maxBytes / DIGEST_BLOCK_BYTES);
        blocks.clear(first, end);
        long offset = (long) first * DIGEST_BLOCK_BYTES;
        return new Run(offset, (int) (Math.min(sizeBytes, (long) end * DIGEST_BLOCK_BYTES) - offset));
    }

    private int blockCount() {
        return block(sizeBytes - 1) + 1;
    }

    private static int block(long offset) {
        return Math.toIntExact(offset / DIGEST_BLOCK_BYTES);
    }

    /** A run of bytes of the volume; starts on a block border. */
    record Run(long offset, int lengthBytes) {}
}
