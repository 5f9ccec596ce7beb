package io.tidemark.journal.batch;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** One frame of a batch: where its stored bytes are, which part of the payload they hold, and how to get at it. */
public final class BatchFrame {
    private final int storedOffset;
    private final int storedBytes;
    private final int rawStart;
    private final int rawBytes;
    private final FrameCodec codec;
    private final int storedCrc;
    private final int rawCrc;

    BatchFrame(
            int storedOffset,
            int storedBytes,
            int rawStart,
            int rawBytes,
            FrameCodec codec,
            int storedCrc,
            int rawCrc) {
        this.storedOffset = storedOffset;
        this.storedBytes = storedBytes;
        this.rawStart = rawStart;
        this.rawBytes = rawBytes;
        this.codec = codec;
        this.storedCrc = storedCrc;
        this.rawCrc = rawCrc;
    }

    /** Bytes from the start of the batch to the stored frame. */
    public int storedOffset() {
        return storedOffset;
    }

    /** Length of the stored frame. */
    public int storedBytes() {
        return storedBytes;
    }

    /** First byte of the batch's payload that this frame holds. */
    public int rawStart() {
        return rawStart;
    }

    /** How many bytes of the payload this frame holds. */
    public int rawBytes() {
        return rawBytes;
    }

    /** First byte of the batch's payload after this frame. */
    public int rawEnd() {
        return rawStart + rawBytes;
    }

    /** Checks the stored bytes against their checksum, without inflating them. */
    void verifyStored(ByteBuffer stored) throws CorruptBatchException {
        CRC32C crc = new CRC32C();
        crc.update(stored.duplicate());
        if ((int) crc.getValue() != storedCrc) {
            throw new CorruptBatchException("stored bytes of the frame at batch offset " + storedOffset
                    + " do not match their checksum: they changed after they were sent or written");
        }
    }

    /** Turns the stored bytes (exactly {@link #storedBytes()} of them) into the payload; verifies both. */
    public byte[] inflate(ByteBuffer stored) throws CorruptBatchException {
        verifyStored(stored);
        byte[] bytes = new byte[stored.remaining()];
        stored.get(bytes);
        byte[] raw = codec.inflate(bytes, rawBytes);
        CRC32C crc = new CRC32C();
        crc.update(raw, 0, raw.length);
        if ((int) crc.getValue() != rawCrc) {
            throw new CorruptBatchException("payload of the frame at batch offset " + storedOffset
                    + " does not match the checksum that its sender gave it");
        }
        return raw;
    }
}
