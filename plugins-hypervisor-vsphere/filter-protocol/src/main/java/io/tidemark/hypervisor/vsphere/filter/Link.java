package io.tidemark.hypervisor.vsphere.filter;

import io.tidemark.hypervisor.vsphere.filter.protocol.AttachmentState;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterConnection;
import io.tidemark.hypervisor.vsphere.filter.protocol.GapCause;
import io.tidemark.hypervisor.vsphere.filter.protocol.MalformedFrameException;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Answer;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Request;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a client connected: connects, goes on with the attachments, reads until the connection breaks, and connects again, until it is closed.
 * Its own thread; any thread asks.
 *
 * <pre>
 *   connecting ──handshake──▶ connected ──break, silence, garbage──▶ waiting ──back-off──▶ connecting
 *       └──────failure──────────────────────────────────────────────────▲
 *   closed from anywhere
 * </pre>
 */
final class Link {
    private static final Logger LOG = LoggerFactory.getLogger(Link.class);
    private static final long FIRST_BACK_OFF_NANOS = Duration.ofMillis(10).toNanos();

    private final FilterClientConfig config;
    private final UUID client = UUID.randomUUID();
    private final Map<Long, FilterAttachment> attachments = new ConcurrentHashMap<>();
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable Session session;
    private @Nullable Socket connecting;
    private IOException lastFailure = new IOException("not connected yet");
    private boolean closed;

    Link(FilterClientConfig config) {
        this.config = config;
        this.thread = config.threads().apply("link").newThread(this::run);
    }

    void start() {
        thread.start();
    }

    Map<Long, FilterAttachment> attachments() {
        return attachments;
    }

    FilterClientConfig config() {
        return config;
    }

