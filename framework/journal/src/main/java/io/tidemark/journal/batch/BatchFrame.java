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

    /** Whether inflating it is more than copying it. */
    public boolean isCompressed() {
        return codec != FrameCodec.RAW;
    }

    /** Checks the stored bytes against their checksum, without inflating them; the position stays. */
    void verifyStored(ByteBuffer stored) throws CorruptBatchException {
        verifyStored(stored.duplicate(), new CRC32C());
    }

    /** The same without garbage, with a sum of the caller's; the position does not stay. */
    void verifyStored(ByteBuffer stored, CRC32C crc) throws CorruptBatchException {
        crc.reset();
        crc.update(stored);
        stored.position(0);
        if ((int) crc.getValue() != storedCrc) {
            throw new CorruptBatchException("stored bytes of the frame at batch offset " + storedOffset
                    + " do not match their checksum: they changed after they were sent or written");
        }
    }

    /** Checks the payload of an uncompressed frame, whose stored bytes were verified: they are the same. */
    void verifyUncompressed() throws CorruptBatchException {
        if (storedBytes != rawBytes) {
            throw new CorruptBatchException(
                    "raw frame of " + storedBytes + " bytes claims to hold " + rawBytes + " bytes");
        }
        verifyRaw(storedCrc);
    }

    /** Checks the payload; afterwards the position is 0. */
    void verifyRaw(ByteBuffer raw, CRC32C crc) throws CorruptBatchException {
        crc.reset();
        crc.update(raw);
        raw.position(0);
        verifyRaw((int) crc.getValue());
    }

    private void verifyRaw(int crc) throws CorruptBatchException {
        if (crc != rawCrc) {
            throw new CorruptBatchException("payload of the frame at batch offset " + storedOffset
                    + " does not match the checksum that its sender gave it");
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
        verifyRaw((int) crc.getValue());
        return raw;
    }
}
