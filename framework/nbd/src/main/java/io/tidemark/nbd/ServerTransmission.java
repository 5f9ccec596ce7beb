package io.tidemark.nbd;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Serves the requests of one connection after its handshake, in order: decodes all that have arrived, calls the export for each, sends
 * the replies together. Runs on the connection's thread only.
 */
final class ServerTransmission {
    static final int ALLOCATION_CONTEXT_ID = 1;

    /** Room for headers beside a payload of full size. */
    private static final int HEADER_ROOM_BYTES = 64 << 10;

    private static final int MAXIMUM_STATUS_PAIRS = 4096;

    private final SocketChannel channel;
    private final NbdSession session;
    private final int pieceBytes;
    private final ExportCalls calls;
    private final NbdRequest request = new NbdRequest();

    ServerTransmission(SocketChannel channel, NbdSession session, int pieceBytes) {
        this.channel = channel;
        this.session = session;
        this.pieceBytes = pieceBytes;
        this.calls = new ExportCalls(session.served());
    }

    /** Returns when the client disconnects between requests. */
    void serve() throws IOException {
        // Not left to the garbage collector, which knows nothing of how much memory hangs on small buffer objects;
        // shared, so that an
        // export may use threads of its own during a call.
        try (Arena arena = Arena.ofShared()) {
            int capacity = pieceBytes + HEADER_ROOM_BYTES;
            ReplyOutput replies =
                    new ReplyOutput(channel, arena.allocate(capacity, 4096).asByteBuffer());
            RequestInput input = new RequestInput(
                    channel, replies, arena.allocate(capacity, 4096).asByteBuffer());
            while (input.await(NbdProtocol.REQUEST_BYTES)) {
                request.decode(input.buffer());
                if (request.type() == NbdProtocol.CMD_DISC) {
                    replies.send();
                    return;
                }
                handle(input, replies);
                replies.sendIfEnough();
            }
        }
    }

    private void handle(RequestInput input, ReplyOutput replies) throws IOException {
        NbdError refusal = request.refusal(session);
        if (request.type() == NbdProtocol.CMD_WRITE) {
            replies.simple(request.cookie(), number(write(input, replies, refusal)));
        } else if (request.type() == NbdProtocol.CMD_READ && refusal == null && session.structuredReplies()) {
            readStructured(replies);
        } else if (request.type() == NbdProtocol.CMD_READ && refusal == null) {
            readSimple(replies);
        } else if (request.type() == NbdProtocol.CMD_BLOCK_STATUS && refusal == null) {
            blockStatus(replies);
        } else if (refusal != null) {
            refuse(replies, refusal);
        } else {
            replies.simple(request.cookie(), number(control(replies)));
        }
    }

    private void refuse(ReplyOutput replies, NbdError refusal) throws IOException {
        boolean structured = session.structuredReplies()
                && (request.type() == NbdProtocol.CMD_READ || request.type() == NbdProtocol.CMD_BLOCK_STATUS);
        if (structured) {
            replies.errorChunk(request.cookie(), refusal);
        } else {
            replies.simple(request.cookie(), refusal.number());
        }
    }

    /** The payload has to be taken off the socket whatever becomes of the request. */
    private @Nullable NbdError write(RequestInput input, ReplyOutput replies, @Nullable NbdError refusal)
            throws IOException {
        if (request.lengthBytes() > NbdProtocol.MAXIMUM_PAYLOAD_BYTES) {
            throw new NbdProtocolException(
                    "write of " + request.lengthBytes() + " bytes, more than the 32 MiB that are allowed");
        }
        NbdError error = refusal;
        long done = 0;
        while (done < request.lengthBytes()) {
            int piece = (int) Math.min(request.lengthBytes() - done, pieceBytes);
            if (!input.await(piece)) {
                throw new NbdProtocolException("client left in the middle of a write");
            }
            ByteBuffer data = input.take(piece);
            if (error == null) {
                error = calls.write(request.offset() + done, data);
            }
            done += piece;
        }
        return error == null ? makeDurableIfAsked(replies) : error;
    }

