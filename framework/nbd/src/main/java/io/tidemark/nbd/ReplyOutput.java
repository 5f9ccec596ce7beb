package io.tidemark.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The replies of one connection that are not yet sent; they leave together in one write. */
final class ReplyOutput {
    /** Beyond this the client has enough to go on with, and waiting for more replies only delays it. */
    private static final int ENOUGH_BYTES = 256 << 10;

    private final SocketChannel channel;
    private final ByteBuffer buffer;
    private final ByteBuffer data;

    ReplyOutput(SocketChannel channel, ByteBuffer buffer) {
        this.channel = channel;
        this.buffer = buffer.clear();
        this.data = buffer.duplicate();
    }

    /** The buffer to append to, with room for that many bytes, which it must be able to hold. */
    ByteBuffer room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            send();
        }
        return buffer;
    }

    /** A window on the buffer that starts that far behind its position; valid until the next call. */
    ByteBuffer window(int skipBytes, int bytes) {
        int start = buffer.position() + skipBytes;
        return data.clear().position(start).limit(start + bytes);
    }

    void simple(long cookie, int error) throws IOException {
        room(NbdProtocol.SIMPLE_REPLY_BYTES)
                .putInt(NbdProtocol.SIMPLE_REPLY_MAGIC)
                .putInt(error)
                .putLong(cookie);
    }

    void chunkHeader(long cookie, int flags, int type, int lengthBytes) {
        buffer.putInt(NbdProtocol.STRUCTURED_REPLY_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putInt(lengthBytes);
    }

    void errorChunk(long cookie, NbdError error) throws IOException {
        room(NbdProtocol.STRUCTURED_REPLY_BYTES + 6);
        chunkHeader(cookie, NbdProtocol.REPLY_FLAG_DONE, NbdProtocol.REPLY_TYPE_ERROR, 6);
        buffer.putInt(error.number()).putShort((short) 0);
    }

    void sendIfEnough() throws IOException {
        if (buffer.position() >= ENOUGH_BYTES) {
            send();
        }
    }

    void send() throws IOException {
        if (buffer.position() == 0) {
            return;
        }
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }
}
