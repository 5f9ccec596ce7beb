package io.tidemark.server.peer;

import io.tidemark.control.dataplane.PeerLink.PeerRequests;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.TransportChannel;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The answering end of one control stream: runs each request of the peer on a virtual thread and sends the answer when it is there. */
final class ControlAnswerer implements ChannelHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ControlAnswerer.class);
    private static final int MAX_UNDER_WAY = 256;

    private final SiteId peer;
    private final TransportChannel channel;
    private final PeerRequests requests;
    private final Executor executor;
    private final FrameSender sender;
    private final Semaphore places = new Semaphore(MAX_UNDER_WAY);

    ControlAnswerer(SiteId peer, TransportChannel channel, PeerRequests requests, Executor executor) {
        this.peer = peer;
        this.channel = channel;
        this.requests = requests;
        this.executor = executor;
        this.sender = new FrameSender(channel);
    }

    @Override
    public void onFrame(long position, ByteBuffer frame) {
        channel.acknowledge(position);
        ControlMessage.Request request;
        try {
            if (!(ControlMessage.decode(FrameSender.decode(frame)) instanceof ControlMessage.Request asked)) {
                throw new IllegalArgumentException("an answer where a request was expected");
            }
            request = asked;
        } catch (IllegalArgumentException e) {
            LOG.atWarn()
                    .addKeyValue("peer", peer)
                    .setCause(e)
                    .log("A peer sent a frame that is no request; its stream is closed");
            channel.close();
            return;
        }
        if (!places.tryAcquire()) {
            sender.send(new ControlMessage.Problem(request.id(), busy()).encode());
            return;
        }
        try {
            executor.execute(() -> run(request));
        } catch (RejectedExecutionException shuttingDown) {
            places.release();
            channel.close();
        }
    }

    private void run(ControlMessage.Request request) {
        byte[] answer;
        try {
            answer = new ControlMessage.Success(request.id(), requests.answer(peer, request.verb(), request.body()))
                    .encode();
            if (!FrameSender.fits(answer)) {
                answer = new ControlMessage.Problem(request.id(), tooLong(request.verb(), answer.length)).encode();
            }
        } catch (ProviderException e) {
            answer = new ControlMessage.Problem(request.id(), e).encode();
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("peer", peer)
                    .addKeyValue("verb", request.verb())
                    .setCause(e)
                    .log("A request of a peer failed unexpectedly");
            answer = new ControlMessage.Problem(request.id(), defect(request.verb(), e)).encode();
        } finally {
            places.release();
        }
        sender.send(answer);
    }

    private static ProviderException busy() {
        return new ProviderException(
                FailureKind.RETRY_LATER,
                "The other site did not take the request",
                MAX_UNDER_WAY + " requests of this site are under way there",
                "It is tried again by itself; look for requests that hang if this lasts.");
    }

    private static ProviderException tooLong(String verb, int bytes) {
        return new ProviderException(
                FailureKind.BUG,
                "The other site could not send its answer to " + verb,
                "the answer has " + bytes + " bytes and a frame takes " + TransportChannel.MAX_FRAME_BYTES,
                "Please report this as a defect of Tidemark.");
    }

    private static ProviderException defect(String verb, RuntimeException cause) {
        return new ProviderException(
                FailureKind.BUG,
                "The other site failed at " + verb,
                "unexpected " + cause.getClass().getSimpleName() + ": " + cause.getMessage(),
                "Its log has the details; please report this as a defect of Tidemark.");
    }

    @Override
    public void onAcknowledged(long position) {
        // Answers are not kept: a caller that lost one asks again.
    }

    @Override
    public void onWritable() {
        sender.onWritable();
    }

    @Override
    public void onClosed(Optional<ProviderException> cause) {
        cause.ifPresent(e -> LOG.atInfo()
                .addKeyValue("peer", peer)
                .addKeyValue("why", e.getMessage())
                .log("A control stream of a peer ended"));
    }
}
