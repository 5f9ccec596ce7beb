package io.tidemark.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client of a server, from accept to close; runs on a thread of its own, and any thread may close it. */
final class ServerConnection implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

    private final NbdServer server;
    private final SocketChannel channel;
    private final int bufferBytes;
    private final long number;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<@Nullable String> closeReason = new AtomicReference<>();
    private volatile @Nullable Thread thread;
    private @Nullable ServedExport joined;

    ServerConnection(NbdServer server, SocketChannel channel, int bufferBytes, long number) {
        this.server = server;
        this.channel = channel;
        this.bufferBytes = bufferBytes;
        this.number = number;
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        try (channel) {
            if (channel.getLocalAddress() instanceof InetSocketAddress) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            serve();
        } catch (NbdProtocolException e) {
            LOG.atWarn()
                    .addKeyValue("connection", number)
                    .addKeyValue("reason", e.getMessage())
                    .log("NBD client disconnected");
        } catch (EOFException e) {
            LOG.atInfo().addKeyValue("connection", number).log("NBD client went away in the middle of a message");
        } catch (AsynchronousCloseException e) {
            logOwnClose();
        } catch (ClosedChannelException e) {
            logOwnClose();
        } catch (IOException e) {
            LOG.atInfo()
                    .addKeyValue("connection", number)
                    .addKeyValue("reason", e.getMessage())
                    .log("NBD connection broke");
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("connection", number)
                    .setCause(e)
                    .log("NBD connection ended by a defect; the server goes on");
        } finally {
            if (joined != null) {
                joined.leave(this);
            }
            server.ended(this);
            ended.countDown();
        }
    }

    /** Makes this a connection of the export until it ends; false when the export has just been removed. Own thread only. */
    boolean join(ServedExport served) {
        joined = served;
        return served.join(this);
    }

    /** Closes the socket, which unblocks the thread wherever it waits for the client. */
    void close(String reason) {
        closeReason.compareAndSet(null, reason);
        try {
            channel.close();
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("connection", number).setCause(e).log("closing an NBD connection failed");
        }
    }

    /** Waits until the thread has left the export; true at once when called on that thread, which could not wait for itself. */
    boolean awaitEnd(long timeoutNanos) {
        if (Thread.currentThread() == thread) {
            return true;
        }
        try {
            return ended.await(Math.max(0, timeoutNanos), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void serve() throws IOException {
        Future<?> limit = server.limitHandshake(this);
        Optional<NbdSession> session;
        try {
            session = new ServerHandshake(server, this, channel).negotiate();
        } finally {
            limit.cancel(false);
        }
        if (session.isEmpty()) {
            return;
        }
        String name = session.get().served().name();
        LOG.atDebug()
                .addKeyValue("connection", number)
                .addKeyValue("export", name)
                .log("NBD client connected");
        new ServerTransmission(channel, session.get(), bufferBytes).serve();
        LOG.atDebug()
                .addKeyValue("connection", number)
                .addKeyValue("export", name)
                .log("NBD client disconnected");
    }

    private void logOwnClose() {
        LOG.atInfo()
                .addKeyValue("connection", number)
                .addKeyValue("reason", closeReason.get())
                .log("NBD connection closed by the server");
    }
}
