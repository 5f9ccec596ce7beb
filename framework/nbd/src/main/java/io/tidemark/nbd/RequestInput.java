package io.tidemark.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** What one client has sent and the server has not yet used: one large buffer, filled by reads as big as it has room for. */
final class RequestInput {
    private final SocketChannel channel;
    private final ReplyOutput replies;
    private final ByteBuffer buffer;
    private final ByteBuffer payload;

    RequestInput(SocketChannel channel, ReplyOutput replies, ByteBuffer buffer) {
        this.channel = channel;
        this.replies = replies;
        this.buffer = buffer.limit(0);
        this.payload = buffer.duplicate();
    }

    /** Makes at least that many bytes available, which the buffer must be able to hold; false when the client left before the first. */
    boolean await(int bytes) throws IOException {
        if (buffer.remaining() >= bytes) {
            return true;
        }
        // The client may be waiting for these before it sends more.
        replies.send();
        while (buffer.remaining() < bytes) {
            if (!fill(bytes - buffer.remaining())) {
                if (buffer.hasRemaining()) {
                    throw new EOFException("client left in the middle of a request");
                }
                return false;
            }
        }
        return true;
    }

    /** The buffer, positioned at the first unused byte. */
    ByteBuffer buffer() {
        return buffer;
    }

    /** The next bytes, which have been awaited, as a buffer that is valid until the next call; they are used up by this. */
    ByteBuffer take(int bytes) {
        int start = buffer.position();
        payload.clear().position(start).limit(start + bytes);
        buffer.position(start + bytes);
        return payload;
    }

    private boolean fill(int missing) throws IOException {
        if (!buffer.hasRemaining()) {
            buffer.position(0).limit(0);
        } else if (buffer.capacity() - buffer.limit() < missing) {
            buffer.compact().flip();
        }
        int start = buffer.position();
        int end = buffer.limit();
        buffer.position(end).limit(buffer.capacity());
        int read;
        try {
            read = channel.read(buffer);
        } finally {
            int filled = buffer.position();
            buffer.position(start).limit(filled);
        }
        return read >= 0;
    }
}
