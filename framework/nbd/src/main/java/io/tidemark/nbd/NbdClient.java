package io.tidemark.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An export of another process, opened.
 *
 * <p>Calls may come from any thread and take turns. Ranges must lie within {@code [0, sizeBytes()]}. A call throws {@link
 * NbdErrorException} when the server refused it, and the client can be used on; after any other {@link IOException} (the server went
 * away, broke the protocol, or moved no byte for the idle limit) the connection is lost and every later call fails at once.
 */
public final class NbdClient implements AutoCloseable {
    /** Reads are asked for in pieces, some at a time, so that the server works on the next one while this one is on its way. */
    private static final int READ_PIECE_BYTES = 1 << 20;

    private static final int READS_AHEAD = 4;
    private static final long MAXIMUM_RANGE_BYTES = 1L << 30;

    private final NbdClientConfig config;
    private final ClientSocket socket;
    private final ClientReplies replies;
    private final ExportInfo info;
    private final ReentrantLock turn = new ReentrantLock();
    private final ByteBuffer header = ByteBuffer.allocateDirect(NbdProtocol.REQUEST_BYTES);
    private long nextCookie = 1;
    private volatile @Nullable IOException lost;
    private volatile boolean closed;

    private NbdClient(NbdClientConfig config, ClientSocket socket, ExportInfo info) {
        this.config = config;
        this.socket = socket;
        this.info = info;
        this.replies = new ClientReplies(socket, info.structuredReplies());
    }

    /**
     * Connects and chooses the export.
     *
     * @throws IOException when nobody answers within the idle limit, or the server has no such export; the message says which
     */
    public static NbdClient connect(NbdClientConfig config) throws IOException {
        ClientSocket socket = ClientSocket.connect(config.address(), config.idleLimit());
        try {
            return new NbdClient(config, socket, new ClientHandshake(socket, config.exportName()).negotiate());
        } catch (IOException e) {
            socket.close();
            throw new IOException(
                    "NBD export \"" + config.exportName() + "\" on " + config.address() + " can't be opened: "
                            + e.getMessage(),
                    e);
        }
    }

    public long sizeBytes() {
        return info.sizeBytes();
    }

    public boolean readOnly() {
        return info.readOnly();
    }

    /** What the server offers for this export. */
    public Set<NbdAbility> abilities() {
        return info.abilities();
    }

    /** Fills all of {@code into} from {@code offset}; any length. */
    public void read(long offset, ByteBuffer into) throws IOException {
        checkRange(offset, into.remaining());
        exchange(() -> {
            int base = into.position();
            int length = into.remaining();
            replies.expect(into, offset, length);
            int asked = 0;
            while ((asked < length && !replies.failed()) || replies.outstanding() > 0) {
                while (asked < length && !replies.failed() && replies.outstanding() < READS_AHEAD) {
                    int piece = Math.min(length - asked, Math.min(READ_PIECE_BYTES, info.maximumPayloadBytes()));
                    long cookie = request(NbdProtocol.CMD_READ, 0, offset + asked, piece);
                    replies.expectRead(cookie, offset + asked, piece);
                    asked += piece;
                }
                replies.receive();
            }
            replies.finish("read");
            into.position(base + length);
        });
    }

    /** Writes all of {@code data}; returns when the server has acknowledged it, which is not yet durable. */
    public void write(long offset, ByteBuffer data) throws IOException {
        checkRange(offset, data.remaining());
        exchange(() -> {
            long at = offset;
            while (data.hasRemaining()) {
                int piece = Math.min(data.remaining(), info.maximumPayloadBytes());
                replies.expectNoData();
                long cookie = request(NbdProtocol.CMD_WRITE, 0, at, piece);
                int limit = data.limit();
                data.limit(data.position() + piece);
                socket.write(data);
                data.limit(limit);
                await(cookie, "write");
                at += piece;
            }
        });
    }

    /** Makes the range read as zeroes; needs {@link NbdAbility#WRITE_ZEROES}. */
    public void writeZeroes(long offset, long lengthBytes, NbdZeroMode mode) throws IOException {
        require(NbdAbility.WRITE_ZEROES);
        checkRange(offset, lengthBytes);
        int flags = mode == NbdZeroMode.KEEP_ALLOCATED ? NbdProtocol.CMD_FLAG_NO_HOLE : 0;
        exchange(() -> inRanges(NbdProtocol.CMD_WRITE_ZEROES, flags, offset, lengthBytes, "writeZeroes"));
    }

    /** Tells the server that the range is of no more use; needs {@link NbdAbility#TRIM}. */
    public void trim(long offset, long lengthBytes) throws IOException {
        require(NbdAbility.TRIM);
        checkRange(offset, lengthBytes);
        exchange(() -> inRanges(NbdProtocol.CMD_TRIM, 0, offset, lengthBytes, "trim"));
    }

