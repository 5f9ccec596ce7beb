package io.tidemark.transport.tcp;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes frames through a buffer; one thread. */
final class FrameWriter {
    private static final int BUFFER_BYTES = 128 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final OutputStream out;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

    FrameWriter(OutputStream out) {
        this.out = out;
    }

    void write(FrameType type, long position) throws IOException {
        write(type, position, NOTHING);
    }

    void write(FrameType type, long position, ByteBuffer payload) throws IOException {
        if (buffer.remaining() < FrameHeader.BYTES) {
            drain();
        }
        FrameHeader.put(buffer, type, position, payload);
        ByteBuffer rest = payload.duplicate();
        while (rest.hasRemaining()) {
            if (!buffer.hasRemaining()) {
                drain();
            }
            int count = Math.min(buffer.remaining(), rest.remaining());
            buffer.put(buffer.position(), rest, rest.position(), count);
            buffer.position(buffer.position() + count);
            rest.position(rest.position() + count);
        }
    }

    void flush() throws IOException {
        drain();
        out.flush();
    }

    private void drain() throws IOException {
        out.write(buffer.array(), 0, buffer.position());
        buffer.clear();
    }
}
