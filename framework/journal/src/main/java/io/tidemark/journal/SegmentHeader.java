package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * The first 4 KiB of a segment.
 *
 * @param version of the segment's format; 1 has another kind of footer, which is not read any more
 * @param number grows by one from segment to segment
 * @param generation which use of the file this is: made at random, so that what is left in the file from another use is not taken for a batch
 * @param basePosition position of the first record
 * @param epoch the journal's epoch at that position
 * @param consistentSince from which position on the contents at the base position were consistent; -1 if they were not
 */
record SegmentHeader(
        int version,
        UUID incarnation,
        long number,
        long generation,
        long basePosition,
        long epoch,
        long consistentSince) {
    static final int BYTES = 4096;
    private static final int MAGIC = 0x31534D54; // "TMS1"
    private static final int VERSION = 2;
    private static final int OLDEST_VERSION = 1;

    /** The header of a segment that begins. */
    static SegmentHeader next(
            UUID incarnation, long number, long generation, long basePosition, long epoch, long consistentSince) {
        return new SegmentHeader(VERSION, incarnation, number, generation, basePosition, epoch, consistentSince);
    }

    /** The whole block, at an address that direct I/O takes. */
    ByteBuffer encode() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES + StoreFile.DIRECT_ALIGNMENT_BYTES)
                .alignedSlice(StoreFile.DIRECT_ALIGNMENT_BYTES)
                .limit(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(MAGIC).putInt(version);
        bytes.putLong(incarnation.getMostSignificantBits()).putLong(incarnation.getLeastSignificantBits());
        bytes.putLong(number)
                .putLong(generation)
                .putLong(basePosition)
                .putLong(epoch)
                .putLong(consistentSince);
        Checksum.seal(bytes.rewind());
        return bytes;
    }

    static SegmentHeader read(StoreFile file, UUID incarnation) throws IOException {
        if (file.lengthBytes() < BYTES) {
            throw new JournalCorruptException("segment " + file.path() + " is cut off inside its header: it has "
                    + file.lengthBytes() + " bytes");
        }
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(0, bytes);
        Checksum.verify(bytes.flip(), MAGIC, OLDEST_VERSION, VERSION, "the segment header", file.path());
        SegmentHeader header = new SegmentHeader(
                bytes.getShort(4),
                new UUID(bytes.getLong(8), bytes.getLong(16)),
                bytes.getLong(24),
                bytes.getLong(32),
                bytes.getLong(40),
                bytes.getLong(48),
                bytes.getLong(56));
        if (!header.incarnation.equals(incarnation)) {
            throw new JournalCorruptException("segment " + file.path() + " belongs to another journal ("
                    + header.incarnation + ", not " + incarnation + "). Put the right file back in its place");
        }
        return header;
    }
}