    /** Makes all acknowledged writes durable; does nothing where the server has no {@link NbdAbility#FLUSH}, which means no cache. */
    public void flush() throws IOException {
        if (!info.abilities().contains(NbdAbility.FLUSH)) {
            return;
        }
        exchange(() -> {
            replies.expectNoData();
            await(request(NbdProtocol.CMD_FLUSH, 0, 0, 0), "flush");
        });
    }

    /**
     * What the server knows of the range without reading it: extents in order, without gaps, over exactly the range; one data extent
     * where it has no {@link NbdAbility#BLOCK_STATUS}.
     */
    public List<NbdExtent> blockStatus(long offset, long lengthBytes) throws IOException {
        checkRange(offset, lengthBytes);
        if (lengthBytes == 0) {
            return List.of();
        }
        if (!info.abilities().contains(NbdAbility.BLOCK_STATUS)) {
            return List.of(new NbdExtent(offset, lengthBytes, NbdExtent.Content.DATA));
        }
        List<NbdExtent> extents = new ArrayList<>();
        exchange(() -> {
            long at = offset;
            while (at < offset + lengthBytes) {
                long piece = Math.min(offset + lengthBytes - at, MAXIMUM_RANGE_BYTES);
                replies.expectStatus(at, piece, info.allocationContext(), extents);
                await(request(NbdProtocol.CMD_BLOCK_STATUS, 0, at, (int) piece), "blockStatus");
                long told = extents.isEmpty() ? offset : extents.getLast().endOffset();
                if (told <= at) {
                    throw new NbdProtocolException("server told no block status at " + at);
                }
                at = told;
            }
        });
        return List.copyOf(extents);
    }

    /** Says goodbye if no call is under way, and closes; a call that is under way on another thread fails. Idempotent. */
    @Override
    public void close() {
        closed = true;
        if (turn.tryLock()) {
            try {
                if (lost == null) {
                    request(NbdProtocol.CMD_DISC, 0, 0, 0);
                }
            } catch (IOException e) {
                // The server is gone already, which is what DISC would have brought about.
                lost = e;
            } finally {
                turn.unlock();
            }
        }
        socket.close();
    }

    /** One turn of talking to the server. */
    @FunctionalInterface
    private interface Exchange {
        void run() throws IOException;
    }

    private void exchange(Exchange exchange) throws IOException {
        turn.lock();
        try {
            requireUsable();
            talk(exchange);
        } finally {
            turn.unlock();
        }
    }

    private void requireUsable() throws IOException {
        if (closed) {
            throw new IOException("NBD client of " + config.address() + " is closed");
        }
        if (lost != null) {
            throw new IOException("NBD connection to " + config.address() + " was lost earlier; open a new one", lost);
        }
    }

    private void talk(Exchange exchange) throws IOException {
        try {
            exchange.run();
        } catch (NbdErrorException e) {
            throw e;
        } catch (IOException e) {
            lost = e;
            socket.close();
            String reason = closed ? "it was closed during the call" : String.valueOf(e.getMessage());
            throw new IOException(
                    "NBD connection to export \"" + config.exportName() + "\" on " + config.address() + " is lost: "
                            + reason,
                    e);
        } catch (RuntimeException e) {
            // Such as a buffer that refuses: what is still to come from the server no longer fits any call.
            lost = new IOException("a call failed half-way", e);
            socket.close();
            throw e;
        }
    }

    private void inRanges(int type, int flags, long offset, long lengthBytes, String what) throws IOException {
        long done = 0;
        while (done < lengthBytes) {
            long piece = Math.min(lengthBytes - done, MAXIMUM_RANGE_BYTES);
            replies.expectNoData();
            await(request(type, flags, offset + done, (int) piece), what);
            done += piece;
        }
    }

    private long request(int type, int flags, long offset, int lengthBytes) throws IOException {
        long cookie = nextCookie++;
        header.clear()
                .putInt(NbdProtocol.REQUEST_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putLong(offset)
                .putInt(lengthBytes)
                .flip();
        socket.write(header);
        return cookie;
    }

    private void await(long cookie, String what) throws IOException {
        replies.expectPlain(cookie);
        while (replies.outstanding() > 0) {
            replies.receive();
        }
        replies.finish(what);
    }

    private void require(NbdAbility ability) throws NbdErrorException {
        if (!info.abilities().contains(ability)) {
            throw new NbdErrorException(
                    NbdError.ENOTSUP, "the NBD server on " + config.address() + " does not offer " + ability);
        }
    }

    private void checkRange(long offset, long lengthBytes) {
        if (offset < 0 || lengthBytes < 0 || offset > sizeBytes() || lengthBytes > sizeBytes() - offset) {
            throw new IllegalArgumentException(
                    "range " + offset + "+" + lengthBytes + " is outside the export of " + sizeBytes() + " bytes");
        }
    }
}
