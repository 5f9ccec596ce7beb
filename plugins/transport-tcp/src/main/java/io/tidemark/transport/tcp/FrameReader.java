package io.tidemark.transport.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Reads frames and believes nothing: length, type, reserved bytes and checksum are verified before a frame is handed on. One thread. */
final class FrameReader {
    private static final int FIRST_PAYLOAD_BYTES = 64 << 10;

    private final InputStream in;
    private final ByteBuffer header = ByteBuffer.allocate(FrameHeader.BYTES);
    private ByteBuffer payload = ByteBuffer.allocate(FIRST_PAYLOAD_BYTES);

    FrameReader(InputStream in) {
        this.in = in;
    }

    /**
     * Waits for a frame. Its payload is valid until the next call.
     *
     * @throws EOFException when the peer's stream ends
     * @throws MalformedFrameException when it is no frame; nothing after it can be trusted
     */
    Frame next() throws IOException {
        fill(header.array(), FrameHeader.BYTES);
        int lengthBytes = header.getInt(0);
        byte code = header.get(4);
        FrameType type = FrameType.of(code)
                .orElseThrow(() -> new MalformedFrameException("frames of type " + code + " do not exist"));
        if (lengthBytes < 0 || lengthBytes > type.maxPayloadBytes()) {
            throw new MalformedFrameException("a " + type + " frame of " + Integer.toUnsignedString(lengthBytes)
                    + " bytes is longer than " + type.maxPayloadBytes());
        }
        if (header.get(5) != 0 || header.get(6) != 0 || header.get(7) != 0) {
            throw new MalformedFrameException("reserved bytes of a " + type + " frame are not zero");
        }
        if (payload.capacity() < lengthBytes) {
            payload = ByteBuffer.allocate(
                    Math.max(lengthBytes, Math.min(2 * payload.capacity(), FrameType.DATA.maxPayloadBytes())));
        }
        fill(payload.array(), lengthBytes);
        ByteBuffer body = payload.slice(0, lengthBytes);
        if (FrameHeader.checksum(header.slice(0, FrameHeader.CHECKED_BYTES), body)
                != header.getInt(FrameHeader.CHECKED_BYTES)) {
            throw new MalformedFrameException("the checksum of a " + type + " frame does not match its bytes");
        }
        return new Frame(type, header.getLong(8), body);
    }

    private void fill(byte[] into, int lengthBytes) throws IOException {
        if (in.readNBytes(into, 0, lengthBytes) < lengthBytes) {
            throw new EOFException("the peer's stream ended");
        }
    }

    /** One frame off the wire. */
    record Frame(FrameType type, long position, ByteBuffer payload) {}
}
