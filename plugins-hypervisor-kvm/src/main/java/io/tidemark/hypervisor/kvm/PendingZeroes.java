package io.tidemark.hypervisor.kvm;

import java.util.BitSet;

/**
 * Ranges of a volume that were turned to zeroes and are not passed on yet, in chunks of 64 KiB: 2 MiB of memory for each TiB.
 *
 * <p>QEMU's mirror starts by zeroing its whole target, and then writes the data (block/mirror.c, seen with QEMU 7.2). Passed on as it
 * comes, that would wipe the replica before every delta sync. Held back until the data is there, only what really is zero remains.
 *
 * <p>Not thread-safe.
 */
final class PendingZeroes {
    static final int CHUNK_BYTES = 64 * 1024;

    private final BitSet chunks = new BitSet();
    private final long sizeBytes;

    PendingZeroes(long sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    /** Takes a range. */
    @FunctionalInterface
    interface RangeConsumer {
        void accept(long offset, long lengthBytes);
    }

    /** Keeps the whole chunks of a zeroed range; the pieces at its ends go to {@code rest}, which passes them on now. */
    void add(long offset, long lengthBytes, RangeConsumer rest) {
        long end = offset + lengthBytes;
        // The last chunk of a volume may be shorter than the others, and is whole all the same.
        long first = (offset + CHUNK_BYTES - 1) / CHUNK_BYTES;
        long last = end == sizeBytes ? (end + CHUNK_BYTES - 1) / CHUNK_BYTES : end / CHUNK_BYTES;
        if (first >= last) {
            release(offset, lengthBytes, rest);
            rest.accept(offset, lengthBytes);
            return;
        }
        chunks.set(Math.toIntExact(first), Math.toIntExact(last));
        long headEnd = first * CHUNK_BYTES;
        if (offset < headEnd) {
            release(offset, headEnd - offset, rest);
            rest.accept(offset, headEnd - offset);
        }
        long tail = Math.min(last * CHUNK_BYTES, end);
        if (tail < end) {
            release(tail, end - tail, rest);
            rest.accept(tail, end - tail);
        }
    }

    /** Forgets the chunks that a write covers; one that it covers in part goes to {@code zeroes} first. */
    void release(long offset, long lengthBytes, RangeConsumer zeroes) {
        long end = offset + lengthBytes;
        for (long chunk = offset / CHUNK_BYTES; chunk * CHUNK_BYTES < end; chunk++) {
            int index = Math.toIntExact(chunk);
            if (!chunks.get(index)) {
                continue;
            }
            chunks.clear(index);
            long start = chunk * CHUNK_BYTES;
            long length = lengthOf(start);
            if (offset > start || end < start + length) {
                zeroes.accept(start, length);
            }
        }
    }

    /** Passes on everything that is held, in order, neighbours joined, and holds nothing afterwards. */
    void drain(RangeConsumer zeroes) {
        int from = chunks.nextSetBit(0);
        while (from >= 0) {
            int to = chunks.nextClearBit(from);
            long start = (long) from * CHUNK_BYTES;
            zeroes.accept(start, Math.min((long) to * CHUNK_BYTES, sizeBytes) - start);
            from = chunks.nextSetBit(to);
        }
        chunks.clear();
    }

    private long lengthOf(long chunkStart) {
        return Math.min(CHUNK_BYTES, sizeBytes - chunkStart);
    }
}
