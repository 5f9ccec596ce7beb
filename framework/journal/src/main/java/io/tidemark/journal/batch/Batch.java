package io.tidemark.journal.batch;

import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.BitSet;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A whole batch in memory, verified. Keeps the buffer that it was parsed from: its bytes must not change while this object is used.
 */
public final class Batch {
    private final ByteBuffer bytes;
    private final BatchTables tables;

    private final BitSet absent;

    private Batch(ByteBuffer bytes, BatchTables tables, BitSet absent) {
        this.bytes = bytes;
        this.tables = tables;
        this.absent = absent;
    }

    /**
     * Verifies everything but the contents of the frames: header, tables and the stored bytes of each frame, by their checksums, and every
     * length and value in them. Nothing is inflated; {@link #verifyPayload()} does that.
     *
     * @param buffer exactly one batch between position and limit; both stay as they are
     */
    public static Batch parse(ByteBuffer buffer) throws CorruptBatchException {
        return parse(buffer, new BitSet());
    }

    /**
     * The same for a batch of which some frames are gone: neither they nor the records that lie in them are verified.
     *
     * @param absent frames by their place in the table; not changed
     */
    public static Batch parse(ByteBuffer buffer, BitSet absent) throws CorruptBatchException {
        BatchTables tables = BatchTables.parse(buffer);
        BatchHeader header = tables.header();
        if (buffer.remaining() != header.lengthBytes()) {
            throw new CorruptBatchException("the batch at position " + header.firstPosition() + " is "
                    + header.lengthBytes() + " bytes long, but " + buffer.remaining() + " bytes were given");
        }
        ByteBuffer bytes = buffer.slice().asReadOnlyBuffer();
        for (int i = 0; i < header.frameCount(); i++) {
            BatchFrame frame = tables.frame(i);
            if (!absent.get(i)) {
                frame.verifyStored(bytes.slice(frame.storedOffset(), frame.storedBytes()));
            }
        }
        for (int at = tables.storedEnd(); at < header.lengthBytes(); at++) {
            if (bytes.get(at) != 0) {
                throw new CorruptBatchException("byte " + at + " of the batch at position " + header.firstPosition()
                        + " should be padding, and is not zero");
            }
        }
        return new Batch(bytes, tables, (BitSet) absent.clone());
    }

    public BatchHeader header() {
        return tables.header();
    }

    public BatchTables tables() {
        return tables;
    }

    /** The batch as it is; a fresh read-only buffer over the same bytes. */
    public ByteBuffer bytes() {
        return bytes.duplicate();
    }

    /** @param index from 0 to {@code recordCount - 1} */
    public BatchRecord record(int index) {
        return tables.record(index);
    }

    /** All records in order; nothing is inflated. */
    public List<BatchRecord> records() {
        return new AbstractList<>() {
            @Override
            public BatchRecord get(int index) {
                return tables.record(index);
            }

            @Override
            public int size() {
                return header().recordCount();
            }
        };
    }

    /**
     * The payload of a WRITE record, verified against the checksum that its sender computed.
     *
     * @throws IllegalArgumentException for a record of another type
     */
    public ByteBuffer payload(int index) throws CorruptBatchException {
        BatchRecord record = tables.record(index);
        if (record.type() != RecordType.WRITE) {
            throw new IllegalArgumentException("a record of type " + record.type() + " has no payload");
        }
        int from = tables.rawStart(index);
        int lengthBytes = Math.toIntExact(record.lengthBytes());
        byte[] payload = new byte[lengthBytes];
        int done = 0;
        for (int i = tables.frameIndexOf(from); done < lengthBytes; i++) {
            BatchFrame frame = tables.frame(i);
            byte[] raw = inflate(frame);
            int skip = from + done - frame.rawStart();
            int part = Math.min(raw.length - skip, lengthBytes - done);
            System.arraycopy(raw, skip, payload, done, part);
            done += part;
        }
        verifyRecord(index, payload, 0, lengthBytes);
        return ByteBuffer.wrap(payload);
    }

    /** Inflates all frames and verifies every checksum over raw data: of the frames, and of each record from end to end. */
    public void verifyPayload() throws CorruptBatchException {
        byte[] payload = new byte[header().rawBytes()];
        for (int i = 0; i < header().frameCount(); i++) {
            BatchFrame frame = tables.frame(i);
            if (!absent.get(i)) {
                System.arraycopy(inflate(frame), 0, payload, frame.rawStart(), frame.rawBytes());
            }
        }
        for (int i = 0; i < header().recordCount(); i++) {
            if (tables.record(i).type() == RecordType.WRITE && isPresent(i)) {
                verifyRecord(
                        i, payload, tables.rawStart(i), (int) tables.record(i).lengthBytes());
            }
        }
    }

    private boolean isPresent(int record) {
        int first = tables.frameIndexOf(tables.rawStart(record));
        int end = tables.rawStart(record) + (int) tables.record(record).lengthBytes();
        int next = absent.nextSetBit(first);
        return next < 0 || tables.frame(next).rawStart() >= end;
    }

    private byte[] inflate(BatchFrame frame) throws CorruptBatchException {
        return frame.inflate(bytes.slice(frame.storedOffset(), frame.storedBytes()));
    }

    private void verifyRecord(int index, byte[] payload, int from, int lengthBytes) throws CorruptBatchException {
        CRC32C crc = new CRC32C();
        crc.update(payload, from, lengthBytes);
        if ((int) crc.getValue() != tables.rawCrc(index)) {
            throw new CorruptBatchException("the payload of " + tables.record(index)
                    + " does not match the checksum that was taken when the write was captured");
        }
    }
}
