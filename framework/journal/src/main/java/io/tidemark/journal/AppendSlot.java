package io.tidemark.journal;

import io.tidemark.journal.batch.BatchCheck;
import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.file.StoreFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One off-heap buffer of the append path: batches lie in it as they will in the file. Owned by the journal's owner, and lent to the disk while a
 * write of it is pending.
 */
final class AppendSlot {
    private final ByteBuffer buffer;
    private final ByteBuffer window;
    private final BatchCheck check;
    private final CRC32C crc = new CRC32C();

    StoreFile.@Nullable PendingWrite pending;
    /** What lies before this was handed to the disk. */
    int start;
    /** Where the next batch goes. */
    int end;
    /** Where in the file {@link #start} belongs; only if it is less than {@link #end}. */
    long fileOffset;

    AppendSlot(int capacityBytes) {
        this.buffer = ByteBuffer.allocateDirect(capacityBytes + StoreFile.DIRECT_ALIGNMENT_BYTES)
                .alignedSlice(StoreFile.DIRECT_ALIGNMENT_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        this.window = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        this.check = new BatchCheck(buffer);
    }

    boolean isEmpty() {
        return start == end;
    }

    /** Copies a batch behind the others, which does not make it one of them. @return what can verify it */
    BatchCheck stage(ByteBuffer batch) {
        buffer.put(end, batch, batch.position(), batch.remaining());
        return check;
    }

    /** What was put there and not handed to the disk; valid until the next call. */
    ByteBuffer unwritten() {
        return window.limit(end).position(start);
    }

    /** Puts the store's stamp into the staged batch. */
    void stamp(UUID incarnation, long generation, long batchFileOffset, long durablePosition) {
        put(buffer, end, incarnation, generation, batchFileOffset, durablePosition);
        crc.reset();
        crc.update(window.limit(end + BatchStamp.CRC_AT).position(end));
        buffer.putInt(end + BatchStamp.CRC_AT, (int) crc.getValue());
    }

    /** All of a stamp but its checksum. */
    private static void put(
            ByteBuffer bytes,
            int batchAt,
            UUID incarnation,
            long generation,
            long batchFileOffset,
            long durablePosition) {
        int at = batchAt + BatchFormat.STAMP_OFFSET;
        bytes.putInt(at, BatchStamp.MAGIC);
        bytes.putInt(at + 4, 0);
        bytes.putLong(at + 8, generation);
        bytes.putLong(at + 16, batchFileOffset);
        bytes.putLong(at + 24, durablePosition);
        bytes.putLong(at + 32, incarnation.getMostSignificantBits());
        bytes.putLong(at + 40, incarnation.getLeastSignificantBits());
        bytes.putLong(at + 48, 0);
        bytes.putInt(at + 56, 0);
    }
}
