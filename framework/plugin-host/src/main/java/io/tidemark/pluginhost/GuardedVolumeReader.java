package io.tidemark.pluginhost;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.volume.VolumeReader;

/** Guards opening a volume for reading. The device itself is the data path and goes through no guard. */
final class GuardedVolumeReader implements VolumeReader {
    private final VolumeReader inner;
    private final Guard guard;

    GuardedVolumeReader(VolumeReader inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public BlockDevice openLive(VolumeId volume, Deadline deadline) throws ProviderException {
        Guard.argument("volume", volume);
        return guard.call("VolumeReader.openLive", deadline, () -> inner.openLive(volume, deadline));
    }
}
