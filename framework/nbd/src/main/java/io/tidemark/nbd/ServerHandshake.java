package io.tidemark.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Talks the fixed newstyle handshake with one client until it has chosen an export or leaves. */
final class ServerHandshake {
    private static final int MAXIMUM_OPTION_BYTES = 64 << 10;
    private static final int ALLOCATION_CONTEXT_ID = ServerTransmission.ALLOCATION_CONTEXT_ID;
    private static final int EXPORT_NAME_PADDING_BYTES = 124;

    private final NbdServer server;
    private final ServerConnection connection;
    private final SocketChannel channel;
    private boolean fixedNewstyle;
    private boolean noZeroes;
    private boolean structuredReplies;
    private boolean allocationSelected;
    private String allocationExport = "";

    ServerHandshake(NbdServer server, ServerConnection connection, SocketChannel channel) {
        this.server = server;
        this.connection = connection;
        this.channel = channel;
    }

    /** Empty when the client left, or gave up with {@code ABORT}. */
    Optional<NbdSession> negotiate() throws IOException {
        send(ByteBuffer.allocate(18)
                .putLong(NbdProtocol.MAGIC)
                .putLong(NbdProtocol.OPTION_MAGIC)
                .putShort((short) (NbdProtocol.HANDSHAKE_FIXED_NEWSTYLE | NbdProtocol.HANDSHAKE_NO_ZEROES)));
        int clientFlags = receive(4).getInt();
        fixedNewstyle = (clientFlags & NbdProtocol.HANDSHAKE_FIXED_NEWSTYLE) != 0;
        noZeroes = (clientFlags & NbdProtocol.HANDSHAKE_NO_ZEROES) != 0;
        if ((clientFlags & ~(NbdProtocol.HANDSHAKE_FIXED_NEWSTYLE | NbdProtocol.HANDSHAKE_NO_ZEROES)) != 0) {
            throw new NbdProtocolException("unknown handshake flags 0x" + Integer.toHexString(clientFlags));
        }
        while (true) {
            ByteBuffer header = receive(16);
            long magic = header.getLong();
            int option = header.getInt();
            long length = Integer.toUnsignedLong(header.getInt());
            if (magic != NbdProtocol.OPTION_MAGIC) {
                throw new NbdProtocolException("option with wrong magic 0x" + Long.toHexString(magic));
            }
            if (length > MAXIMUM_OPTION_BYTES) {
                throw new NbdProtocolException("option " + option + " of " + length + " bytes, more than any needs");
            }
            if (!fixedNewstyle && option != NbdProtocol.OPT_EXPORT_NAME) {
                throw new NbdProtocolException("option " + option + " without fixed newstyle");
            }
            ByteBuffer data = receive((int) length);
            switch (option) {
                case NbdProtocol.OPT_EXPORT_NAME -> {
                    return Optional.of(exportName(data));
                }
                case NbdProtocol.OPT_ABORT -> {
                    reply(option, NbdProtocol.REP_ACK);
                    return Optional.empty();
                }
                case NbdProtocol.OPT_GO -> {
                    Optional<NbdSession> session = infoOrGo(option, data);
                    if (session.isPresent()) {
                        return session;
                    }
                }
                default -> answer(option, data);
            }
        }
    }

    /** Options after which haggling always goes on. */
    private void answer(int option, ByteBuffer data) throws IOException {
        switch (option) {
            case NbdProtocol.OPT_LIST -> list(data);
            case NbdProtocol.OPT_INFO -> infoOrGo(option, data);
            case NbdProtocol.OPT_STRUCTURED_REPLY -> {
                if (data.hasRemaining()) {
                    replyError(option, NbdProtocol.REP_ERR_INVALID, "STRUCTURED_REPLY takes no data");
                } else {
                    structuredReplies = true;
                    reply(option, NbdProtocol.REP_ACK);
                }
            }
            case NbdProtocol.OPT_LIST_META_CONTEXT, NbdProtocol.OPT_SET_META_CONTEXT -> metaContexts(option, data);
            default -> replyError(option, NbdProtocol.REP_ERR_UNSUP, "option " + option + " is not supported");
        }
    }

