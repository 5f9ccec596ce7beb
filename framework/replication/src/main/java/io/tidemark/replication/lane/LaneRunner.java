package io.tidemark.replication.lane;

import io.tidemark.replication.ReplicationSettings;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A lane with its threads: the sender, and the sync where the source can be read live. */
public final class LaneRunner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LaneRunner.class);
    private static final long CLOSE_LIMIT_MILLIS = 5_000;

    private final Lane lane;
    private final Thread sender;
    private final Duration retryPause;
    private @Nullable Thread sync;

    private LaneRunner(Lane lane, Thread sender, Duration retryPause) {
        this.lane = lane;
        this.sender = sender;
        this.retryPause = retryPause;
    }

    /** Opens a channel to the recovery site of a lane's VPG. */
    @FunctionalInterface
    public interface ChannelOpener {
        TransportChannel open(StreamSpec stream, ChannelHandler handler, Deadline deadline) throws ProviderException;
    }

    /** Opens the contents of a volume for a sync. */
    @FunctionalInterface
    public interface VolumeSource {
        BlockDevice open(VolumeId volume) throws ProviderException;
    }

    /** A lane that connects at once, reads its source live for syncs, and takes captured writes once it has been told to begin. */
    public static LaneRunner start(
            LaneSpec spec,
            ReplicationSettings settings,
            Supplier<Cut> currentCut,
            LaneEvents events,
            ChannelOpener opener,
            VolumeSource live) {
        LaneRunner runner = start(spec, settings, currentCut, events, opener);
        runner.readLive(live);
        return runner;
    }

    /** A lane that connects at once; where it reads from is told later. */
    public static LaneRunner start(
            LaneSpec spec,
            ReplicationSettings settings,
            Supplier<Cut> currentCut,
            LaneEvents events,
            ChannelOpener opener) {
        Lane lane = new Lane(spec, settings.laneMemoryBytes(), currentCut, events);
        Thread sender = Thread.ofPlatform()
                .daemon()
                .name("lane-" + nameOf(spec))
                .uncaughtExceptionHandler(LaneRunner::logDeath)
                .start(new LaneLink(lane, opener, settings));
        return new LaneRunner(lane, sender, settings.retryFirst());
    }

    private static String nameOf(LaneSpec spec) {
        return spec.vpg().toString().substring(0, 8) + "-" + spec.vm();
    }

    /** From now on syncs read the live contents by themselves. Called once at most. */
    public synchronized void readLive(VolumeSource live) {
        if (sync != null) {
            throw new IllegalStateException("a lane has one sync");
        }
        sync = Thread.ofVirtual()
                .name("sync-" + nameOf(lane.spec()))
                .uncaughtExceptionHandler(LaneRunner::logDeath)
                .start(new SyncPass(lane, live, retryPause));
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

    /** Stops its threads and closes the channel; what was not acknowledged is dropped. */
    @Override
    public void close() {
        lane.close();
        Thread reading;
        synchronized (this) {
            reading = sync;
        }
        boolean senderBusy = isBusy(sender);
        boolean syncBusy = reading != null && isBusy(reading);
        if (senderBusy || syncBusy) {
            LOG.atWarn()
                    .addKeyValue("vpg", lane.spec().vpg())
                    .log("A lane's threads are still busy; they end by themselves");
        }
    }

    private static boolean isBusy(Thread ending) {
        try {
            ending.join(CLOSE_LIMIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return ending.isAlive();
    }
}
