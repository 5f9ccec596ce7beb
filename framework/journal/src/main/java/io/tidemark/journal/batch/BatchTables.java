package io.tidemark.journal.batch;

import static io.tidemark.journal.batch.BatchFormat.FRAME_BYTES;
import static io.tidemark.journal.batch.BatchFormat.HEADER_BYTES;
import static io.tidemark.journal.batch.BatchFormat.RECORD_BYTES;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The verified header, record table and frame table of a batch: all that an index needs, without a byte of payload.
 */
public final class BatchTables {
    private final BatchHeader header;
    private final BatchRecord[] records;
    private final int[] rawStarts;
    private final int[] rawCrcs;
    private final FrameTable frames;

    private BatchTables(BatchHeader header, BatchRecord[] records, int[] rawStarts, int[] rawCrcs, FrameTable frames) {
        this.header = header;
        this.records = records;
        this.rawStarts = rawStarts;
        this.rawCrcs = rawCrcs;
        this.frames = frames;
    }

    /**
     * Verifies and reads a header alone.
     *
     * @param buffer at least {@link BatchFormat#HEADER_BYTES} from its position; the position stays
     */
    public static BatchHeader parseHeader(ByteBuffer buffer) throws CorruptBatchException {
        if (buffer.remaining() < HEADER_BYTES) {
            throw new CorruptBatchException("only " + buffer.remaining() + " bytes, too few for a batch header");
        }
        ByteBuffer bytes = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.getInt(0) != BatchFormat.MAGIC) {
            throw new CorruptBatchException("no batch here: the magic number is missing");
        }
        if (BatchFormat.crc(bytes, 0, BatchFormat.HEADER_CRC_AT) != bytes.getInt(BatchFormat.HEADER_CRC_AT)) {
            throw new CorruptBatchException("the batch header does not match its checksum");
        }
        if (bytes.getShort(4) != BatchFormat.VERSION || bytes.getShort(6) != 0) {
            throw new CorruptBatchException("batch format version " + bytes.getShort(4) + " with flags "
                    + bytes.getShort(6) + " is newer than this program; it knows version " + BatchFormat.VERSION);
        }
        BatchHeader header = new BatchHeader(
                bytes.getInt(BatchFormat.LENGTH_AT),
                bytes.getLong(BatchFormat.FIRST_POSITION_AT),
                bytes.getLong(BatchFormat.EPOCH_AT),
                bytes.getInt(BatchFormat.RECORD_COUNT_AT),
                bytes.getInt(BatchFormat.FRAME_COUNT_AT),
                bytes.getInt(BatchFormat.RAW_BYTES_AT));
        verifyHeader(header);
        return header;
    }

    private static void verifyHeader(BatchHeader header) throws CorruptBatchException {
        boolean sane = header.lengthBytes() > 0
                && header.lengthBytes() <= BatchFormat.MAX_BATCH_BYTES
                && header.lengthBytes() % BatchFormat.ALIGNMENT_BYTES == 0
                && header.firstPosition() >= 0
                && header.firstPosition() <= Long.MAX_VALUE - BatchFormat.MAX_RECORDS
                && header.epoch() >= 0
                && header.recordCount() > 0
                && header.recordCount() <= BatchFormat.MAX_RECORDS
                && header.frameCount() >= 0
                && header.frameCount() <= header.lengthBytes() / FRAME_BYTES
                && header.rawBytes() >= 0
                && header.rawBytes() <= (long) header.frameCount() * BatchFormat.MAX_FRAME_RAW_BYTES
                && header.tablesEndBytes() <= header.lengthBytes();
        if (!sane) {
            throw new CorruptBatchException("the batch header has impossible values: " + header);
        }
    }

    /**
     * Verifies and reads header and tables.
     *
     * @param buffer the batch from its first byte at least to the end of its tables; the position stays
     */
    public static BatchTables parse(ByteBuffer buffer) throws CorruptBatchException {
        BatchHeader header = parseHeader(buffer);
        if (buffer.remaining() < header.tablesEndBytes()) {
            throw new CorruptBatchException("the batch at position " + header.firstPosition() + " is cut off after "
                    + buffer.remaining() + " bytes, inside its tables");
        }
        ByteBuffer bytes = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
        int tablesCrc = BatchFormat.crc(bytes, HEADER_BYTES, header.tablesEndBytes() - HEADER_BYTES);
        if (tablesCrc != bytes.getInt(BatchFormat.TABLES_CRC_AT)) {
            throw new CorruptBatchException(
                    "the tables of the batch at position " + header.firstPosition() + " do not match their checksum");
        }
        BatchRecord[] records = new BatchRecord[header.recordCount()];
        int[] rawStarts = new int[records.length];
        int[] rawCrcs = new int[records.length];
        long rawBytes = 0;
        for (int i = 0; i < records.length; i++) {
            int at = HEADER_BYTES + i * RECORD_BYTES;
            records[i] = parseRecord(bytes, at, header.firstPosition() + i);
            rawStarts[i] = bytes.getInt(at + 16);
            rawCrcs[i] = bytes.getInt(at + 20);
            boolean hasPayload = records[i].type() == RecordType.WRITE;
            if (rawStarts[i] != (hasPayload ? rawBytes : 0)) {
                throw new CorruptBatchException("record " + records[i] + " names a wrong place in the payload");
            }
            rawBytes += hasPayload ? records[i].lengthBytes() : 0;
            if (rawBytes > header.rawBytes()) {
                throw new CorruptBatchException("record " + records[i] + " is longer than the payload");
            }
        }
        if (rawBytes != header.rawBytes()) {
            throw new CorruptBatchException("the records hold " + rawBytes + " bytes, the header says " + header);
        }
        return new BatchTables(header, records, rawStarts, rawCrcs, parseFrames(bytes, header));
    }

    private static BatchRecord parseRecord(ByteBuffer bytes, int at, long position) throws CorruptBatchException {
        int typeCode = bytes.get(at + 26);
        RecordType type = RecordType.ofCode(typeCode)
                .orElseThrow(() -> new CorruptBatchException("record at position " + position + " has unknown type "
                        + typeCode + "; it was written by a newer program"));
        BatchRecord record = new BatchRecord(
                position, type, bytes.getShort(at + 24) & 0xFFFF, bytes.getLong(at), bytes.getLong(at + 8));
        boolean sane = type.isMarker()
                ? record.volumeIndex() == BatchRecord.WHOLE_VM && record.offset() == 0 && record.lengthBytes() == 0
                : record.volumeIndex() != BatchRecord.WHOLE_VM
                        && record.offset() >= 0
                        && record.lengthBytes() > 0
                        && record.offset() <= Long.MAX_VALUE - record.lengthBytes();
        if (!sane || bytes.get(at + 27) != 0 || bytes.getInt(at + 28) != 0) {
            throw new CorruptBatchException("record has impossible values: " + record);
        }
        return record;
    }

    private static FrameTable parseFrames(ByteBuffer bytes, BatchHeader header) throws CorruptBatchException {
        BatchFrame[] frames = new BatchFrame[header.frameCount()];
        int rawStart = 0;
        int storedOffset = header.tablesEndBytes();
        for (int i = 0; i < frames.length; i++) {
            int at = HEADER_BYTES + header.recordCount() * RECORD_BYTES + i * FRAME_BYTES;
            int storedBytes = bytes.getInt(at + 4);
            int rawBytes = bytes.getInt(at + 8);
            if (bytes.getInt(at) != storedOffset
                    || storedBytes <= 0
                    || storedBytes > header.lengthBytes() - storedOffset
                    || rawBytes <= 0
                    || rawBytes > BatchFormat.MAX_FRAME_RAW_BYTES
                    || rawBytes > header.rawBytes() - rawStart) {
                throw new CorruptBatchException("frame " + i + " of the batch at position " + header.firstPosition()
                        + " lies outside the batch");
            }
            FrameCodec codec = FrameCodec.ofCode(bytes.getInt(at + 20));
            frames[i] = new BatchFrame(
                    storedOffset, storedBytes, rawStart, rawBytes, codec, bytes.getInt(at + 12), bytes.getInt(at + 16));
            rawStart += rawBytes;
            storedOffset += storedBytes;
        }
        if (rawStart != header.rawBytes() || header.lengthBytes() != BatchFormat.align(storedOffset)) {
            throw new CorruptBatchException("the frames of the batch at position " + header.firstPosition()
                    + " do not add up to the lengths in its header");
        }
        return new FrameTable(frames, header.rawBytes());
    }

    public BatchHeader header() {
        return header;
    }

    /** @param index from 0 to {@code recordCount - 1} */
    public BatchRecord record(int index) {
        return records[index];
    }

    /** Where the payload of a WRITE record starts in the batch's payload. */
    public int rawStart(int index) {
        return rawStarts[index];
    }

    /** CRC32C that the sender computed over the payload of a WRITE record. */
    int rawCrc(int index) {
        return rawCrcs[index];
    }

    /** First byte after the last stored frame; zeroes follow up to the batch's length. */
    int storedEnd() {
        int count = frames.count();
        return count == 0
                ? header.tablesEndBytes()
                : frame(count - 1).storedOffset() + frame(count - 1).storedBytes();
    }

    /** @param index from 0 to {@code frameCount - 1} */
    public BatchFrame frame(int index) {
        return frames.frame(index);
    }

    /** The frame that holds a byte of the payload. O(log frames). */
    public int frameIndexOf(int rawOffset) {
        return frames.indexOf(rawOffset);
    }

    public FrameTable frames() {
        return frames;
    }
}
