package io.tidemark.journal.batch;

import static io.tidemark.journal.batch.BatchFormat.FRAME_BYTES;
import static io.tidemark.journal.batch.BatchFormat.HEADER_BYTES;
import static io.tidemark.journal.batch.BatchFormat.RECORD_BYTES;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.xerial.snappy.Snappy;

/**
 * Verifies batches where they lie in one direct buffer, and tells what is in them, without making garbage: the way in for every batch.
 *
 * <p>Accepts exactly what {@link Batch#parse} and {@link Batch#verifyPayload} accept, and cannot say why it does not accept the rest: those say
 * it. Used by one thread.
 */
public final class BatchCheck {
    private final ByteBuffer bytes;
    private final ByteBuffer window;
    private final ByteBuffer inflated = ByteBuffer.allocateDirect(BatchFormat.MAX_FRAME_RAW_BYTES);
    private final CRC32C frameCrc = new CRC32C();
    private final CRC32C recordCrc = new CRC32C();

    private int at;
    private int lengthBytes;
    private int recordCount;
    private int frameCount;
    private int rawBytes;
    /** The record whose payload is being summed up, and how much of it is still to come. */
    private int record;

    private int recordLeftBytes;

    /** @param buffer a direct buffer; its position and limit do not matter */
    public BatchCheck(ByteBuffer buffer) {
        this.bytes = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear();
        this.window = bytes.duplicate();
    }

    /** Whether the bytes from {@code start} on are exactly one intact batch; the other methods tell about it then. */
    public boolean verify(int start, int length) {
        at = start;
        lengthBytes = length;
        return verifyHeader() && verifyRecords() && verifyFrames() && paddingIsZero();
    }

    private boolean verifyHeader() {
        if (lengthBytes < HEADER_BYTES
                || bytes.getInt(at) != BatchFormat.MAGIC
                || crc(frameCrc, at, BatchFormat.HEADER_CRC_AT) != bytes.getInt(at + BatchFormat.HEADER_CRC_AT)
                || bytes.getShort(at + 4) != BatchFormat.VERSION
                || bytes.getShort(at + 6) != 0) {
            return false;
        }
        recordCount = bytes.getInt(at + BatchFormat.RECORD_COUNT_AT);
        frameCount = bytes.getInt(at + BatchFormat.FRAME_COUNT_AT);
        rawBytes = bytes.getInt(at + BatchFormat.RAW_BYTES_AT);
        return bytes.getInt(at + BatchFormat.LENGTH_AT) == lengthBytes
                && lengthBytes <= BatchFormat.MAX_BATCH_BYTES
                && lengthBytes % BatchFormat.ALIGNMENT_BYTES == 0
                && firstPosition() >= 0
                && firstPosition() <= Long.MAX_VALUE - BatchFormat.MAX_RECORDS
                && epoch() >= 0
                && recordCount > 0
                && recordCount <= BatchFormat.MAX_RECORDS
                && frameCount >= 0
                && frameCount <= lengthBytes / FRAME_BYTES
                && rawBytes >= 0
                && rawBytes <= (long) frameCount * BatchFormat.MAX_FRAME_RAW_BYTES
                && tablesEnd() <= lengthBytes;
    }

    private int tablesEnd() {
        return HEADER_BYTES + recordCount * RECORD_BYTES + frameCount * FRAME_BYTES;
    }

    private boolean verifyRecords() {
        int tablesCrc = crc(frameCrc, at + HEADER_BYTES, tablesEnd() - HEADER_BYTES);
        if (tablesCrc != bytes.getInt(at + BatchFormat.TABLES_CRC_AT)) {
            return false;
        }
        long raw = 0;
        for (int i = 0; i < recordCount; i++) {
            int entry = at + HEADER_BYTES + i * RECORD_BYTES;
            int type = typeCode(i);
            boolean marker = type == RecordType.SYNC_BEGIN_CODE || type == RecordType.SYNC_END_CODE;
            boolean write = type == RecordType.WRITE_CODE;
            boolean sane = marker
                    ? volumeIndex(i) == BatchRecord.WHOLE_VM && offset(i) == 0 && lengthBytes(i) == 0
                    : type >= RecordType.WRITE_CODE
                            && type < RecordType.SYNC_BEGIN_CODE
                            && volumeIndex(i) != BatchRecord.WHOLE_VM
                            && offset(i) >= 0
                            && lengthBytes(i) > 0
                            && offset(i) <= Long.MAX_VALUE - lengthBytes(i);
            if (!sane
                    || bytes.get(entry + 27) != 0
                    || bytes.getInt(entry + 28) != 0
                    || rawStart(i) != (write ? raw : 0)
                    || (write && lengthBytes(i) > rawBytes - raw)) {
                return false;
            }
            raw += write ? lengthBytes(i) : 0;
        }
        return raw == rawBytes;
    }

