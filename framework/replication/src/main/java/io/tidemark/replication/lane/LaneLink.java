package io.tidemark.replication.lane;

import io.tidemark.replication.ReplicationSettings;
import io.tidemark.replication.wire.LaneMessage;
import io.tidemark.replication.wire.LaneMessage.CheckpointDurable;
import io.tidemark.replication.wire.LaneMessage.Digests;
import io.tidemark.replication.wire.LaneMessage.Refused;
import io.tidemark.replication.wire.LaneMessage.Welcome;
import io.tidemark.replication.wire.LaneMessageCodec;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a lane connected to its journal keeper: connects, resends from the keeper's durable position, sends batches and checkpoints in
 * order, and reconnects with growing pauses. Runs on one platform thread per lane, the only one that offers frames.
 */
final class LaneLink implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LaneLink.class);
    private static final long IDLE_NANOS = Duration.ofMillis(500).toNanos();
    private static final Duration WELCOME_LIMIT = Duration.ofSeconds(15);

    private final Lane lane;
    private final LaneRunner.ChannelOpener opener;
    private final ReplicationSettings settings;

    LaneLink(Lane lane, LaneRunner.ChannelOpener opener, ReplicationSettings settings) {
        this.lane = lane;
        this.opener = opener;
        this.settings = settings;
    }

    @Override
    public void run() {
        Duration pause = settings.retryFirst();
        try {
            while (!lane.isClosed()) {
                Connection connection = new Connection();
                try {
                    connection.run();
                } catch (ProviderException e) {
                    LOG.atInfo()
                            .addKeyValue("vpg", lane.spec().vpg())
                            .addKeyValue("vm", lane.spec().vm())
                            .log("Lane is disconnected: {}", e.getMessage());
                    lane.disconnected("The recovery site cannot be reached, retrying: " + e.getMessage());
                }
                ProviderException fence = connection.fence();
                if (fence != null) {
                    lane.fenced(fence);
                    return;
                }
                pause = connection.wasWelcomed() ? settings.retryFirst() : longer(pause);
                Deadline until = Deadline.after(pause);
                while (!until.passed() && !lane.isClosed()) {
                    lane.awaitSendWork(until.remaining().toNanos());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(settings.retryMost()) > 0 ? settings.retryMost() : twice;
    }

    /** One channel from connect to close. */
    private final class Connection implements ChannelHandler {
        private @Nullable Welcome welcome;
        private @Nullable ProviderException fence;
        private @Nullable ProviderException closeCause;
        private boolean closed;
        private boolean writable = true;
        private final Preparation preparation = new Preparation(lane);

        void run() throws ProviderException, InterruptedException {
            Deadline limit = Deadline.after(settings.callTimeout());
            StreamSpec stream = new StreamSpec(
                    "journal",
                    Map.of(
                            "vpg", lane.spec().vpg().toString(),
                            "vm", lane.spec().vm().toString(),
                            "epoch", Long.toString(lane.spec().epoch())));
            try (TransportChannel channel = opener.open(stream, this, limit)) {
                Welcome first = awaitWelcome();
                lane.connected(first.durablePosition());
                preparation.start(first.contents());
                pump(channel);
            }
            ProviderException cause = closeCause();
            if (cause != null && fence() == null) {
                throw cause;
            }
            if (!lane.isClosed() && fence() == null) {
                lane.disconnected("The recovery site closed the connection; reconnecting");
            }
        }

        private Welcome awaitWelcome() throws ProviderException, InterruptedException {
            Deadline limit = Deadline.after(WELCOME_LIMIT);
            while (true) {
                synchronized (this) {
                    if (welcome != null) {
                        return welcome;
                    }
                    if (closed || limit.passed()) {
                        if (closeCause != null) {
                            throw closeCause;
                        }
                        throw new ProviderException(
                                FailureKind.UNREACHABLE,
                                "The recovery site gave no position to continue from",
                                closed ? "it closed the connection" : "no answer within " + WELCOME_LIMIT,
                                "It is tried again; look at the recovery site's log if this goes on");
                    }
                    wait(Math.max(1, limit.remaining().toMillis()));
                }
            }
        }

        private void pump(TransportChannel channel) throws InterruptedException {
            while (!lane.isClosed() && !isClosed()) {
                LaneItem item = takeNext();
                if (item == null) {
                    preparation.advance(channel);
                    lane.awaitSendWork(untilLingerEnds());
                    continue;
                }
                ByteBuffer frame = frameOf(item);
                expectBackPressure();
                switch (channel.offer(positionOf(item), frame)) {
                    case ACCEPTED -> lane.shipped(frame.remaining());
                    case BACK_PRESSURE -> {
                        lane.withLog(log -> log.unmarkSent());
                        awaitWritable();
                    }
                    case CLOSED -> {
                        return;
                    }
                }
            }
        }

        private @Nullable LaneItem takeNext() {
            long lingerNanos = settings.batchLinger().toNanos();
            return lane.<@Nullable LaneItem>withLog(log -> {
                if (log.nextUnsent() == null && System.nanoTime() - log.openSinceNanos() >= lingerNanos) {
                    log.seal();
                }
                LaneItem next = log.nextUnsent();
                if (next != null) {
                    // Counted before it is offered: its acknowledgement may come before the offer returns.
                    log.markSent();
                }
                return next;
            });
        }

        private long untilLingerEnds() {
            long since = lane.withLog(OrderLog::openSinceNanos);
            return since == Long.MAX_VALUE
                    ? IDLE_NANOS
                    : Math.max(1, settings.batchLinger().toNanos() - (System.nanoTime() - since));
        }

        private ByteBuffer frameOf(LaneItem item) {
            return switch (item) {
                case LaneItem.QueuedBatch batch -> batch.encoded(lane.spec().epoch());
                case LaneItem.QueuedCheckpoint queued ->
                    LaneMessageCodec.encode(new LaneMessage.Checkpoint(queued.checkpoint));
            };
        }

        private static long positionOf(LaneItem item) {
            return switch (item) {
                case LaneItem.QueuedBatch batch -> batch.endPosition;
                case LaneItem.QueuedCheckpoint queued -> queued.checkpoint.position();
            };
        }

        private synchronized void awaitWritable() throws InterruptedException {
            while (!writable && !closed) {
                wait(IDLE_NANOS / 1_000_000);
            }
        }

        /** Before an offer, so that an onWritable that comes with its refusal is not missed. */
        private synchronized void expectBackPressure() {
            writable = false;
        }

        private synchronized boolean isClosed() {
            return closed;
        }

        private synchronized @Nullable ProviderException closeCause() {
            return closeCause;
        }

        synchronized @Nullable ProviderException fence() {
            return fence;
        }

        synchronized boolean wasWelcomed() {
            return welcome != null;
        }

        @Override
        public void onFrame(long position, ByteBuffer frame) {
            switch (LaneMessageCodec.decode(frame)) {
                case Welcome first -> {
                    synchronized (this) {
                        welcome = first;
                        notifyAll();
                    }
                }
                case CheckpointDurable(var id) -> lane.checkpointDurable(id);
                case Digests digests -> {
                    preparation.answer(digests);
                    lane.wake();
                }
                case Refused(FailureKind kind, String happened, String why, String remedy) -> {
                    synchronized (this) {
                        ProviderException refusal = new ProviderException(kind, happened, why, remedy);
                        closeCause = refusal;
                        closed = true;
                        notifyAll();
                        if (kind == FailureKind.CONFLICT) {
                            fence = refusal;
                        }
                    }
                    lane.wake();
                }
                case LaneMessage.Checkpoint unexpected -> logUnexpected(unexpected);
                case LaneMessage.DigestRequest unexpected -> logUnexpected(unexpected);
            }
        }

        private void logUnexpected(LaneMessage message) {
            LOG.atWarn()
                    .addKeyValue("vpg", lane.spec().vpg())
                    .addKeyValue("vm", lane.spec().vm())
                    .log("Ignoring a message that a journal keeper does not send: {}", message);
        }

        @Override
        public void onAcknowledged(long position) {
            lane.acknowledged(position);
        }

        @Override
        public void onWritable() {
            synchronized (this) {
                writable = true;
                notifyAll();
            }
            lane.wake();
        }

        @Override
        public void onClosed(Optional<ProviderException> cause) {
            synchronized (this) {
                closed = true;
                if (closeCause == null) {
                    closeCause = cause.orElse(null);
                }
                notifyAll();
            }
            lane.wake();
        }
    }
}
