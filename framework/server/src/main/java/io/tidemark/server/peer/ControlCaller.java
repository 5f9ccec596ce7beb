package io.tidemark.server.peer;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.TransportChannel;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The calling end of one control stream: matches answers to calls. Dead for good once its channel closed. */
final class ControlCaller implements ChannelHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ControlCaller.class);

    private final String peerName;
    private final Map<Long, CompletableFuture<ControlMessage>> pending = new ConcurrentHashMap<>();
    private final AtomicLong nextId = new AtomicLong(1);
    private final CompletableFuture<FrameSender> sender = new CompletableFuture<>();
    private final CompletableFuture<TransportChannel> channel = new CompletableFuture<>();
    private volatile boolean closed;
    private volatile long lastHeardNanos = System.nanoTime();

    ControlCaller(String peerName) {
        this.peerName = peerName;
    }

    /** Hands over the channel once it is connected. */
    void connected(TransportChannel opened) {
        channel.complete(opened);
        sender.complete(new FrameSender(opened));
    }

    boolean usable() {
        return !closed;
    }

    /**
     * Sends one request and waits for its answer.
     *
     * @return empty when the channel was gone before the request left, so that the caller may use another
     */
    Optional<String> call(String verb, String body, Deadline deadline) throws ProviderException {
        long id = nextId.getAndIncrement();
        byte[] request = new ControlMessage.Request(id, verb, body).encode();
        if (!FrameSender.fits(request)) {
            throw new ProviderException(
                    FailureKind.BUG,
                    "The request " + verb + " was not sent",
                    "it has " + request.length + " bytes and a frame takes " + TransportChannel.MAX_FRAME_BYTES,
                    "Please report this as a defect of Tidemark.");
        }
        CompletableFuture<ControlMessage> answer = new CompletableFuture<>();
        pending.put(id, answer);
        long sentNanos = System.nanoTime();
        try {
            if (closed || sender.join().send(request) == TransportChannel.Offer.CLOSED) {
                return Optional.empty();
            }
            return Optional.of(unwrap(answer.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)));
        } catch (TimeoutException e) {
            dropIfSilentSince(sentNanos);
            throw new ProviderException(
                    FailureKind.UNREACHABLE,
                    "Site " + peerName + " did not answer " + verb,
                    "the time limit passed",
                    "Check that the site's server runs and that the network between the sites is up.",
                    e);
        } catch (ExecutionException e) {
            throw new ProviderException(
                    FailureKind.UNREACHABLE,
                    "Site " + peerName + " did not answer " + verb,
                    "the connection broke while it was asked: " + e.getMessage(),
                    "Whether the request was carried out is not known; it is asked again. Check the other site and the network.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "The call " + verb + " was given up",
                    "this server is stopping",
                    "Start it again.",
                    e);
        } finally {
            pending.remove(id);
        }
    }

    private static String unwrap(ControlMessage message) throws ProviderException {
        return switch (message) {
            case ControlMessage.Success success -> success.body();
            case ControlMessage.Problem problem -> throw problem.cause();
            case ControlMessage.Request request ->
                throw new ProviderException(
                        FailureKind.BUG,
                        "A site answered with a request",
                        "the answer to call " + request.id() + " is not an answer",
                        "Run the same version of Tidemark at both sites.");
        };
    }

    /** A peer that vanished without a word keeps its connection half open; the next call then deserves a fresh one. */
    private void dropIfSilentSince(long nanos) {
        if (lastHeardNanos - nanos < 0) {
            close();
        }
    }

    void close() {
        closed = true;
        channel.thenAccept(TransportChannel::close);
    }

    @Override
    public void onFrame(long position, ByteBuffer frame) {
        lastHeardNanos = System.nanoTime();
        channel.thenAccept(opened -> opened.acknowledge(position));
        try {
            ControlMessage message = ControlMessage.decode(FrameSender.decode(frame));
            CompletableFuture<ControlMessage> waiting = pending.remove(message.id());
            if (waiting != null) {
                waiting.complete(message);
            }
        } catch (IllegalArgumentException e) {
            LOG.atWarn()
                    .addKeyValue("peer", peerName)
                    .setCause(e)
                    .log("A peer sent a frame that is no answer; the stream is closed");
            close();
        }
    }

    @Override
    public void onAcknowledged(long position) {
        // Requests are not kept: a call whose answer never comes ends by its time limit.
    }

    @Override
    public void onWritable() {
        sender.thenAccept(FrameSender::onWritable);
    }

    @Override
    public void onClosed(Optional<ProviderException> cause) {
        closed = true;
        Throwable why =
                cause.<Throwable>map(e -> e).orElseGet(() -> new IllegalStateException("the other site closed it"));
        pending.values().forEach(waiting -> waiting.completeExceptionally(why));
    }
}