    private boolean verifyFrames() {
        int raw = 0;
        int stored = tablesEnd();
        record = -1;
        nextRecord();
        for (int i = 0; i < frameCount; i++) {
            int entry = at + HEADER_BYTES + recordCount * RECORD_BYTES + i * FRAME_BYTES;
            int storedBytes = bytes.getInt(entry + 4);
            int frameRawBytes = bytes.getInt(entry + 8);
            if (bytes.getInt(entry) != stored
                    || storedBytes <= 0
                    || storedBytes > lengthBytes - stored
                    || frameRawBytes <= 0
                    || frameRawBytes > BatchFormat.MAX_FRAME_RAW_BYTES
                    || frameRawBytes > rawBytes - raw
                    || !verifyFrame(entry, at + stored, storedBytes, frameRawBytes)) {
                return false;
            }
            stored += storedBytes;
            raw += frameRawBytes;
        }
        return raw == rawBytes && lengthBytes == BatchFormat.align(stored);
    }

    private boolean verifyFrame(int entry, int storedAt, int storedBytes, int frameRawBytes) {
        int storedCrc = crc(frameCrc, storedAt, storedBytes);
        if (storedCrc != bytes.getInt(entry + 12)) {
            return false;
        }
        int rawCrc = bytes.getInt(entry + 16);
        return switch (bytes.getInt(entry + 20)) {
            case FrameCodec.RAW_CODE ->
                storedBytes == frameRawBytes
                        && storedCrc == rawCrc
                        && sumUp(window.limit(storedAt + storedBytes).position(storedAt));
            case FrameCodec.SNAPPY_CODE -> inflate(storedAt, storedBytes, frameRawBytes, rawCrc);
            default -> false;
        };
    }

    private boolean inflate(int storedAt, int storedBytes, int frameRawBytes, int rawCrc) {
        try {
            window.limit(storedAt + storedBytes).position(storedAt);
            if (Snappy.uncompressedLength(window) != frameRawBytes) {
                return false;
            }
            window.limit(storedAt + storedBytes).position(storedAt);
            if (Snappy.uncompress(window, inflated.clear()) != frameRawBytes) {
                return false;
            }
        } catch (IOException e) {
            return false;
        }
        inflated.limit(frameRawBytes).position(0);
        frameCrc.reset();
        frameCrc.update(inflated);
        return (int) frameCrc.getValue() == rawCrc && sumUp(inflated.position(0));
    }

    /** Adds a frame's raw bytes to the checksums of the records that they belong to. */
    private boolean sumUp(ByteBuffer raw) {
        int end = raw.limit();
        while (raw.position() < end) {
            int part = Math.min(recordLeftBytes, end - raw.position());
            raw.limit(raw.position() + part);
            recordCrc.update(raw);
            raw.limit(end);
            recordLeftBytes -= part;
            if (recordLeftBytes == 0) {
                int expected = bytes.getInt(at + HEADER_BYTES + record * RECORD_BYTES + 20);
                if ((int) recordCrc.getValue() != expected) {
                    return false;
                }
                nextRecord();
            }
        }
        return true;
    }

    private void nextRecord() {
        record++;
        while (record < recordCount && typeCode(record) != RecordType.WRITE_CODE) {
            record++;
        }
        recordLeftBytes = record < recordCount ? (int) lengthBytes(record) : Integer.MAX_VALUE;
        recordCrc.reset();
    }

    private boolean paddingIsZero() {
        int end = at + lengthBytes;
        int from = at + tablesEnd();
        if (frameCount > 0) {
            int last = at + HEADER_BYTES + recordCount * RECORD_BYTES + (frameCount - 1) * FRAME_BYTES;
            from = at + bytes.getInt(last) + bytes.getInt(last + 4);
        }
        int i = from;
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

    private int crc(CRC32C sum, int from, int count) {
        sum.reset();
        sum.update(window.limit(from + count).position(from));
        return (int) sum.getValue();
    }

    /** Position of the first record. */
    public long firstPosition() {
        return bytes.getLong(at + BatchFormat.FIRST_POSITION_AT);
    }

    /** Position after the last record. */
    public long endPosition() {
        return firstPosition() + recordCount;
    }

    public long epoch() {
        return bytes.getLong(at + BatchFormat.EPOCH_AT);
    }

    public int recordCount() {
        return recordCount;
    }

    /** The code of a record's type: 1 WRITE, 2 ZERO, 3 TRIM, 4 SYNC_BEGIN, 5 SYNC_END. */
    public int typeCode(int index) {
        return bytes.get(at + HEADER_BYTES + index * RECORD_BYTES + 26);
    }

    public int volumeIndex(int index) {
        return bytes.getShort(at + HEADER_BYTES + index * RECORD_BYTES + 24) & 0xFFFF;
    }

    public long offset(int index) {
        return bytes.getLong(at + HEADER_BYTES + index * RECORD_BYTES);
    }

    public long lengthBytes(int index) {
        return bytes.getLong(at + HEADER_BYTES + index * RECORD_BYTES + 8);
    }

    /** Where the bytes of a WRITE record start in the batch's payload. */
    public int rawStart(int index) {
        return bytes.getInt(at + HEADER_BYTES + index * RECORD_BYTES + 16);
    }
}