    private NbdSession exportName(ByteBuffer data) throws IOException {
        String name = string(data, data.remaining());
        NbdSession session =
                join(name).orElseThrow(() -> new NbdProtocolException("asked for unknown export \"" + name + "\""));
        ByteBuffer reply = ByteBuffer.allocate(10 + EXPORT_NAME_PADDING_BYTES)
                .putLong(session.sizeBytes())
                .putShort(session.transmissionFlags());
        if (!noZeroes) {
            reply.position(reply.capacity());
        }
        sendAsMember(session, reply);
        return session;
    }

    private void list(ByteBuffer data) throws IOException {
        if (data.hasRemaining()) {
            replyError(NbdProtocol.OPT_LIST, NbdProtocol.REP_ERR_INVALID, "LIST takes no data");
            return;
        }
        for (ServedExport served : server.allExports()) {
            byte[] name = utf8(served.name());
            byte[] description = utf8(served.export().description());
            reply(
                    NbdProtocol.OPT_LIST,
                    NbdProtocol.REP_SERVER,
                    ByteBuffer.allocate(4 + name.length + description.length)
                            .putInt(name.length)
                            .put(name)
                            .put(description));
        }
        reply(NbdProtocol.OPT_LIST, NbdProtocol.REP_ACK);
    }

    private Optional<NbdSession> infoOrGo(int option, ByteBuffer data) throws IOException {
        String name;
        boolean wantsName = false;
        boolean wantsDescription = false;
        boolean wantsBlockSize = false;
        try {
            name = string(data, data.getInt());
            int requests = Short.toUnsignedInt(data.getShort());
            for (int i = 0; i < requests; i++) {
                int item = Short.toUnsignedInt(data.getShort());
                wantsName |= item == NbdProtocol.INFO_NAME;
                wantsDescription |= item == NbdProtocol.INFO_DESCRIPTION;
                wantsBlockSize |= item == NbdProtocol.INFO_BLOCK_SIZE;
            }
            if (data.hasRemaining()) {
                throw new BufferUnderflowException();
            }
        } catch (BufferUnderflowException e) {
            replyError(option, NbdProtocol.REP_ERR_INVALID, "the lengths inside the option don't fit");
            return Optional.empty();
        }
        Optional<NbdSession> found = option == NbdProtocol.OPT_GO ? join(name) : look(name);
        if (found.isEmpty()) {
            replyError(option, NbdProtocol.REP_ERR_UNKNOWN, "there is no export \"" + name + "\"");
            return found;
        }
        NbdSession session = found.get();
        ByteBuffer replies = ByteBuffer.allocate(
                128 + utf8(name).length + utf8(session.served().export().description()).length);
        putInfo(
                replies,
                option,
                ByteBuffer.allocate(12)
                        .putShort((short) NbdProtocol.INFO_EXPORT)
                        .putLong(session.sizeBytes())
                        .putShort(session.transmissionFlags()));
        if (wantsName) {
            putInfo(replies, option, text(NbdProtocol.INFO_NAME, name));
        }
        if (wantsDescription && !session.served().export().description().isEmpty()) {
            putInfo(
                    replies,
                    option,
                    text(NbdProtocol.INFO_DESCRIPTION, session.served().export().description()));
        }
        if (wantsBlockSize) {
            putInfo(
                    replies,
                    option,
                    ByteBuffer.allocate(14)
                            .putShort((short) NbdProtocol.INFO_BLOCK_SIZE)
                            .putInt(NbdProtocol.MINIMUM_BLOCK_BYTES)
                            .putInt(NbdProtocol.PREFERRED_BLOCK_BYTES)
                            .putInt(NbdProtocol.MAXIMUM_PAYLOAD_BYTES));
        }
        putReply(replies, option, NbdProtocol.REP_ACK, ByteBuffer.allocate(0));
        if (option == NbdProtocol.OPT_GO) {
            sendAsMember(session, replies);
        } else {
            send(replies);
        }
        return found;
    }

