package io.tidemark.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes in the replies to the requests of one call, in whatever order the server sends them, and puts their data where it belongs.
 * Guarded by the client's turn.
 */
final class ClientReplies {
    private static final int MAXIMUM_CHUNK_BYTES = NbdProtocol.MAXIMUM_PAYLOAD_BYTES + 64;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ClientSocket socket;
    private final boolean structured;
    private final Map<Long, Read> reads = new HashMap<>();
    private ByteBuffer target = NOTHING;
    private int targetBase;
    private long targetOffset;
    private long plainCookie;
    private boolean plainOutstanding;
    private @Nullable Status status;
    private @Nullable NbdError error;
    private String errorText = "";

    /** A read that is not fully answered; the missing bytes tell whether a server left some out. */
    private static final class Read {
        private final long offset;
        private final int lengthBytes;
        private int missingBytes;

        private Read(long offset, int lengthBytes) {
            this.offset = offset;
            this.lengthBytes = lengthBytes;
            this.missingBytes = lengthBytes;
        }
    }

    /** A block status call and where its extents go. */
    private record Status(long offset, long lengthBytes, int context, List<NbdExtent> into) {}

    ClientReplies(ClientSocket socket, boolean structured) {
        this.socket = socket;
        this.structured = structured;
    }

    /** Begins a call that reads into {@code into}, from its position, what the export has at {@code offset}. */
    void expect(ByteBuffer into, long offset, int lengthBytes) {
        expectNoData();
        target = into.duplicate();
        targetBase = into.position();
        targetOffset = offset;
        if (target.remaining() != lengthBytes) {
            throw new IllegalArgumentException("length does not fit the buffer");
        }
    }

    /** Begins a call whose replies carry no data. */
    void expectNoData() {
        reads.clear();
        target = NOTHING;
        status = null;
        error = null;
        errorText = "";
        plainOutstanding = false;
    }

    /** Begins a block status call. */
    void expectStatus(long offset, long lengthBytes, int context, List<NbdExtent> into) {
        expectNoData();
        status = new Status(offset, lengthBytes, context, into);
    }

    void expectRead(long cookie, long offset, int lengthBytes) {
        reads.put(cookie, new Read(offset, lengthBytes));
    }

    void expectPlain(long cookie) {
        plainCookie = cookie;
        plainOutstanding = true;
    }

    int outstanding() {
        return reads.size() + (plainOutstanding ? 1 : 0);
    }

    /** Whether the server has reported an error in this call. */
    boolean failed() {
        return error != null;
    }

    /** Ends the call: throws the first error that the server reported in it. */
    void finish(String what) throws NbdErrorException {
        target = NOTHING;
        NbdError reported = error;
        if (reported != null) {
            throw new NbdErrorException(
                    reported,
                    "NBD server refused " + what + ": " + reported + (errorText.isEmpty() ? "" : ", " + errorText));
        }
    }

    /** Takes in one reply, or one chunk of a structured reply. */
    void receive() throws IOException {
        ByteBuffer input = socket.need(4);
        int magic = input.getInt();
        switch (magic) {
            case NbdProtocol.SIMPLE_REPLY_MAGIC -> receiveSimple();
            case NbdProtocol.STRUCTURED_REPLY_MAGIC -> receiveChunk();
            default -> throw new NbdProtocolException("reply with wrong magic 0x" + Integer.toHexString(magic));
        }
    }

    private void receiveSimple() throws IOException {
        ByteBuffer input = socket.need(12);
        int number = input.getInt();
        long cookie = input.getLong();
        if (number != 0) {
            fail(number, "");
        }
        Read read = reads.remove(cookie);
        if (read == null) {
            if (number == 0 && status != null) {
                throw new NbdProtocolException("block status answered without any");
            }
            endPlain(cookie);
        } else if (number == 0) {
            if (structured) {
                throw new NbdProtocolException("simple reply to a read though structured ones were agreed");
            }
            socket.read(window(read.offset, read.lengthBytes));
        }
    }

