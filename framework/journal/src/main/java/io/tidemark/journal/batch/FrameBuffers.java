package io.tidemark.journal.batch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.xerial.snappy.Snappy;

/** Off-heap room in which one frame at a time is read, verified and inflated, without garbage. One thread at a time. */
public final class FrameBuffers {
    private final ByteBuffer raw = ByteBuffer.allocateDirect(BatchFormat.MAX_FRAME_RAW_BYTES);
    private final CRC32C crc = new CRC32C();
    private ByteBuffer stored = ByteBuffer.allocateDirect(BatchFormat.MAX_FRAME_RAW_BYTES);

    /** Where the stored bytes of a frame are to be put: exactly as much room as they need. What was there is gone. */
    public ByteBuffer room(BatchFrame frame) {
        if (stored.capacity() < frame.storedBytes()) {
            // A sender that compressed what does not compress.
            stored = ByteBuffer.allocateDirect(frame.storedBytes());
        }
        return stored.clear().limit(frame.storedBytes());
    }

    /**
     * Verifies the stored bytes that {@link #room} was filled with, inflates them, and verifies the payload.
     *
     * @return the frame's payload, from 0 to {@link BatchFrame#rawBytes()}; good until the next call of {@link #room}
     */
    public ByteBuffer inflate(BatchFrame frame) throws CorruptBatchException {
        stored.position(0).limit(frame.storedBytes());
        frame.verifyStored(stored, crc);
        if (!frame.isCompressed()) {
            frame.verifyUncompressed();
            return stored;
        }
        try {
            // Asked for before anything is written: the library trusts the length that the bytes claim.
            if (Snappy.uncompressedLength(stored) != frame.rawBytes()) {
                throw new CorruptBatchException("compressed frame does not inflate to " + frame.rawBytes() + " bytes");
            }
            stored.position(0).limit(frame.storedBytes());
            Snappy.uncompress(stored, raw.clear());
        } catch (CorruptBatchException e) {
            throw e;
        } catch (IOException e) {
            throw new CorruptBatchException("compressed frame cannot be inflated: " + e.getMessage(), e);
        }
        raw.position(0).limit(frame.rawBytes());
        frame.verifyRaw(raw, crc);
        return raw;
    }
}
