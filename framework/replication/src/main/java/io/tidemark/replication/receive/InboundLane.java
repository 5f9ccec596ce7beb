package io.tidemark.replication.receive;

import io.tidemark.replication.wire.LaneMessage;
import io.tidemark.replication.wire.LaneMessage.Refused;
import io.tidemark.replication.wire.LaneMessageCodec;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.TransportChannel;
import io.tidemark.spi.transport.TransportChannel.Offer;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connected lane, as its journal keeper sees it. */
final class InboundLane implements ChannelHandler {
    private static final Logger LOG = LoggerFactory.getLogger(InboundLane.class);

    private final JournalKeeper keeper;
    private final TransportChannel channel;
    private final IntakeGate gate;
    private final Supplier<Refused> full;
    private long lastPosition;
    /** Nothing more is taken of this lane, even if there is room again: what comes now follows what was not taken. */
    private volatile boolean ended;

    /** @param full what to tell the lane when the gate lets nothing through */
    InboundLane(JournalKeeper keeper, TransportChannel channel, IntakeGate gate, Supplier<Refused> full) {
        this.keeper = keeper;
        this.channel = channel;
        this.gate = gate;
        this.full = full;
    }

    void acknowledge(long position) {
        channel.acknowledge(position);
    }

    /** Sends a message; on a closed channel that is nothing, and the lane asks anew once it has connected again. */
    synchronized void send(long position, LaneMessage message) {
        lastPosition = position;
        if (channel.offer(position, LaneMessageCodec.encode(message)) == Offer.BACK_PRESSURE) {
            LOG.atWarn().log("A lane does not read its answers; closing its channel, so that it connects anew");
            channel.close();
        }
    }

    /** Tells the lane why it ends; the lane closes the channel, so that the words are not lost with it. */
    synchronized void refuse(Refused refusal) {
        send(lastPosition, refusal);
    }

    void close() {
        channel.close();
    }

    @Override
    public void onFrame(long position, ByteBuffer frame) {
        if (ended) {
            return;
        }
        if (!gate.admit(frame.remaining())) {
            ended = true;
            refuse(full.get());
            return;
        }
        keeper.enqueue(this, frame);
    }

    @Override
    public void onAcknowledged(long position) {
        // A keeper's messages need no acknowledgement.
    }

    @Override
    public void onWritable() {
        // A keeper never waits for room: see send.
    }

    @Override
    public void onClosed(Optional<ProviderException> cause) {
        cause.ifPresent(e -> LOG.atInfo().log("A lane was disconnected: {}", e.getMessage()));
    }
}
