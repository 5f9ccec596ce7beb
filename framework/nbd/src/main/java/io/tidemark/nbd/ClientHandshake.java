package io.tidemark.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.EnumSet;

/** Talks the fixed newstyle handshake with a server up to the choice of one export. */
final class ClientHandshake {
    private static final int MAXIMUM_REPLY_BYTES = 64 << 10;

    private final ClientSocket socket;
    private final String exportName;
    private int allocationContext = -1;
    private long sizeBytes = -1;
    private int transmissionFlags;
    private int maximumPayloadBytes = NbdProtocol.MAXIMUM_PAYLOAD_BYTES;

    ClientHandshake(ClientSocket socket, String exportName) {
        this.socket = socket;
        this.exportName = exportName;
    }

    ExportInfo negotiate() throws IOException {
        ByteBuffer greeting = socket.need(18);
        long magic = greeting.getLong();
        long optionMagic = greeting.getLong();
        int flags = greeting.getShort();
        if (magic != NbdProtocol.MAGIC || optionMagic != NbdProtocol.OPTION_MAGIC) {
            throw new NbdProtocolException("what answers there is not a newstyle NBD server");
        }
        if ((flags & NbdProtocol.HANDSHAKE_FIXED_NEWSTYLE) == 0) {
            throw new NbdProtocolException("the server is too old: it lacks the fixed newstyle handshake");
        }
        socket.write(ByteBuffer.allocate(4)
                .putInt(flags & (NbdProtocol.HANDSHAKE_FIXED_NEWSTYLE | NbdProtocol.HANDSHAKE_NO_ZEROES))
                .flip());
        byte[] name = exportName.getBytes(StandardCharsets.UTF_8);
        boolean structured = option(NbdProtocol.OPT_STRUCTURED_REPLY, ByteBuffer.allocate(0)) == NbdProtocol.REP_ACK;
        if (structured) {
            byte[] query = NbdProtocol.BASE_ALLOCATION.getBytes(StandardCharsets.UTF_8);
            // An error here means no block status; whether the export exists, GO tells.
            option(
                    NbdProtocol.OPT_SET_META_CONTEXT,
                    ByteBuffer.allocate(12 + name.length + query.length)
                            .putInt(name.length)
                            .put(name)
                            .putInt(1)
                            .putInt(query.length)
                            .put(query));
        }
        int answer = option(
                NbdProtocol.OPT_GO,
                ByteBuffer.allocate(6 + name.length)
                        .putInt(name.length)
                        .put(name)
                        .putShort((short) 0));
        if (answer == NbdProtocol.REP_ERR_UNKNOWN) {
            throw new IOException("the server has no export of that name");
        }
        if (answer != NbdProtocol.REP_ACK) {
            throw new IOException("the server refused with option error " + (answer & ~NbdProtocol.REP_ERROR_BIT));
        }
        if (sizeBytes < 0) {
            throw new NbdProtocolException("the server did not tell a size below 2^63");
        }
        return info(structured);
    }

    private ExportInfo info(boolean structured) {
        EnumSet<NbdAbility> abilities = EnumSet.noneOf(NbdAbility.class);
        for (NbdAbility ability : NbdAbility.values()) {
            if ((transmissionFlags & ability.transmissionFlag()) != 0) {
                abilities.add(ability);
            }
        }
        if (allocationContext >= 0) {
            abilities.add(NbdAbility.BLOCK_STATUS);
        }
        boolean readOnly = (transmissionFlags & NbdProtocol.FLAG_READ_ONLY) != 0;
        return new ExportInfo(
                sizeBytes,
                readOnly,
                Collections.unmodifiableSet(abilities),
                structured,
                allocationContext,
                maximumPayloadBytes);
    }

    /** Sends the option and takes in replies up to the last one, whose type is the answer. */
    private int option(int option, ByteBuffer filled) throws IOException {
        filled.flip();
        socket.write(ByteBuffer.allocate(16 + filled.remaining())
                .putLong(NbdProtocol.OPTION_MAGIC)
                .putInt(option)
                .putInt(filled.remaining())
                .put(filled)
                .flip());
        while (true) {
            ByteBuffer header = socket.need(20);
            long magic = header.getLong();
            int echoed = header.getInt();
            int type = header.getInt();
            int length = header.getInt();
            if (magic != NbdProtocol.OPTION_REPLY_MAGIC
                    || echoed != option
                    || length < 0
                    || length > MAXIMUM_REPLY_BYTES) {
                throw new NbdProtocolException("malformed reply to option " + option);
            }
            ByteBuffer data = ByteBuffer.allocate(length);
            socket.read(data);
            data.flip();
            if (type == NbdProtocol.REP_ACK || type < 0) {
                return type;
            }
            if (type == NbdProtocol.REP_INFO && length >= 2) {
                takeInfo(data);
            } else if (type == NbdProtocol.REP_META_CONTEXT && length >= 4) {
                takeContext(data);
            }
        }
    }

    private void takeInfo(ByteBuffer data) throws NbdProtocolException {
        int item = data.getShort();
        if (item == NbdProtocol.INFO_EXPORT && data.remaining() == 10) {
            sizeBytes = data.getLong();
            transmissionFlags = Short.toUnsignedInt(data.getShort());
        } else if (item == NbdProtocol.INFO_BLOCK_SIZE && data.remaining() == 12) {
            data.position(data.position() + 8);
            long maximum = Integer.toUnsignedLong(data.getInt());
            if (maximum < NbdProtocol.PREFERRED_BLOCK_BYTES) {
                throw new NbdProtocolException("the server takes no more than " + maximum + " bytes at a time");
            }
            maximumPayloadBytes = (int) Math.min(maximum, NbdProtocol.MAXIMUM_PAYLOAD_BYTES);
        }
    }

    private void takeContext(ByteBuffer data) {
        int id = data.getInt();
        if (StandardCharsets.UTF_8.decode(data).toString().equals(NbdProtocol.BASE_ALLOCATION)) {
            allocationContext = id;
        }
    }
}