    private void receiveChunk() throws IOException {
        ByteBuffer input = socket.need(16);
        int flags = input.getShort();
        int type = Short.toUnsignedInt(input.getShort());
        long cookie = input.getLong();
        long length = Integer.toUnsignedLong(input.getInt());
        if (length > MAXIMUM_CHUNK_BYTES) {
            throw new NbdProtocolException("chunk of " + length + " bytes");
        }
        Read read = reads.get(cookie);
        if (read == null && !(plainOutstanding && cookie == plainCookie)) {
            throw new NbdProtocolException("chunk for a request that was not made");
        }
        takeChunk(type, (int) length, read);
        if ((flags & NbdProtocol.REPLY_FLAG_DONE) == 0) {
            return;
        }
        if (read == null) {
            endPlain(cookie);
        } else {
            reads.remove(cookie);
            if (read.missingBytes != 0 && error == null) {
                throw new NbdProtocolException("the reply to a read lacks " + read.missingBytes + " bytes");
            }
        }
    }

    private void takeChunk(int type, int length, @Nullable Read read) throws IOException {
        if (type == NbdProtocol.REPLY_TYPE_OFFSET_DATA && read != null && length > Long.BYTES) {
            long offset = socket.need(Long.BYTES).getLong();
            socket.read(window(read, offset, length - Long.BYTES));
        } else if (type == NbdProtocol.REPLY_TYPE_OFFSET_HOLE && read != null && length == 12) {
            ByteBuffer input = socket.need(12);
            long offset = input.getLong();
            ByteBuffer hole = window(read, offset, input.getInt());
            while (hole.remaining() >= Long.BYTES) {
                hole.putLong(0);
            }
            while (hole.hasRemaining()) {
                hole.put((byte) 0);
            }
        } else if (type == NbdProtocol.REPLY_TYPE_BLOCK_STATUS && length >= 12 && (length - 4) % 8 == 0) {
            takeStatus(read == null ? status : null, length);
        } else if ((type & NbdProtocol.REPLY_TYPE_ERROR_BIT) != 0 && length >= 6) {
            takeError(length);
        } else if (type != NbdProtocol.REPLY_TYPE_NONE || length != 0) {
            throw new NbdProtocolException("chunk of type " + type + " and " + length + " bytes does not belong here");
        }
    }

    private void takeStatus(@Nullable Status wanted, int length) throws IOException {
        if (wanted == null) {
            throw new NbdProtocolException("block status that was not asked for");
        }
        int context = socket.need(4).getInt();
        List<NbdExtent> extents = new ArrayList<>();
        long next = wanted.offset();
        long end = wanted.offset() + wanted.lengthBytes();
        for (int i = 0; i < (length - 4) / 8; i++) {
            ByteBuffer input = socket.need(8);
            long lengthBytes = Math.min(Integer.toUnsignedLong(input.getInt()), end - next);
            NbdExtent.Content content = NbdExtent.Content.ofStateFlags(input.getInt());
            if (lengthBytes > 0) {
                extents.add(new NbdExtent(next, lengthBytes, content));
                next += lengthBytes;
            }
        }
        if (context == wanted.context()) {
            wanted.into().addAll(extents);
        }
    }

    private void takeError(int length) throws IOException {
        ByteBuffer input = socket.need(6);
        int number = input.getInt();
        int textLength = Short.toUnsignedInt(input.getShort());
        ByteBuffer rest = ByteBuffer.allocate(length - 6);
        socket.read(rest);
        if (textLength > rest.capacity()) {
            throw new NbdProtocolException("error text is longer than its chunk");
        }
        fail(number, new String(rest.array(), 0, textLength, StandardCharsets.UTF_8));
    }

    private void fail(int number, String text) {
        if (error == null) {
            error = NbdError.ofNumber(number);
            errorText = text;
        }
    }

    private void endPlain(long cookie) throws NbdProtocolException {
        if (!plainOutstanding || cookie != plainCookie) {
            throw new NbdProtocolException("reply to a request that was not made");
        }
        plainOutstanding = false;
    }

    private ByteBuffer window(Read read, long offset, int lengthBytes) throws NbdProtocolException {
        boolean inside = offset >= read.offset
                && lengthBytes > 0
                && offset - read.offset <= read.lengthBytes - lengthBytes
                && lengthBytes <= read.missingBytes;
        if (!inside) {
            throw new NbdProtocolException("data outside the read that it answers");
        }
        read.missingBytes -= lengthBytes;
        return window(offset, lengthBytes);
    }

    private ByteBuffer window(long offset, int lengthBytes) {
        int start = targetBase + (int) (offset - targetOffset);
        target.limit(start + lengthBytes).position(start);
        return target;
    }
}
