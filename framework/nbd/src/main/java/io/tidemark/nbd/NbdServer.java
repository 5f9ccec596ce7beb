package io.tidemark.nbd;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves named exports on one address until closed. Exports come and go while it runs; the one named "" is the default.
 *
 * <p>Thread-safe. The server does not own the exports: it never closes what they stand for, and they may be closed once {@link
 * #removeExport} or {@link #close()} has returned.
 */
public final class NbdServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NbdServer.class);
    private static final long ACCEPT_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final NbdServerConfig config;
    private final ListeningSocket listener;
    private final ConcurrentSkipListMap<String, ServedExport> exports = new ConcurrentSkipListMap<>();
    private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
    private final ScheduledThreadPoolExecutor timer;
    private final AtomicLong connectionNumbers = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();

    private NbdServer(NbdServerConfig config, ListeningSocket listener) {
        this.config = config;
        this.listener = listener;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("nbd-handshake-limit").factory());
        timer.setRemoveOnCancelPolicy(true);
        // A client that comes while the server closes needs no limit: it is disconnected.
        timer.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
        // An idle server keeps one thread, the acceptor.
        timer.setKeepAliveTime(5, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
    }

    /**
     * Listens from now on, with no export yet.
     *
     * @throws IOException when the address can't be had: in use, not a socket, path too long, no permission
     */
    public static NbdServer listen(NbdServerConfig config) throws IOException {
        NbdServer server = new NbdServer(config, ListeningSocket.bind(config.address()));
        Thread.ofPlatform().daemon().name("nbd-accept").start(server::acceptAll);
        LOG.atInfo().addKeyValue("address", server.address()).log("NBD server listens");
        return server;
    }

    /** Where it listens; with the real port. */
    public SocketAddress address() {
        return listener.address();
    }

    /**
     * Offers an export to clients.
     *
     * @param name at most 4096 bytes of UTF-8; "" is the default export
     * @throws IllegalArgumentException when the name is too long or taken
     * @throws IllegalStateException when the server is closed
     */
    public void addExport(String name, NbdExport export) {
        if (name.getBytes(StandardCharsets.UTF_8).length > NbdProtocol.MAXIMUM_NAME_BYTES) {
            throw new IllegalArgumentException("the name of an NBD export has at most 4096 bytes");
        }
        if (closed.get()) {
            throw new IllegalStateException("NBD server on " + address() + " is closed");
        }
        if (exports.putIfAbsent(name, new ServedExport(name, export)) != null) {
            throw new IllegalArgumentException("there is an NBD export \"" + name + "\" on " + address() + " already");
        }
    }

    /**
     * Withdraws an export and disconnects its clients; does nothing when there is none of that name.
     *
     * @return whether no call to the export is under way any more (waits for them up to the drain limit, except for one that this
     *     very thread is in)
     */
    public boolean removeExport(String name) {
        ServedExport served = exports.remove(name);
        if (served == null) {
            return true;
        }
        served.markRemoved();
        return end(served.connections(), "export \"" + name + "\" was removed");
    }

    /**
     * Disconnects the clients of an export, which may connect again.
     *
     * @return as of {@link #removeExport}, for the clients that were connected
     */
    public boolean disconnectAll(String name) {
        ServedExport served = exports.get(name);
        return served == null || end(served.connections(), "clients of export \"" + name + "\" were disconnected");
    }

    /** How many clients use the export now; 0 when there is none of that name. */
    public int connections(String name) {
        ServedExport served = exports.get(name);
        return served == null ? 0 : served.connectionCount();
    }

    /** Names of the exports offered now. */
    public Set<String> exportNames() {
        return Set.copyOf(exports.keySet());
    }

    /** Stops listening, disconnects all clients, removes the socket's file; waits for export calls up to the drain limit. Idempotent. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        listener.close();
        timer.shutdownNow();
        exports.values().forEach(ServedExport::markRemoved);
        end(List.copyOf(connections), "the server was closed");
        LOG.atInfo().addKeyValue("address", address()).log("NBD server closed");
    }

    Optional<ServedExport> export(String name) {
        return Optional.ofNullable(exports.get(name));
    }

    Collection<ServedExport> allExports() {
        return exports.values();
    }

    Future<?> limitHandshake(ServerConnection connection) {
        return timer.schedule(
                () -> connection.close("it had not chosen an export after " + config.handshakeLimit()),
                config.handshakeLimit().toNanos(),
                TimeUnit.NANOSECONDS);
    }

    void ended(ServerConnection connection) {
        connections.remove(connection);
    }

    private boolean end(List<ServerConnection> ending, String reason) {
        ending.forEach(connection -> connection.close(reason));
        long deadline = System.nanoTime() + config.drainLimit().toNanos();
        boolean all = true;
        for (ServerConnection connection : ending) {
            all &= connection.awaitEnd(deadline - System.nanoTime());
        }
        if (!all) {
            LOG.atWarn()
                    .addKeyValue("address", address())
                    .addKeyValue("reason", reason)
                    .addKeyValue("drainLimit", config.drainLimit())
                    .log(
                            "NBD export calls are still running after the drain limit: the storage below hangs, look there");
        }
        return all;
    }

    private void acceptAll() {
        while (listener.isOpen()) {
            try {
                start(listener.accept());
            } catch (IOException e) {
                if (listener.isOpen()) {
                    LOG.atWarn()
                            .addKeyValue("address", address())
                            .setCause(e)
                            .log("NBD server can't accept a client; goes on trying");
                    // Out of file descriptors fails at once each time: do not spin.
                    LockSupport.parkNanos(ACCEPT_RETRY_NANOS);
                }
            }
        }
    }

    private void start(SocketChannel channel) throws IOException {
        if (connections.size() >= config.maxConnections()) {
            LOG.atWarn()
                    .addKeyValue("address", address())
                    .addKeyValue("maxConnections", config.maxConnections())
                    .log("NBD client refused: too many connections");
            channel.close();
            return;
        }
        var connection = new ServerConnection(this, channel, config.bufferBytes(), connectionNumbers.incrementAndGet());
        connections.add(connection);
        try {
            config.threads().newThread(connection).start();
        } catch (RuntimeException | OutOfMemoryError e) {
            connections.remove(connection);
            channel.close();
            LOG.atError().addKeyValue("address", address()).setCause(e).log("NBD client refused: no thread for it");
            return;
        }
        // Closed meanwhile: close() may have copied the set before this connection was in it.
        if (closed.get()) {
            connection.close("the server was closed");
        }
    }
}
