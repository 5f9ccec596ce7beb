package io.tidemark.journal.batch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is put into a batch comes out again, or is refused: never anything else. */
final class BatchTest {
    private static byte[] bytes(Random random, int length, int alphabet) {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            data[i] = (byte) random.nextInt(alphabet);
        }
        return data;
    }

    private static byte[] copyOf(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        return copy;
    }

    @Test
    void recordsAndPayloadComeOutAsTheyWentIn() throws CorruptBatchException {
        Random random = new Random(1);
        BatchBuilder builder = new BatchBuilder(256 * 1024);
        for (int round = 0; round < 50; round++) {
            List<BatchRecord> expected = new ArrayList<>();
            List<byte[]> payloads = new ArrayList<>();
            long first = random.nextInt(1000);
            int count = 1 + random.nextInt(30);
            for (int i = 0; i < count; i++) {
                byte[] data = bytes(random, 1 + random.nextInt(50_000), random.nextBoolean() ? 2 : 256);
                if (random.nextInt(4) == 0) {
                    builder.addZero(RecordType.TRIM, 3, 4096, 1L << 40);
                    expected.add(new BatchRecord(first + expected.size(), RecordType.TRIM, 3, 4096, 1L << 40));
                    payloads.add(new byte[0]);
                } else if (builder.fits(data.length)) {
                    builder.add(i, i * 7L, ByteBuffer.wrap(data));
                    expected.add(new BatchRecord(first + expected.size(), RecordType.WRITE, i, i * 7L, data.length));
                    payloads.add(data);
                }
            }
            builder.addMarker(RecordType.SYNC_END);
            expected.add(new BatchRecord(first + expected.size(), RecordType.SYNC_END, BatchRecord.WHOLE_VM, 0, 0));
            assertEquals(expected.size(), builder.recordCount());
            ByteBuffer encoded = builder.build(first, 9);
            assertEquals(0, builder.recordCount());
            assertEquals(0, encoded.remaining() % 4096);
            Batch batch = Batch.parse(encoded);
            batch.verifyPayload();
            assertEquals(expected, batch.records());
            assertEquals(first, batch.header().firstPosition());
            assertEquals(first + expected.size(), batch.header().endPosition());
            assertEquals(9, batch.header().epoch());
            for (int i = 0; i < payloads.size(); i++) {
                if (expected.get(i).type() == RecordType.WRITE) {
                    assertArrayEquals(payloads.get(i), copyOf(batch.payload(i)));
                }
            }
        }
    }

    @Test
    void compressibleDataTakesLessRoomAndOtherDataLittleMore() {
        BatchBuilder builder = new BatchBuilder(256 * 1024);
        builder.add(0, 0, ByteBuffer.allocate(256 * 1024));
        assertTrue(builder.build(0, 0).remaining() <= 20 * 1024);
        builder.add(0, 0, ByteBuffer.wrap(bytes(new Random(2), 256 * 1024, 256)));
        assertEquals(256 * 1024 + 4096, builder.build(0, 0).remaining());
    }

    @Test
    void everyFlippedByteIsRefused() {
        Random random = new Random(3);
        BatchBuilder builder = new BatchBuilder(64 * 1024);
        builder.add(0, 512, ByteBuffer.wrap(bytes(random, 5_000, 256)));
        builder.add(1, 512, ByteBuffer.wrap(bytes(random, 40_000, 3)));
        builder.addZero(RecordType.ZERO, 1, 0, 1_000_000);
        byte[] good = copyOf(builder.build(77, 1));
        for (int at = 0; at < good.length; at++) {
            if (at >= BatchFormat.STAMP_OFFSET && at < BatchFormat.STAMP_OFFSET + BatchFormat.STAMP_BYTES) {
                continue;
            }
            byte[] bad = good.clone();
            bad[at] ^= (byte) (1 << random.nextInt(8));
            assertThrows(CorruptBatchException.class, () -> Batch.parse(ByteBuffer.wrap(bad)), "byte " + at);
        }
    }

    @Test
    void everyShorterBatchAndRandomBytesAreRefused() {
        Random random = new Random(4);
        BatchBuilder builder = new BatchBuilder(64 * 1024);
        builder.add(0, 0, ByteBuffer.wrap(bytes(random, 10_000, 256)));
        byte[] good = copyOf(builder.build(0, 0));
        for (int length = 0; length < good.length; length += 61) {
            ByteBuffer cut = ByteBuffer.wrap(good, 0, length);
            assertThrows(CorruptBatchException.class, () -> Batch.parse(cut));
        }
        for (int i = 0; i < 1_000; i++) {
            ByteBuffer nonsense = ByteBuffer.wrap(bytes(random, 8192, 256));
            assertThrows(CorruptBatchException.class, () -> Batch.parse(nonsense));
        }
    }

    /** A sender's memory may go wrong before the checksums of the stored frames are made: the one taken at capture tells. */
    @Test
    void damageBetweenCaptureAndCompressionIsFound() throws CorruptBatchException {
        BatchBuilder builder = new BatchBuilder(64 * 1024);
        byte[] data = bytes(new Random(5), 4096, 256);
        builder.add(0, 0, ByteBuffer.wrap(data));
        ByteBuffer encoded = builder.build(0, 0);
        int recordCrcAt = BatchFormat.HEADER_BYTES + 20;
        encoded.putInt(recordCrcAt, encoded.getInt(recordCrcAt) + 1);
        int tables = BatchFormat.RECORD_BYTES + BatchFormat.FRAME_BYTES;
        encoded.putInt(BatchFormat.TABLES_CRC_AT, BatchFormat.crc(encoded, BatchFormat.HEADER_BYTES, tables));
        encoded.putInt(BatchFormat.HEADER_CRC_AT, BatchFormat.crc(encoded, 0, BatchFormat.HEADER_CRC_AT));
        Batch batch = Batch.parse(encoded);
        assertThrows(CorruptBatchException.class, batch::verifyPayload);
        assertThrows(CorruptBatchException.class, () -> batch.payload(0));
    }

    @Test
    void theBuilderRefusesWhatABatchCannotHold() {
        BatchBuilder builder = new BatchBuilder(1000);
        ByteBuffer tooMuch = ByteBuffer.allocate(1001);
        assertThrows(IllegalStateException.class, () -> builder.add(0, 0, tooMuch));
        assertThrows(IllegalStateException.class, () -> builder.build(0, 0));
        assertThrows(IllegalArgumentException.class, () -> builder.addZero(RecordType.WRITE, 0, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> builder.addMarker(RecordType.TRIM));
        assertThrows(IllegalArgumentException.class, () -> builder.addZero(RecordType.TRIM, 0, 1, Long.MAX_VALUE));
        assertThrows(IllegalArgumentException.class, () -> builder.add(-1, 0, ByteBuffer.allocate(1)));
        assertThrows(IllegalArgumentException.class, () -> builder.add(0, 0, ByteBuffer.allocate(0)));
    }
}
