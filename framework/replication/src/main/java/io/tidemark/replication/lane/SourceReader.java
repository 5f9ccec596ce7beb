package io.tidemark.replication.lane;

import io.tidemark.replication.lane.Lane.SyncRead;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.ProviderException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The volumes that a sync reads, each opened when it is first needed. One thread. */
final class SourceReader {
    private static final Logger LOG = LoggerFactory.getLogger(SourceReader.class);

    private final LaneSpec spec;
    private final LaneRunner.VolumeSource source;
    private final Map<Integer, BlockDevice> open = new HashMap<>();

    SourceReader(LaneSpec spec, LaneRunner.VolumeSource source) {
        this.spec = spec;
        this.source = source;
    }

    /** Reads the blocks; after a failure everything is closed, to be opened anew. */
    ByteBuffer read(SyncRead read) throws IOException, ProviderException {
        try {
            BlockDevice device = open.get(read.volumeIndex());
            if (device == null) {
                device = source.open(spec.volumes().get(read.volumeIndex()).id());
                open.put(read.volumeIndex(), device);
            }
            ByteBuffer data = ByteBuffer.allocate(read.lengthBytes());
            if (!isAllZero(device, read)) {
                device.read(read.offset(), data);
            }
            return data.clear();
        } catch (IOException | ProviderException e) {
            LOG.atWarn()
                    .addKeyValue("vpg", spec.vpg())
                    .addKeyValue("vm", spec.vm())
                    .addKeyValue("offset", read.offset())
                    .setCause(e)
                    .log("Reading for sync failed, retrying");
            close();
            throw e;
        }
    }

    private static boolean isAllZero(BlockDevice device, SyncRead read) throws IOException {
        List<BlockExtent> extents = device.extents(read.offset(), read.lengthBytes());
        return !extents.isEmpty() && extents.stream().allMatch(e -> e.content() == BlockExtent.Content.ZERO);
    }

    void close() {
        open.forEach((index, device) -> {
            try {
                device.close();
            } catch (IOException e) {
                LOG.atWarn().addKeyValue("vm", spec.vm()).setCause(e).log("Closing a volume reader failed");
            }
        });
        open.clear();
    }
}
