package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What the journal itself writes into a batch that it stores, in the room that the header keeps for it: proof that these bytes were put at
 * this place of this file, and how much of the journal was durable at that time.
 *
 * <p>The first makes a batch that a guest stored inside its own disk, or one that is left over from another use of the file, invalid here. The
 * second lets recovery tell a torn tail (which is cut) from damage to what was durable (which is refused).
 *
 * @param durablePosition the journal's durable position when the batch was written
 */
record BatchStamp(long durablePosition) {
    static final int MAGIC = 0x504D5453; // "STMP"
    static final int CRC_AT = BatchFormat.STAMP_OFFSET + BatchFormat.STAMP_BYTES - Checksum.BYTES;

    /** @param batch starts at 0 with the batch; only the stamp is changed */
    void put(ByteBuffer batch, UUID incarnation, long generation, long fileOffset) {
        ByteBuffer bytes = batch.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int at = BatchFormat.STAMP_OFFSET;
        bytes.putInt(at, MAGIC);
        bytes.putInt(at + 4, 0);
        bytes.putLong(at + 8, generation);
        bytes.putLong(at + 16, fileOffset);
        bytes.putLong(at + 24, durablePosition);
        bytes.putLong(at + 32, incarnation.getMostSignificantBits());
        bytes.putLong(at + 40, incarnation.getLeastSignificantBits());
        bytes.putLong(at + 48, 0);
        bytes.putInt(at + 56, 0);
        bytes.putInt(CRC_AT, crc(bytes));
    }

    /**
     * Reads the stamp of a batch; empty if these bytes were not written by this journal at this place, or are not intact.
     *
     * @param head the first {@link BatchFormat#HEADER_BYTES} of the batch, from 0
     */
    static Optional<BatchStamp> read(ByteBuffer head, UUID incarnation, long generation, long fileOffset) {
        ByteBuffer bytes = head.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int at = BatchFormat.STAMP_OFFSET;
        boolean valid = bytes.getInt(at) == MAGIC
                && bytes.getLong(at + 8) == generation
                && bytes.getLong(at + 16) == fileOffset
                && bytes.getLong(at + 32) == incarnation.getMostSignificantBits()
                && bytes.getLong(at + 40) == incarnation.getLeastSignificantBits()
                && bytes.getInt(CRC_AT) == crc(bytes);
        return valid ? Optional.of(new BatchStamp(bytes.getLong(at + 24))) : Optional.empty();
    }

    /** Over the sender's header too: a stamp is worth nothing beside another header. */
    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, CRC_AT));
        return (int) crc.getValue();
    }
}
