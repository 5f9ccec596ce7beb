package io.tidemark.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connected socket whose reads and writes fail when no byte moves for the idle limit.
 *
 * <p>Blocking unix sockets have no time limit in the JDK, so this one is non-blocking and waits in a selector. One thread at a time;
 * {@link #close()} from any thread, which fails the call under way.
 */
final class ClientSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSocket.class);
    private static final int INPUT_BYTES = 64 << 10;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final Duration idleLimit;
    private final ByteBuffer input = ByteBuffer.allocateDirect(INPUT_BYTES).limit(0);

    private ClientSocket(SocketChannel channel, Selector selector, SelectionKey key, Duration idleLimit) {
        this.channel = channel;
        this.selector = selector;
        this.key = key;
        this.idleLimit = idleLimit;
    }

    static ClientSocket connect(SocketAddress address, Duration idleLimit) throws IOException {
        boolean unix = address instanceof UnixDomainSocketAddress;
        SocketChannel channel = unix ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open();
        Selector selector = null;
        try {
            selector = Selector.open();
            channel.configureBlocking(false);
            if (!unix) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            ClientSocket socket = new ClientSocket(channel, selector, channel.register(selector, 0), idleLimit);
            if (!channel.connect(address)) {
                socket.await(SelectionKey.OP_CONNECT, "the connection was not accepted");
                if (!channel.finishConnect()) {
                    throw new IOException("its queue of new connections is full");
                }
            }
            return socket;
        } catch (IOException | RuntimeException e) {
            channel.close();
            if (selector != null) {
                selector.close();
            }
            throw new IOException("no NBD server reached on " + address + ": " + e.getMessage(), e);
        }
    }

    /** The buffer positioned at that many received bytes at least, ≤ 64 KiB. */
    ByteBuffer need(int bytes) throws IOException {
        if (input.remaining() < bytes) {
            input.compact();
            while (input.position() < bytes) {
                receive(input);
            }
            input.flip();
        }
        return input;
    }

    /** Fills the buffer up to its limit. */
    void read(ByteBuffer into) throws IOException {
        int buffered = Math.min(input.remaining(), into.remaining());
        int limit = input.limit();
        input.limit(input.position() + buffered);
        into.put(input);
        input.limit(limit);
        while (into.hasRemaining()) {
            receive(into);
        }
    }

    /** Sends the buffer up to its limit. */
    void write(ByteBuffer data) throws IOException {
        while (data.hasRemaining()) {
            if (channel.write(data) == 0) {
                await(SelectionKey.OP_WRITE, "the server took no byte");
            }
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
            // Closing a channel does not wake who waits for it in a selector; closing the selector does.
            selector.close();
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("closing an NBD client's socket failed");
        }
    }

    private void receive(ByteBuffer into) throws IOException {
        int read = channel.read(into);
        while (read == 0) {
            await(SelectionKey.OP_READ, "the server sent no byte");
            read = channel.read(into);
        }
        if (read < 0) {
            throw new EOFException("the server closed the connection");
        }
    }

    private void await(int operation, String what) throws IOException {
        long deadline = System.nanoTime() + idleLimit.toNanos();
        try {
            key.interestOps(operation);
            do {
                long leftMillis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (leftMillis <= 0) {
                    throw new SocketTimeoutException(
                            what + " for " + idleLimit.toMillis() + " ms: it hangs, or the host does");
                }
                selector.select(leftMillis);
                if (!channel.isOpen() || Thread.currentThread().isInterrupted()) {
                    throw new AsynchronousCloseException();
                }
                // Not the key's ready set: that keeps its last value when a select ends without any event.
            } while (selector.selectedKeys().isEmpty());
            selector.selectedKeys().clear();
        } catch (ClosedSelectorException | CancelledKeyException e) {
            throw new EOFException("the connection was closed");
        }
    }
}
