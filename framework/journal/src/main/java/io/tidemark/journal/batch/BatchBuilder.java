package io.tidemark.journal.batch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.xerial.snappy.Snappy;

/**
 * Gathers records in order and encodes them as one batch. Reusable: {@link #build} leaves it empty. Used by one thread at a time.
 */
public final class BatchBuilder {
    private record Entry(BatchRecord record, int rawStart, int rawCrc) {}

    private final byte[] payload;
    private final List<Entry> entries = new ArrayList<>();
    private int payloadBytes;

    /** @param maxPayloadBytes how much payload one batch may hold; &gt; 0, at most 8 MiB */
    public BatchBuilder(int maxPayloadBytes) {
        if (maxPayloadBytes <= 0 || maxPayloadBytes > BatchFormat.MAX_BATCH_BYTES / 2) {
            throw new IllegalArgumentException("a batch cannot hold " + maxPayloadBytes + " bytes of payload");
        }
        this.payload = new byte[maxPayloadBytes];
    }

    /**
     * Adds a write. Takes all remaining bytes of {@code data}; the buffer is the caller's again after return.
     *
     * @throws IllegalStateException if it does not {@link #fits fit}
     */
    public void add(int volumeIndex, long offset, ByteBuffer data) {
        int lengthBytes = data.remaining();
        checkRange(volumeIndex, offset, lengthBytes);
        checkFits(lengthBytes);
        CRC32C crc = new CRC32C();
        crc.update(data.duplicate());
        data.get(payload, payloadBytes, lengthBytes);
        BatchRecord record = new BatchRecord(entries.size(), RecordType.WRITE, volumeIndex, offset, lengthBytes);
        entries.add(new Entry(record, payloadBytes, (int) crc.getValue()));
        payloadBytes += lengthBytes;
    }

    /**
     * Adds a range that reads as zeroes from here on; it takes no payload, however long it is.
     *
     * @param type {@link RecordType#ZERO} or {@link RecordType#TRIM}
     */
    public void addZero(RecordType type, int volumeIndex, long offset, long lengthBytes) {
        if (!type.isZeroing()) {
            throw new IllegalArgumentException(type + " does not turn a range to zeroes");
        }
        checkRange(volumeIndex, offset, lengthBytes);
        checkFits(0);
        entries.add(new Entry(new BatchRecord(entries.size(), type, volumeIndex, offset, lengthBytes), 0, 0));
    }

    /** Adds a marker: {@link RecordType#SYNC_BEGIN} or {@link RecordType#SYNC_END}. */
    public void addMarker(RecordType type) {
        if (!type.isMarker()) {
            throw new IllegalArgumentException(type + " is not a marker");
        }
        checkFits(0);
        entries.add(new Entry(new BatchRecord(entries.size(), type, BatchRecord.WHOLE_VM, 0, 0), 0, 0));
    }

    private static void checkRange(int volumeIndex, long offset, long lengthBytes) {
        if (volumeIndex < 0
                || volumeIndex >= BatchRecord.WHOLE_VM
                || offset < 0
                || lengthBytes <= 0
                || offset > Long.MAX_VALUE - lengthBytes) {
            throw new IllegalArgumentException("volume " + volumeIndex + " has no range " + offset + "+" + lengthBytes);
        }
    }

    private void checkFits(int bytes) {
        if (!fits(bytes)) {
            throw new IllegalStateException("a record with " + bytes + " bytes does not fit: the batch has "
                    + payloadBytes + " of " + payload.length + " bytes in " + entries.size() + " records");
        }
    }

    public int recordCount() {
        return entries.size();
    }

    /** Payload so far, before compression. */
    public long payloadBytes() {
        return payloadBytes;
    }

    /** Whether one more record with that much payload can be added. */
    public boolean fits(int bytes) {
        return bytes <= payload.length - payloadBytes && entries.size() < BatchFormat.MAX_RECORDS;
    }

