package io.tidemark.journal.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The check that every batch passes on its way in accepts exactly what the careful one accepts. */
final class BatchCheckTest {
    private static final int CAPACITY = 1 << 20;
    private static final int AT = 8192;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CAPACITY).order(ByteOrder.LITTLE_ENDIAN);
    private final BatchCheck check = new BatchCheck(buffer);

    private static byte[] batch(Random random) {
        BatchBuilder builder = new BatchBuilder(200_000);
        if (random.nextInt(4) == 0) {
            builder.addMarker(random.nextBoolean() ? RecordType.SYNC_BEGIN : RecordType.SYNC_END);
        }
        int records = 1 + random.nextInt(8);
        for (int i = 0; i < records; i++) {
            if (random.nextInt(4) == 0) {
                builder.addZero(random.nextBoolean() ? RecordType.ZERO : RecordType.TRIM, 1, random.nextInt(999), 77);
            } else {
                byte[] data = new byte[1 + random.nextInt(20_000)];
                if (random.nextBoolean()) {
                    random.nextBytes(data);
                }
                builder.add(random.nextInt(3), random.nextInt(1 << 20), ByteBuffer.wrap(data));
            }
        }
        ByteBuffer built = builder.build(random.nextInt(1000), random.nextInt(5));
        byte[] bytes = new byte[built.remaining()];
        built.get(bytes);
        return bytes;
    }

    private boolean fast(byte[] bytes) {
        buffer.put(AT, bytes);
        return check.verify(AT, bytes.length);
    }

    private static boolean careful(byte[] bytes) {
        try {
            Batch.parse(ByteBuffer.wrap(bytes)).verifyPayload();
            return true;
        } catch (CorruptBatchException e) {
            return false;
        }
    }

    @Test
    void goodBatchesPassAndAreToldTheSame() throws Exception {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            byte[] bytes = batch(random);
            assertTrue(fast(bytes));
            Batch batch = Batch.parse(ByteBuffer.wrap(bytes));
            assertEquals(batch.header().firstPosition(), check.firstPosition());
            assertEquals(batch.header().endPosition(), check.endPosition());
            assertEquals(batch.header().epoch(), check.epoch());
            assertEquals(batch.header().recordCount(), check.recordCount());
            for (int i = 0; i < check.recordCount(); i++) {
                assertEquals(batch.record(i).type().code(), check.typeCode(i));
                assertEquals(batch.record(i).volumeIndex(), check.volumeIndex(i));
                assertEquals(batch.record(i).offset(), check.offset(i));
                assertEquals(batch.record(i).lengthBytes(), check.lengthBytes(i));
                assertEquals(batch.tables().rawStart(i), check.rawStart(i));
            }
        }
    }

    /** Any flipped bit, any changed field of the header or tables with the checksums made right again, any other length. */
    @Test
    void bothChecksAgreeOnDamagedBatches() {
        Random random = new Random(6);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = batch(random).clone();
            int tables = Math.min(bytes.length, 600);
            int at = random.nextInt(random.nextBoolean() ? tables : bytes.length);
            bytes[at] ^= (byte) (1 << random.nextInt(8));
            if (random.nextInt(3) > 0) {
                repair(bytes);
            }
            boolean expected = careful(bytes);
            assertEquals(expected, fast(bytes), () -> "byte " + at + " of a batch of " + bytes.length);
            refused += expected ? 0 : 1;
        }
        assertTrue(refused > 15_000);
    }

    private static void repair(byte[] bytes) {
        ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long end = BatchFormat.HEADER_BYTES
                + view.getInt(BatchFormat.RECORD_COUNT_AT) * (long) BatchFormat.RECORD_BYTES
                + view.getInt(BatchFormat.FRAME_COUNT_AT) * (long) BatchFormat.FRAME_BYTES;
        if (end >= BatchFormat.HEADER_BYTES && end <= bytes.length) {
            int length = (int) end - BatchFormat.HEADER_BYTES;
            view.putInt(BatchFormat.TABLES_CRC_AT, BatchFormat.crc(view, BatchFormat.HEADER_BYTES, length));
        }
        view.putInt(BatchFormat.HEADER_CRC_AT, BatchFormat.crc(view, 0, BatchFormat.HEADER_CRC_AT));
    }
}
