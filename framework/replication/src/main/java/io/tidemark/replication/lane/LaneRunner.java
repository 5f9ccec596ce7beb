package io.tidemark.replication.lane;

import io.tidemark.replication.ReplicationSettings;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A lane with its two threads: the sender and the sync. */
public final class LaneRunner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LaneRunner.class);
    private static final long CLOSE_LIMIT_MILLIS = 5_000;

    private final Lane lane;
    private final Thread sender;
    private final Thread sync;

    private LaneRunner(Lane lane, Thread sender, Thread sync) {
        this.lane = lane;
        this.sender = sender;
        this.sync = sync;
    }

    /** Opens a channel to the recovery site of a lane's VPG. */
    @FunctionalInterface
    public interface ChannelOpener {
        TransportChannel open(StreamSpec stream, ChannelHandler handler, Deadline deadline) throws ProviderException;
    }

    /** Opens the live contents of a volume for a sync. */
    @FunctionalInterface
    public interface VolumeSource {
        BlockDevice open(VolumeId volume) throws ProviderException;
    }

    /** A lane that connects at once and takes captured writes once it has been told to begin. */
    public static LaneRunner start(
            LaneSpec spec,
            ReplicationSettings settings,
            Supplier<Cut> currentCut,
            LaneEvents events,
            ChannelOpener opener,
            VolumeSource source) {
        Lane lane = new Lane(spec, settings.laneMemoryBytes(), currentCut, events);
        String name = spec.vpg().toString().substring(0, 8) + "-" + spec.vm();
        Thread sender = Thread.ofPlatform()
                .daemon()
                .name("lane-" + name)
                .uncaughtExceptionHandler(LaneRunner::logDeath)
                .start(new LaneLink(lane, opener, settings));
        Thread sync = Thread.ofVirtual()
                .name("sync-" + name)
                .uncaughtExceptionHandler(LaneRunner::logDeath)
                .start(new SyncPass(lane, source, settings.retryFirst()));
        return new LaneRunner(lane, sender, sync);
    }

    private static void logDeath(Thread thread, Throwable cause) {
        LOG.atError()
                .addKeyValue("thread", thread.getName())
                .setCause(cause)
                .log("A lane's thread died: this is a defect");
    }

    public Lane lane() {
        return lane;
    }

    /** Stops both threads and closes the channel; what was not acknowledged is dropped. */
    @Override
    public void close() {
        lane.close();
        try {
            sender.join(CLOSE_LIMIT_MILLIS);
            sync.join(CLOSE_LIMIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (sender.isAlive() || sync.isAlive()) {
            LOG.atWarn()
                    .addKeyValue("vpg", lane.spec().vpg())
                    .log("A lane's threads are still busy; they end by themselves");
        }
    }
}
