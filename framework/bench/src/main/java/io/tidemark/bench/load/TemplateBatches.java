package io.tidemark.bench.load;

import io.tidemark.journal.batch.BatchBuilder;
import io.tidemark.journal.batch.BatchFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;

/**
 * Batches as they come off the wire, without the cost of making them: encoded once, and given their place in the order each time they are
 * used. The payload is random, so it does not compress: as much reaches the disk as was written.
 *
 * <p>Where the fields are: {@code docs/format/journal.md}, "Batch".
 */
public final class TemplateBatches {
    private static final int FIRST_POSITION_AT = 24;
    private static final int TABLES_CRC_AT = 40;
    private static final int HEADER_CRC_AT = 60;
    private static final int RECORD_BYTES = 32;
    private static final int VOLUME_AT = 24;
    private static final int FRAME_BYTES = 24;
    private static final long EPOCH = 1;
    /** As much as waits for a journal's keeper at most. */
    private static final long POOL_BYTES = 8 << 20;

    private final List<ByteBuffer> batches = new ArrayList<>();
    private final int recordsPerBatch;
    private final int recordBytes;
    private final int tablesBytes;
    private int next;

    public TemplateBatches(int recordsPerBatch, int recordBytes, long seed) {
        this.recordsPerBatch = recordsPerBatch;
        this.recordBytes = recordBytes;
        int payloadBytes = recordsPerBatch * recordBytes;
        this.tablesBytes =
                recordsPerBatch * RECORD_BYTES + Math.ceilDiv(payloadBytes, BatchFormat.FRAME_RAW_BYTES) * FRAME_BYTES;
        Random random = new Random(seed);
        BatchBuilder builder = new BatchBuilder(payloadBytes);
        byte[] payload = new byte[recordBytes];
        int count = (int) Math.max(2, POOL_BYTES / payloadBytes);
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < recordsPerBatch; j++) {
                random.nextBytes(payload);
                builder.add(0, 0, ByteBuffer.wrap(payload));
            }
            batches.add(builder.build(0, EPOCH).order(ByteOrder.LITTLE_ENDIAN));
        }
    }

    public int records() {
        return recordsPerBatch;
    }

    public int recordBytes() {
        return recordBytes;
    }

    public long payloadBytes() {
        return (long) recordsPerBatch * recordBytes;
    }

    /** The next batch, whose records go to one volume at the offsets that are supplied. Good until the pool has been used once more. */
    public ByteBuffer next(long firstPosition, int volumeIndex, LongSupplier offsets) {
        ByteBuffer batch = batches.get(next);
        next = (next + 1) % batches.size();
        for (int i = 0; i < recordsPerBatch; i++) {
            int record = BatchFormat.HEADER_BYTES + i * RECORD_BYTES;
            batch.putLong(record, offsets.getAsLong());
            batch.putShort(record + VOLUME_AT, (short) volumeIndex);
        }
        batch.putInt(TABLES_CRC_AT, BatchFormat.crc(batch, BatchFormat.HEADER_BYTES, tablesBytes));
        batch.putLong(FIRST_POSITION_AT, firstPosition);
        batch.putInt(HEADER_CRC_AT, BatchFormat.crc(batch, 0, HEADER_CRC_AT));
        return batch.duplicate();
    }
}
