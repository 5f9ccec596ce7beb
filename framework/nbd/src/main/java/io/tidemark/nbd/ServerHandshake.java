package io.tidemark.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Talks the fixed newstyle handshake with one client until it has chosen an export or leaves. */
final class ServerHandshake {
    private static final int MAXIMUM_OPTION_BYTES = 64 << 10;
    private static final int EXPORT_NAME_PADDING_BYTES = 124;
    private static final int CLIENT_FLAGS = NbdProtocol.HANDSHAKE_FIXED_NEWSTYLE | NbdProtocol.HANDSHAKE_NO_ZEROES;
    private static final String BAD_LENGTHS = "the lengths inside the option don't fit";

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

    /** Empty when the client gave up with {@code ABORT}. */
    Optional<NbdSession> negotiate() throws IOException {
        greet();
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
            if (option == NbdProtocol.OPT_EXPORT_NAME) {
                return Optional.of(exportName(data));
            }
            OptionReplies replies = new OptionReplies(option);
            if (option == NbdProtocol.OPT_ABORT) {
                replies.acknowledge().send(channel);
                return Optional.empty();
            }
            Optional<NbdSession> chosen = answer(option, data, replies);
            replies.send(channel);
            if (chosen.isPresent()) {
                return chosen;
            }
        }
    }

    private void greet() throws IOException {
        send(ByteBuffer.allocate(18)
                .putLong(NbdProtocol.MAGIC)
                .putLong(NbdProtocol.OPTION_MAGIC)
                .putShort((short) CLIENT_FLAGS));
        int clientFlags = receive(4).getInt();
        if ((clientFlags & ~CLIENT_FLAGS) != 0) {
            throw new NbdProtocolException("unknown handshake flags 0x" + Integer.toHexString(clientFlags));
        }
        fixedNewstyle = (clientFlags & NbdProtocol.HANDSHAKE_FIXED_NEWSTYLE) != 0;
        noZeroes = (clientFlags & NbdProtocol.HANDSHAKE_NO_ZEROES) != 0;
    }

    /** Fills in the replies; a session when the option was a {@code GO} that succeeded. */
    private Optional<NbdSession> answer(int option, ByteBuffer data, OptionReplies replies) {
        try {
            switch (option) {
                case NbdProtocol.OPT_GO -> {
                    return infoOrGo(option, data, replies);
                }
                case NbdProtocol.OPT_INFO -> infoOrGo(option, data, replies);
                case NbdProtocol.OPT_LIST -> list(data, replies);
                case NbdProtocol.OPT_STRUCTURED_REPLY -> {
                    requireEnd(data);
                    structuredReplies = true;
                    replies.acknowledge();
                }
                case NbdProtocol.OPT_LIST_META_CONTEXT, NbdProtocol.OPT_SET_META_CONTEXT ->
                    metaContexts(option, data, replies);
                default -> replies.error(NbdProtocol.REP_ERR_UNSUP, "option " + option + " is not supported");
            }
        } catch (BufferUnderflowException e) {
            replies.error(NbdProtocol.REP_ERR_INVALID, BAD_LENGTHS);
        }
        return Optional.empty();
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
        send(reply);
        return session;
    }

    private void list(ByteBuffer data, OptionReplies replies) {
        requireEnd(data);
        for (ServedExport served : server.allExports()) {
            byte[] name = served.name().getBytes(StandardCharsets.UTF_8);
            byte[] description = served.export().description().getBytes(StandardCharsets.UTF_8);
            replies.add(
                    NbdProtocol.REP_SERVER,
                    ByteBuffer.allocate(4 + name.length + description.length)
                            .putInt(name.length)
                            .put(name)
                            .put(description));
        }
        replies.acknowledge();
    }

    private Optional<NbdSession> infoOrGo(int option, ByteBuffer data, OptionReplies replies) {
        String name = string(data, data.getInt());
        Set<Integer> wanted = new HashSet<>();
        int requests = Short.toUnsignedInt(data.getShort());
        for (int i = 0; i < requests; i++) {
            wanted.add(Short.toUnsignedInt(data.getShort()));
        }
        requireEnd(data);
        Optional<NbdSession> found = option == NbdProtocol.OPT_GO ? join(name) : look(name);
        if (found.isEmpty()) {
            replies.error(NbdProtocol.REP_ERR_UNKNOWN, "there is no export \"" + name + "\"");
            return found;
        }
        NbdSession session = found.get();
        replies.add(
                NbdProtocol.REP_INFO,
                ByteBuffer.allocate(12)
                        .putShort((short) NbdProtocol.INFO_EXPORT)
                        .putLong(session.sizeBytes())
                        .putShort(session.transmissionFlags()));
        if (wanted.contains(NbdProtocol.INFO_NAME)) {
            replies.text(NbdProtocol.INFO_NAME, name);
        }
        String description = session.served().export().description();
        if (wanted.contains(NbdProtocol.INFO_DESCRIPTION) && !description.isEmpty()) {
            replies.text(NbdProtocol.INFO_DESCRIPTION, description);
        }
        if (wanted.contains(NbdProtocol.INFO_BLOCK_SIZE)) {
            replies.add(
                    NbdProtocol.REP_INFO,
                    ByteBuffer.allocate(14)
                            .putShort((short) NbdProtocol.INFO_BLOCK_SIZE)
                            .putInt(NbdProtocol.MINIMUM_BLOCK_BYTES)
                            .putInt(NbdProtocol.PREFERRED_BLOCK_BYTES)
                            .putInt(NbdProtocol.MAXIMUM_PAYLOAD_BYTES));
        }
        replies.acknowledge();
        return found;
    }

    private void metaContexts(int option, ByteBuffer data, OptionReplies replies) {
        boolean set = option == NbdProtocol.OPT_SET_META_CONTEXT;
        if (set) {
            // A selection that fails leaves none, so that a client is never told about contexts it no longer asks for.
            allocationSelected = false;
        }
        String name = string(data, data.getInt());
        long queries = Integer.toUnsignedLong(data.getInt());
        boolean matches = queries == 0 && !set;
        for (long i = 0; i < queries; i++) {
            String query = string(data, data.getInt());
            // "base:" is a wildcard for listing only.
            matches |= query.equals(NbdProtocol.BASE_ALLOCATION) || (!set && query.equals("base:"));
        }
        requireEnd(data);
        if (!structuredReplies) {
            replies.error(NbdProtocol.REP_ERR_INVALID, "structured replies must be negotiated first");
            return;
        }
        Optional<NbdSession> found = look(name);
        if (found.isEmpty()) {
            replies.error(NbdProtocol.REP_ERR_UNKNOWN, "there is no export \"" + name + "\"");
            return;
        }
        if (matches && found.get().can(NbdAbility.BLOCK_STATUS)) {
            byte[] context = NbdProtocol.BASE_ALLOCATION.getBytes(StandardCharsets.UTF_8);
            replies.add(
                    NbdProtocol.REP_META_CONTEXT,
                    ByteBuffer.allocate(4 + context.length)
                            .putInt(set ? ServerTransmission.ALLOCATION_CONTEXT_ID : 0)
                            .put(context));
            if (set) {
                allocationSelected = true;
                allocationExport = name;
            }
        }
        replies.acknowledge();
    }

    private Optional<NbdSession> look(String name) {
        return server.export(name).map(NbdSession::of);
    }

    /** Counts the connection to the export before the client hears of it, so that a removal from now on reaches it. */
    private Optional<NbdSession> join(String name) {
        boolean status = structuredReplies && allocationSelected && allocationExport.equals(name);
        return look(name)
                .filter(session -> connection.join(session.served()))
                .map(session -> session.withReplies(structuredReplies, status));
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

    private static void requireEnd(ByteBuffer data) {
        if (data.hasRemaining()) {
            throw new BufferUnderflowException();
        }
    }

    private static String string(ByteBuffer data, int lengthBytes) {
        if (lengthBytes < 0 || lengthBytes > data.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[lengthBytes];
        data.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