    private void metaContexts(int option, ByteBuffer data) throws IOException {
        boolean set = option == NbdProtocol.OPT_SET_META_CONTEXT;
        if (set) {
            allocationSelected = false;
        }
        String name;
        boolean matches;
        try {
            name = string(data, data.getInt());
            long queries = Integer.toUnsignedLong(data.getInt());
            matches = queries == 0 && !set;
            for (long i = 0; i < queries; i++) {
                String query = string(data, data.getInt());
                // "base:" is a wildcard for listing only.
                matches |= query.equals(NbdProtocol.BASE_ALLOCATION) || (!set && query.equals("base:"));
            }
            if (data.hasRemaining()) {
                throw new BufferUnderflowException();
            }
        } catch (BufferUnderflowException e) {
            replyError(option, NbdProtocol.REP_ERR_INVALID, "the lengths inside the option don't fit");
            return;
        }
        if (!structuredReplies) {
            replyError(option, NbdProtocol.REP_ERR_INVALID, "structured replies must be negotiated first");
            return;
        }
        Optional<NbdSession> found = look(name);
        if (found.isEmpty()) {
            replyError(option, NbdProtocol.REP_ERR_UNKNOWN, "there is no export \"" + name + "\"");
            return;
        }
        if (matches && found.get().can(NbdAbility.BLOCK_STATUS)) {
            byte[] context = utf8(NbdProtocol.BASE_ALLOCATION);
            reply(
                    option,
                    NbdProtocol.REP_META_CONTEXT,
                    ByteBuffer.allocate(4 + context.length)
                            .putInt(set ? ALLOCATION_CONTEXT_ID : 0)
                            .put(context));
            if (set) {
                allocationSelected = true;
                allocationExport = name;
            }
        }
        reply(option, NbdProtocol.REP_ACK);
    }

    private Optional<NbdSession> look(String name) {
        return server.export(name).map(NbdSession::of);
    }

    /** Counts the connection to the export before the client hears of it, so that a removal from now on reaches it. */
    private Optional<NbdSession> join(String name) {
        return look(name)
                .filter(session -> session.served().join(connection))
                .map(session -> session.withReplies(
                        structuredReplies, structuredReplies && allocationSelected && allocationExport.equals(name)));
    }

    private void sendAsMember(NbdSession session, ByteBuffer replies) throws IOException {
        try {
            send(replies);
        } catch (IOException e) {
            session.served().leave(connection);
            throw e;
        }
    }

    private static ByteBuffer text(int item, String text) {
        byte[] bytes = utf8(text);
        return ByteBuffer.allocate(2 + bytes.length).putShort((short) item).put(bytes);
    }

    private static void putInfo(ByteBuffer into, int option, ByteBuffer filled) {
        putReply(into, option, NbdProtocol.REP_INFO, filled);
    }

    private static void putReply(ByteBuffer into, int option, int type, ByteBuffer filled) {
        filled.flip();
        into.putLong(NbdProtocol.OPTION_REPLY_MAGIC)
                .putInt(option)
                .putInt(type)
                .putInt(filled.remaining())
                .put(filled);
    }

    private void reply(int option, int type) throws IOException {
        reply(option, type, ByteBuffer.allocate(0));
    }

    private void reply(int option, int type, ByteBuffer filled) throws IOException {
        ByteBuffer reply = ByteBuffer.allocate(20 + filled.position());
        putReply(reply, option, type, filled);
        send(reply);
    }

    private void replyError(int option, int type, String message) throws IOException {
        reply(option, type, ByteBuffer.wrap(utf8(message)).position(utf8(message).length));
    }

    private void send(ByteBuffer filled) throws IOException {
        filled.flip();
        while (filled.hasRemaining()) {
            channel.write(filled);
        }
    }

    private ByteBuffer receive(int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("client left during the handshake");
            }
        }
        return buffer.flip();
    }

    private static String string(ByteBuffer data, int lengthBytes) {
        if (lengthBytes < 0 || lengthBytes > data.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[lengthBytes];
        data.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
