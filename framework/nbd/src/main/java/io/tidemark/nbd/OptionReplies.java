package io.tidemark.nbd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** The replies to one option of a handshake, gathered and sent together. */
final class OptionReplies {
    private final int option;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    OptionReplies(int option) {
        this.option = option;
    }

    /** Adds a reply whose data is what has been put into {@code filled}. */
    OptionReplies add(int type, ByteBuffer filled) {
        filled.flip();
        ByteBuffer reply = ByteBuffer.allocate(20 + filled.remaining())
                .putLong(NbdProtocol.OPTION_REPLY_MAGIC)
                .putInt(option)
                .putInt(type)
                .putInt(filled.remaining())
                .put(filled);
        bytes.writeBytes(reply.array());
        return this;
    }

    OptionReplies acknowledge() {
        return add(NbdProtocol.REP_ACK, ByteBuffer.allocate(0));
    }

    /** Adds an error with a text that the client may show. */
    OptionReplies error(int type, String message) {
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        return add(type, ByteBuffer.allocate(text.length).put(text));
    }

    /** Adds an information reply that is a text. */
    OptionReplies text(int item, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return add(
                NbdProtocol.REP_INFO,
                ByteBuffer.allocate(2 + utf8.length).putShort((short) item).put(utf8));
    }

    void send(SocketChannel channel) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(bytes.toByteArray());
        while (all.hasRemaining()) {
            channel.write(all);
        }
    }
}