    /**
     * Encodes what was added and forgets it.
     *
     * @param firstPosition position of the first record
     * @param epoch ownership term of the VPG
     * @return a fresh heap buffer, from 0 to its limit; a multiple of 4 KiB long
     * @throws IllegalStateException if nothing was added
     */
    public ByteBuffer build(long firstPosition, long epoch) {
        if (entries.isEmpty()) {
            throw new IllegalStateException("a batch needs at least one record");
        }
        int frameCount = Math.ceilDiv(payloadBytes, BatchFormat.FRAME_RAW_BYTES);
        int recordsEnd = BatchFormat.HEADER_BYTES + entries.size() * BatchFormat.RECORD_BYTES;
        int tablesEnd = recordsEnd + frameCount * BatchFormat.FRAME_BYTES;
        int worstFrame = Snappy.maxCompressedLength(BatchFormat.FRAME_RAW_BYTES);
        ByteBuffer out = ByteBuffer.allocate(BatchFormat.align(tablesEnd + frameCount * worstFrame))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < entries.size(); i++) {
            putRecord(out, BatchFormat.HEADER_BYTES + i * BatchFormat.RECORD_BYTES, entries.get(i));
        }
        out.position(tablesEnd);
        for (int i = 0; i < frameCount; i++) {
            putFrame(out, recordsEnd + i * BatchFormat.FRAME_BYTES, i * BatchFormat.FRAME_RAW_BYTES);
        }
        int lengthBytes = BatchFormat.align(out.position());
        // A compressor may have scribbled past the frame that it then did not fit into.
        Arrays.fill(out.array(), out.position(), lengthBytes, (byte) 0);
        putHeader(out, lengthBytes, frameCount, firstPosition, epoch);
        int tablesCrc = BatchFormat.crc(out, BatchFormat.HEADER_BYTES, tablesEnd - BatchFormat.HEADER_BYTES);
        out.putInt(BatchFormat.TABLES_CRC_AT, tablesCrc);
        out.putInt(BatchFormat.HEADER_CRC_AT, BatchFormat.crc(out, 0, BatchFormat.HEADER_CRC_AT));
        entries.clear();
        payloadBytes = 0;
        return out.position(0).limit(lengthBytes);
    }

    private void putHeader(ByteBuffer out, int lengthBytes, int frameCount, long firstPosition, long epoch) {
        out.putInt(0, BatchFormat.MAGIC);
        out.putShort(4, BatchFormat.VERSION);
        out.putInt(BatchFormat.LENGTH_AT, lengthBytes);
        out.putInt(BatchFormat.RECORD_COUNT_AT, entries.size());
        out.putInt(BatchFormat.FRAME_COUNT_AT, frameCount);
        out.putInt(BatchFormat.RAW_BYTES_AT, payloadBytes);
        out.putLong(BatchFormat.FIRST_POSITION_AT, firstPosition);
        out.putLong(BatchFormat.EPOCH_AT, epoch);
    }

    private static void putRecord(ByteBuffer out, int at, Entry entry) {
        out.putLong(at, entry.record.offset());
        out.putLong(at + 8, entry.record.lengthBytes());
        out.putInt(at + 16, entry.rawStart);
        out.putInt(at + 20, entry.rawCrc);
        out.putShort(at + 24, (short) entry.record.volumeIndex());
        out.put(at + 26, (byte) entry.record.type().code());
    }

    private void putFrame(ByteBuffer out, int at, int rawStart) {
        int rawBytes = Math.min(BatchFormat.FRAME_RAW_BYTES, payloadBytes - rawStart);
        int storedOffset = out.position();
        FrameCodec codec;
        try {
            codec = FrameCodec.store(payload, rawStart, rawBytes, out);
        } catch (IOException e) {
            // The compressor works in memory: it has no input or output to fail.
            throw new UncheckedIOException(e);
        }
        out.putInt(at, storedOffset);
        out.putInt(at + 4, out.position() - storedOffset);
        out.putInt(at + 8, rawBytes);
        out.putInt(at + 12, BatchFormat.crc(out, storedOffset, out.position() - storedOffset));
        out.putInt(at + 16, BatchFormat.crc(ByteBuffer.wrap(payload), rawStart, rawBytes));
        out.putInt(at + 20, codec.code());
    }
}
