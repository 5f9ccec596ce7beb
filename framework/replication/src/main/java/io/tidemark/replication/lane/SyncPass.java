package io.tidemark.replication.lane;

import io.tidemark.replication.lane.Lane.SyncRead;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.time.Duration;

/**
 * Reads a lane's dirty blocks from the source while its VM runs, and ends the sync when none is left. One virtual thread per lane; idle
 * unless the lane syncs. Reads at the pace of the link: only while the lane's memory is less than half full.
 */
final class SyncPass implements Runnable {
    static final int READ_BYTES = 1 << 20;
    private static final long IDLE_NANOS = Duration.ofSeconds(1).toNanos();

    private final Lane lane;
    private final SourceReader reader;
    private final Duration retryPause;

    SyncPass(Lane lane, LaneRunner.VolumeSource source, Duration retryPause) {
        this.lane = lane;
        this.reader = new SourceReader(lane.spec(), source);
        this.retryPause = retryPause;
    }

    @Override
    public void run() {
        try {
            while (!lane.isClosed()) {
                step();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            reader.close();
        }
    }

    private void step() throws InterruptedException {
        var next = lane.nextSyncRead(READ_BYTES);
        if (next.isPresent()) {
            read(next.get());
            return;
        }
        lane.finishSyncIfClean();
        if (lane.phase() != Phase.SYNCING) {
            reader.close();
        }
        lane.awaitSyncWork(IDLE_NANOS);
    }

    private void read(SyncRead read) throws InterruptedException {
        try {
            lane.syncRead(read, reader.read(read));
        } catch (IOException | ProviderException e) {
            lane.syncReadFailed(read, "Cannot read the source for the sync, retrying: " + e.getMessage());
            Thread.sleep(retryPause);
        }
    }
}
