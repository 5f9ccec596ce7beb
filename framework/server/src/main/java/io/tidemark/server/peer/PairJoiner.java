package io.tidemark.server.peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.TransportChannel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The joining end of one pairing: waits for the one answer of the inviting site. */
final class PairJoiner implements ChannelHandler {
    private final CompletableFuture<String> answer = new CompletableFuture<>();
    private final CompletableFuture<FrameSender> sender = new CompletableFuture<>();

    /** Asks the inviting site, which has accepted the stream, who it is. */
    Map<String, String> ask(TransportChannel channel, Deadline deadline) throws ProviderException {
        FrameSender outgoing = new FrameSender(channel);
        sender.complete(outgoing);
        outgoing.send("{}".getBytes(StandardCharsets.UTF_8));
        try {
            JsonNode told = Json.read(answer.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS));
            Map<String, String> introduction = new HashMap<>();
            told.properties()
                    .forEach(member ->
                            introduction.put(member.getKey(), member.getValue().asText()));
            return introduction;
        } catch (ExecutionException | TimeoutException | JsonProcessingException | IllegalArgumentException e) {
            throw unanswered(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unanswered(e);
        }
    }

    private static ProviderException unanswered(Exception cause) {
        return new ProviderException(
                FailureKind.UNREACHABLE,
                "The sites were not paired",
                "the other site took the token but did not say who it is",
                "Make a new token there and pair again; the old token is used up.",
                cause);
    }

    @Override
    public void onFrame(long position, ByteBuffer frame) {
        answer.complete(FrameSender.decode(frame));
    }

    @Override
    public void onAcknowledged(long position) {
        // The answer says more.
    }

    @Override
    public void onWritable() {
        sender.thenAccept(FrameSender::onWritable);
    }

    @Override
    public void onClosed(Optional<ProviderException> cause) {
        answer.completeExceptionally(cause.<Throwable>map(e -> e)
                .orElseGet(() -> new IllegalStateException("the other site closed the stream")));
    }
}
