package io.tidemark.replication.lane;

import io.tidemark.replication.lane.Lane.SyncRead;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a lane's dirty blocks from the source while its VM runs, and ends the sync when none is left. One virtual thread per lane; idle
 * unless the lane syncs. Reads at the pace of the link: only while the lane's memory is less than half full.
 */
final class SyncPass implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(SyncPass.class);
    private static final int READ_BYTES = 1 << 20;
    private static final long IDLE_NANOS = Duration.ofSeconds(1).toNanos();

    private final Lane lane;
    private final LaneRunner.VolumeSource source;
    private final Duration retryPause;
    private final Map<Integer, BlockDevice> open = new HashMap<>();

    SyncPass(Lane lane, LaneRunner.VolumeSource source, Duration retryPause) {
        this.lane = lane;
        this.source = source;
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
            closeReaders();
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
            closeReaders();
        }
        lane.awaitSyncWork(IDLE_NANOS);
    }

    private void read(SyncRead read) throws InterruptedException {
        try {
            BlockDevice device = open.get(read.volumeIndex());
            if (device == null) {
                device = source.open(
                        lane.spec().volumes().get(read.volumeIndex()).id());
                open.put(read.volumeIndex(), device);
            }
            ByteBuffer data = ByteBuffer.allocate(read.lengthBytes());
            if (!isAllZero(device, read)) {
                device.read(read.offset(), data);
            }
            lane.syncRead(read, data.clear());
        } catch (IOException | ProviderException e) {
            LOG.atWarn()
                    .addKeyValue("vpg", lane.spec().vpg())
                    .addKeyValue("vm", lane.spec().vm())
                    .addKeyValue("offset", read.offset())
                    .setCause(e)
                    .log("Reading for sync failed, retrying");
            closeReaders();
            lane.syncReadFailed(read, "Cannot read the source for the sync, retrying: " + e.getMessage());
            Thread.sleep(retryPause);
        }
    }

    private static boolean isAllZero(BlockDevice device, SyncRead read) throws IOException {
        List<BlockExtent> extents = device.extents(read.offset(), read.lengthBytes());
        return !extents.isEmpty() && extents.stream().allMatch(e -> e.content() == BlockExtent.Content.ZERO);
    }

    private void closeReaders() {
        open.forEach((index, device) -> {
            try {
                device.close();
            } catch (IOException e) {
                LOG.atWarn().addKeyValue("vm", lane.spec().vm()).setCause(e).log("Closing a volume reader failed");
            }
        });
        open.clear();
    }
}