    boolean connected() {
        lock.lock();
        try {
            return session != null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Asks, and asks again over the next connection when one breaks meanwhile: so only what may be done twice.
     *
     * @param first runs on the reading thread when there is an answer that is still waited for
     */
    Answer ask(IntFunction<Request> request, Consumer<Answer> first, Deadline deadline) throws IOException {
        try {
            while (true) {
                Session now = awaitSession(deadline);
                if (!now.enter(deadline)) {
                    throw new InterruptedIOException("the host has too many requests of this client to answer in time");
                }
                try {
                    CompletableFuture<Answer> answer = now.ask(request, first);
                    Answer given = await(answer, deadline);
                    if (given instanceof Message.Failed failed) {
                        throw new DiskRefusedException(failed);
                    }
                    return given;
                } catch (ExecutionException broken) {
                    LOG.atDebug().log("A request is repeated, as its connection broke", broken.getCause());
                } finally {
                    now.leave();
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the host");
        }
    }

    /** Asks without waiting or caring, where there is a connection. */
    void tell(IntFunction<Request> request) {
        lock.lock();
        try {
            if (session != null) {
                session.ask(request, answer -> {});
            }
        } finally {
            lock.unlock();
        }
    }

    void completed(FilterAttachment attachment) {
        lock.lock();
        try {
            if (session != null) {
                session.completed(attachment);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends the connection and the thread. */
    void close() {
        Session now;
        lock.lock();
        try {
            closed = true;
            now = session;
            changed.signalAll();
            if (connecting != null) {
                connecting.close();
            }
        } catch (IOException failed) {
            LOG.atDebug().log("A connection under way was not closed in peace", failed);
            now = session;
        } finally {
            lock.unlock();
        }
        if (now != null) {
            now.sayBye();
        }
        try {
            // The host hangs up on hearing the farewell.
            if (!thread.join(config.closeLimit())) {
                hangUp();
                thread.join();
            }
        } catch (InterruptedException interrupted) {
            hangUp();
            Thread.currentThread().interrupt();
        }
    }

    private void hangUp() {
        lock.lock();
        try {
            if (session != null) {
                session.end(new IOException("the filter client was closed"));
            }
        } finally {
            lock.unlock();
        }
    }

    private static Answer await(CompletableFuture<Answer> answer, Deadline deadline)
            throws ExecutionException, InterruptedException, IOException {
        try {
            return answer.get(Math.max(1, deadline.remaining().toNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            if (answer.cancel(false)) {
                throw new InterruptedIOException("the host did not answer in time");
            }
            return answer.get();
        }
    }

    private Session awaitSession(Deadline deadline) throws IOException, InterruptedException {
        lock.lock();
        try {
            while (true) {
                if (closed) {
                    throw new IOException("the filter client is closed");
                }
                if (session != null) {
                    return session;
                }
                if (deadline.passed()) {
                    throw new IOException(
                            "the filter endpoint " + config.host() + ":" + config.port() + " is not reached: "
                                    + lastFailure.getMessage(),
                            lastFailure);
                }
                changed.awaitNanos(deadline.remaining().toNanos());
            }
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        long backOffNanos = FIRST_BACK_OFF_NANOS;
        try {
            while (!isClosed()) {
                try {
                    FilterConnection connection = connect();
                    backOffNanos = FIRST_BACK_OFF_NANOS;
                    serve(connection);
                } catch (IOException failed) {
                    note(failed);
                }
                pause(backOffNanos);
                backOffNanos =
                        Math.min(2 * backOffNanos, config.longestBackOff().toNanos());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            LOG.atWarn().addKeyValue("client", config.name()).log("The filter client's link was interrupted and ends");
        }
    }

    private FilterConnection connect() throws IOException {
        Socket socket = config.sockets().createSocket();
        try {
            lock.lock();
            try {
                if (closed) {
                    throw new IOException("the filter client is closed");
                }
                connecting = socket;
            } finally {
                lock.unlock();
            }
            Deadline deadline = Deadline.after(config.connectLimit());
            socket.connect(
                    new InetSocketAddress(config.host(), config.port()),
                    Math.toIntExact(config.connectLimit().toMillis()));
            return FilterConnection.enter(socket, config.secret(), client, config.name(), deadline);
        } catch (IOException | RuntimeException failed) {
            socket.close();
            throw failed;
        }
    }

    private void serve(FilterConnection connection) throws IOException, InterruptedException {
        Session begun = new Session(connection, config.threads().apply("send"));
        IOException why = new IOException("the filter client was closed");
        try {
            // Before anyone else can ask: the host hands out again what it has not seen completed.
            attachments.values().forEach(attachment -> resume(begun, attachment));
            begun.start();
            publish(begun);
            while (true) {
                dispatch(begun, connection.read());
            }
        } catch (IOException broken) {
            why = broken;
            throw broken;
        } finally {
            publish(null);
            begun.end(why);
            begun.awaitSender();
        }
    }

    private void dispatch(Session now, Message message) throws IOException {
        switch (message) {
            case Message.Handed handed -> {
                FilterAttachment attachment = attachments.get(handed.attachment());
                if (attachment != null) { // else it was detached meanwhile
                    attachment.arrived(handed);
                }
            }
            case Message.Answer answer -> now.answered(answer);
            case Message.Gap gap -> {
                FilterAttachment attachment = attachments.get(gap.state().attachment());
                if (attachment != null) {
                    attachment.lost(gap.state());
                }
            }
            case Message.Refuse refuse -> throw new IOException("the host ended the connection: " + refuse.reason());
            case Message.Ping ping -> {}
            default -> throw new MalformedFrameException("a host does not send this message");
        }
    }

    private static void resume(Session begun, FilterAttachment attachment) {
        long id = attachment.id();
        FilterAttachment.Position at = attachment.position();
        begun.ask(number -> new Message.Resume(number, id, at.received(), at.completed()), answer -> {
            if (answer instanceof Message.State state) {
                if (state.state().gap().isPresent()) {
                    attachment.lost(state.state());
                }
            } else {
                String why = answer instanceof Message.Failed failed ? failed.reason() : "the host gave no answer";
                attachment.lost(new AttachmentState(
                        id, Optional.of(GapCause.UNKNOWN), at.received(), at.completed(), false, 0, why));
            }
        });
        // What was completed while nobody could be told.
        begun.completed(attachment);
    }

    private void publish(@Nullable Session now) {
        lock.lock();
        try {
            session = now;
            connecting = null;
            if (now != null && closed) {
                now.sayBye();
            }
            if (now != null) {
                // What was completed between the resume and now told nobody.
                attachments.values().forEach(now::completed);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void note(IOException failed) {
        lock.lock();
        try {
            lastFailure = failed;
            if (closed) {
                return;
            }
        } finally {
            lock.unlock();
        }
        LOG.atInfo()
                .addKeyValue("host", config.host())
                .addKeyValue("port", config.port())
                .addKeyValue("cause", failed.toString())
                .log("The filter client is not connected and tries again");
    }

    private void pause(long nanos) throws InterruptedException {
        long jittered = nanos - ThreadLocalRandom.current().nextLong(nanos / 4 + 1);
        lock.lock();
        try {
            while (!closed && jittered > 0) {
                jittered = changed.awaitNanos(jittered);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }
}
