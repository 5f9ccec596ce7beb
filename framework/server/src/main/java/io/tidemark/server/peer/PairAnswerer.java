package io.tidemark.server.peer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.TransportChannel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The inviting end of one pairing, after the joining site was accepted: answers its first frame by saying who this site is. */
final class PairAnswerer implements ChannelHandler {
    private static final Logger LOG = LoggerFactory.getLogger(PairAnswerer.class);

    private final TransportChannel channel;
    private final Map<String, String> introduction;
    private final FrameSender sender;

    PairAnswerer(TransportChannel channel, Map<String, String> introduction) {
        this.channel = channel;
        this.introduction = introduction;
        this.sender = new FrameSender(channel);
    }

    @Override
    public void onFrame(long position, ByteBuffer frame) {
        channel.acknowledge(position);
        ObjectNode answer = Json.object();
        introduction.forEach(answer::put);
        sender.send(Json.write(answer).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void onAcknowledged(long position) {
        // The joining site closes the channel once it has the answer.
    }

    @Override
    public void onWritable() {
        sender.onWritable();
    }

    @Override
    public void onClosed(Optional<ProviderException> cause) {
        cause.ifPresent(e -> LOG.atInfo().addKeyValue("why", e.getMessage()).log("A pairing stream ended"));
    }
}
