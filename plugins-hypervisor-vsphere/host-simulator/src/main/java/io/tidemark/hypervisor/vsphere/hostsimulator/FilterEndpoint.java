package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.protocol.FilterConnection;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens for filters on loopback, lets in those that know the secret, and hangs up on those that are stuck. */
final class FilterEndpoint implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FilterEndpoint.class);
    private static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(5);
    private static final Duration STUCK_LIMIT = Duration.ofSeconds(10);
    private static final Duration GOODBYE_LIMIT = Duration.ofSeconds(1);
    private static final long WATCH_MILLIS = 500;
    private static final int MOST_CONNECTIONS = 64;
    private static final int BACKLOG = 64;

    private final ServerSocket listener;
    private final FilterSecret secret;
    private final Filters filters;
    private final int idleMillis;
    private final UUID host = UUID.randomUUID();
    private final Map<Socket, Deadline> entering = new ConcurrentHashMap<>();
    private final Set<FilterSession> sessions = ConcurrentHashMap.newKeySet();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final Thread acceptor =
            Thread.ofPlatform().daemon().name("filter-accept").unstarted(this::accept);
    private final ScheduledFuture<?> watch;
    private volatile boolean closed;

    /** @param port 0 for any */
    FilterEndpoint(int port, FilterSecret secret, Filters filters, Duration idle, ScheduledExecutorService timer)
            throws IOException {
        this.secret = secret;
        this.filters = filters;
        this.idleMillis = Math.toIntExact(idle.toMillis());
        this.listener = new ServerSocket();
        try {
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        } catch (IOException failed) {
            listener.close();
            throw failed;
        }
        this.watch = timer.scheduleWithFixedDelay(this::watch, WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS);
        acceptor.start();
    }

    int port() {
        return listener.getLocalPort();
    }

    /** How many filters are connected. */
    int connections() {
        return sessions.size();
    }

    /** Sends what filters have to hear, hangs up on all and waits for their threads. */
    @Override
    public void close() {
        closed = true;
        watch.cancel(false);
        try {
            listener.close();
            for (Socket socket : entering.keySet()) {
                socket.close();
            }
        } catch (IOException failed) {
            LOG.atDebug().log("The filter endpoint was not closed in peace", failed);
        }
        sessions.forEach(FilterSession::finish);
        try {
            acceptor.join();
            Deadline goodbye = Deadline.after(GOODBYE_LIMIT);
            for (Thread thread : threads) {
                thread.join(goodbye.remaining().plusMillis(1));
            }
            sessions.forEach(FilterSession::end);
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept() {
        while (!closed) {
            try {
                Socket socket = listener.accept();
                if (threads.size() >= MOST_CONNECTIONS) {
                    LOG.atWarn().log("A filter was turned away: {} are connected", MOST_CONNECTIONS);
                    socket.close();
                    continue;
                }
                Thread thread =
                        Thread.ofPlatform().daemon().name("filter-session").unstarted(() -> serve(socket));
                threads.add(thread);
                thread.start();
            } catch (IOException failed) {
                if (!closed) {
                    LOG.atWarn().log("A filter could not connect", failed);
                }
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Deadline limit = Deadline.after(HANDSHAKE_LIMIT);
            entering.put(socket, limit);
            FilterConnection connection;
            try {
                connection = FilterConnection.admit(socket, secret, host, idleMillis, limit);
            } finally {
                entering.remove(socket);
            }
            FilterSession session = new FilterSession(connection, filters);
            sessions.add(session);
            if (closed) {
                session.end();
            }
            try {
                session.serve();
            } finally {
                sessions.remove(session);
            }
        } catch (IOException refused) {
            LOG.atInfo().addKeyValue("cause", refused.toString()).log("A filter was not let in");
        } finally {
            threads.remove(Thread.currentThread());
        }
    }

    private void watch() {
        for (FilterSession session : sessions) {
            if (session.stuckNanos() > STUCK_LIMIT.toNanos()) {
                LOG.atWarn().addKeyValue("client", session.client()).log("A filter reads nothing any more; hanging up");
                session.end();
            }
        }
        entering.forEach((socket, limit) -> {
            if (limit.passed()) {
                try {
                    socket.close();
                } catch (IOException failed) {
                    LOG.atDebug().log("A filter that did not enter was not hung up on in peace", failed);
                }
            }
        });
    }
}
