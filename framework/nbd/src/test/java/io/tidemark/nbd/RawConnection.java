package io.tidemark.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Speaks NBD byte by byte, right or wrong as the test wants. */
final class RawConnection implements AutoCloseable {
    final SocketChannel channel;

    RawConnection(Path socket) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    /** A reply to an option. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record OptionReply(int option, int type, byte[] data) {}

    /** A simple reply, or (with its type and payload) one chunk of a structured one. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Reply(long cookie, int error, int flags, int type, byte[] data) {}

    /** Takes the greeting and sends the flags. */
    RawConnection greet(int clientFlags) throws IOException {
        receive(18);
        return send(ByteBuffer.allocate(4).putInt(clientFlags));
    }

    RawConnection option(int option, byte[] data) throws IOException {
        return send(ByteBuffer.allocate(16 + data.length)
                .putLong(NbdProtocol.OPTION_MAGIC)
                .putInt(option)
                .putInt(data.length)
                .put(data));
    }

    OptionReply optionReply() throws IOException {
        ByteBuffer header = receive(20);
        if (header.getLong() != NbdProtocol.OPTION_REPLY_MAGIC) {
            throw new IOException("bad option reply magic");
        }
        int option = header.getInt();
        int type = header.getInt();
        return new OptionReply(option, type, receive(header.getInt()).array());
    }

    /** Goes through a whole handshake with simple replies. */
    RawConnection chooseDefault() throws IOException {
        greet(3).option(NbdProtocol.OPT_GO, nameAndItems(""));
        return skipToAck();
    }

    RawConnection chooseDefaultStructured() throws IOException {
        greet(3).option(NbdProtocol.OPT_STRUCTURED_REPLY, new byte[0]);
        optionReply();
        option(NbdProtocol.OPT_SET_META_CONTEXT, contexts("", NbdProtocol.BASE_ALLOCATION));
        optionReply();
        optionReply();
        option(NbdProtocol.OPT_GO, nameAndItems(""));
        return skipToAck();
    }

    private RawConnection skipToAck() throws IOException {
        int type;
        do {
            type = optionReply().type();
        } while (type != NbdProtocol.REP_ACK);
        return this;
    }

    RawConnection request(int type, int flags, long cookie, long offset, int length, byte... payload)
            throws IOException {
        return send(ByteBuffer.allocate(28 + payload.length)
                .putInt(NbdProtocol.REQUEST_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putLong(offset)
                .putInt(length)
                .put(payload));
    }

    /** Takes one reply; simple ones carry {@code dataBytes} when they tell no error. */
    Reply reply(int dataBytes) throws IOException {
        int magic = receive(4).getInt();
        if (magic == NbdProtocol.SIMPLE_REPLY_MAGIC) {
            ByteBuffer rest = receive(12);
            int error = rest.getInt();
            long cookie = rest.getLong();
            return new Reply(
                    cookie, error, 1, -1, receive(error == 0 ? dataBytes : 0).array());
        }
        if (magic != NbdProtocol.STRUCTURED_REPLY_MAGIC) {
            throw new IOException("bad reply magic 0x" + Integer.toHexString(magic));
        }
        ByteBuffer rest = receive(16);
        int flags = rest.getShort();
        int type = Short.toUnsignedInt(rest.getShort());
        long cookie = rest.getLong();
        byte[] data = receive(rest.getInt()).array();
        int error = (type & NbdProtocol.REPLY_TYPE_ERROR_BIT) == 0
                ? 0
                : ByteBuffer.wrap(data).getInt();
        return new Reply(cookie, error, flags, type, data);
    }

    /** Reads until the server closes. */
    int drain() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(65536);
        int total = 0;
        while (true) {
            int read = channel.read(buffer.clear());
            if (read < 0) {
                return total;
            }
            total += read;
        }
    }

    RawConnection send(ByteBuffer filled) throws IOException {
        filled.flip();
        while (filled.hasRemaining()) {
            channel.write(filled);
        }
        return this;
    }

    ByteBuffer receive(int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("closed by the server after " + buffer.position() + " of " + bytes + " bytes");
            }
        }
        return buffer.flip();
    }

    static byte[] nameAndItems(String name, int... items) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer data = ByteBuffer.allocate(6 + utf8.length + 2 * items.length)
                .putInt(utf8.length)
                .put(utf8)
                .putShort((short) items.length);
        for (int item : items) {
            data.putShort((short) item);
        }
        return data.array();
    }

    static byte[] contexts(String name, String... queries) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer data =
                ByteBuffer.allocate(4096).putInt(utf8.length).put(utf8).putInt(queries.length);
        for (String query : queries) {
            byte[] bytes = query.getBytes(StandardCharsets.UTF_8);
            data.putInt(bytes.length).put(bytes);
        }
        byte[] exact = new byte[data.position()];
        data.flip().get(exact);
        return exact;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
