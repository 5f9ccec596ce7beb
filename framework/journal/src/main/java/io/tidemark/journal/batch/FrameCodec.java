package io.tidemark.journal.batch;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.xerial.snappy.Snappy;

/** How the payload of a frame is stored. */
enum FrameCodec {
    RAW(FrameCodec.RAW_CODE) {
        @Override
        byte[] inflate(byte[] stored, int rawBytes) throws CorruptBatchException {
            if (stored.length != rawBytes) {
                throw new CorruptBatchException(
                        "raw frame of " + stored.length + " bytes claims to hold " + rawBytes + " bytes");
            }
            return stored;
        }
    },
    SNAPPY(FrameCodec.SNAPPY_CODE) {
        @Override
        byte[] inflate(byte[] stored, int rawBytes) throws CorruptBatchException {
            try {
                if (Snappy.uncompressedLength(stored) != rawBytes) {
                    throw new CorruptBatchException("compressed frame does not inflate to " + rawBytes + " bytes");
                }
                byte[] raw = new byte[rawBytes];
                Snappy.rawUncompress(stored, 0, stored.length, raw, 0);
                return raw;
            } catch (CorruptBatchException e) {
                throw e;
            } catch (IOException e) {
                throw new CorruptBatchException("compressed frame cannot be inflated: " + e.getMessage(), e);
            }
        }
    };

    static final int RAW_CODE = 0;
    static final int SNAPPY_CODE = 1;

    private final int code;

    FrameCodec(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    abstract byte[] inflate(byte[] stored, int rawBytes) throws CorruptBatchException;

    /**
     * Appends one frame's stored form to {@code out}, in the form that is shorter.
     *
     * @return the codec that was used
     */
    static FrameCodec store(byte[] raw, int from, int rawBytes, ByteBuffer out) throws IOException {
        int at = out.arrayOffset() + out.position();
        int storedBytes = Snappy.compress(raw, from, rawBytes, out.array(), at);
        // Inflating costs every reader; a saving of less than an eighth is not worth it.
        if (storedBytes > rawBytes - rawBytes / 8) {
            out.put(raw, from, rawBytes);
            return RAW;
        }
        out.position(out.position() + storedBytes);
        return SNAPPY;
    }

    static FrameCodec ofCode(int code) throws CorruptBatchException {
        return switch (code) {
            case RAW_CODE -> RAW;
            case SNAPPY_CODE -> SNAPPY;
            default -> throw new CorruptBatchException("frame has unknown codec " + code);
        };
    }
}