    private @Nullable NbdError control(ReplyOutput replies) throws IOException {
        if (request.type() == NbdProtocol.CMD_FLUSH) {
            return flush(replies);
        }
        if (request.lengthBytes() > 0) {
            NbdError error = request.type() == NbdProtocol.CMD_TRIM
                    ? calls.trim(request.offset(), request.lengthBytes())
                    : calls.writeZeroes(
                            request.offset(),
                            request.lengthBytes(),
                            request.has(NbdProtocol.CMD_FLAG_NO_HOLE)
                                    ? NbdZeroMode.KEEP_ALLOCATED
                                    : NbdZeroMode.MAY_TRIM);
            if (error != null) {
                return error;
            }
        }
        return makeDurableIfAsked(replies);
    }

    private @Nullable NbdError makeDurableIfAsked(ReplyOutput replies) throws IOException {
        return request.has(NbdProtocol.CMD_FLAG_FUA) ? flush(replies) : null;
    }

    private @Nullable NbdError flush(ReplyOutput replies) throws IOException {
        // A flush takes milliseconds; what is done already must not wait for it.
        replies.send();
        return calls.flush();
    }

    private void readStructured(ReplyOutput replies) throws IOException {
        int header = NbdProtocol.STRUCTURED_REPLY_BYTES + Long.BYTES;
        long done = 0;
        if (request.lengthBytes() == 0) {
            replies.room(header);
            replies.chunkHeader(request.cookie(), NbdProtocol.REPLY_FLAG_DONE, NbdProtocol.REPLY_TYPE_NONE, 0);
        }
        while (done < request.lengthBytes()) {
            int piece = (int) Math.min(request.lengthBytes() - done, pieceBytes);
            ByteBuffer out = replies.room(header + piece);
            NbdError error = calls.read(request.offset() + done, replies.window(header, piece));
            if (error != null) {
                replies.errorChunk(request.cookie(), error);
                return;
            }
            boolean last = done + piece == request.lengthBytes();
            replies.chunkHeader(
                    request.cookie(),
                    last ? NbdProtocol.REPLY_FLAG_DONE : 0,
                    NbdProtocol.REPLY_TYPE_OFFSET_DATA,
                    Long.BYTES + piece);
            out.putLong(request.offset() + done);
            out.position(out.position() + piece);
            done += piece;
        }
    }

    private void readSimple(ReplyOutput replies) throws IOException {
        long done = 0;
        int header = NbdProtocol.SIMPLE_REPLY_BYTES;
        do {
            int piece = (int) Math.min(request.lengthBytes() - done, pieceBytes);
            ByteBuffer out = replies.room(header + piece);
            NbdError error = piece == 0 ? null : calls.read(request.offset() + done, replies.window(header, piece));
            if (error != null && done > 0) {
                throw new NbdProtocolException("a simple reply to a long read can't report " + error
                        + " once it has begun; only disconnecting can");
            }
            if (done == 0) {
                replies.simple(request.cookie(), number(error));
            }
            if (error != null) {
                return;
            }
            out.position(out.position() + piece);
            done += piece;
            header = 0;
        } while (done < request.lengthBytes());
    }

    private void blockStatus(ReplyOutput replies) throws IOException {
        int limit = request.has(NbdProtocol.CMD_FLAG_REQ_ONE) ? 1 : MAXIMUM_STATUS_PAIRS;
        int header = NbdProtocol.STRUCTURED_REPLY_BYTES + Integer.BYTES;
        ByteBuffer out = replies.room(header + limit * 2 * Integer.BYTES);
        int start = out.position();
        out.position(start + header);
        NbdError error = calls.extents(request.offset(), request.lengthBytes(), out, limit);
        int end = out.position();
        out.position(start);
        if (error != null) {
            replies.errorChunk(request.cookie(), error);
            return;
        }
        replies.chunkHeader(
                request.cookie(),
                NbdProtocol.REPLY_FLAG_DONE,
                NbdProtocol.REPLY_TYPE_BLOCK_STATUS,
                end - start - NbdProtocol.STRUCTURED_REPLY_BYTES);
        out.putInt(ALLOCATION_CONTEXT_ID).position(end);
    }

    private static int number(@Nullable NbdError error) {
        return error == null ? 0 : error.number();
    }
}
