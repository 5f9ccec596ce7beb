package io.tidemark.spi.volume;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;

/** Facet: reads protected volumes, whether their VM runs or not. */
public interface VolumeReader {
    /**
     * Opens the live contents of a volume, read-only. Reads see every write that was acknowledged to the guest before the read began;
     * a write made during it may be seen or not. {@link BlockDevice#extents} spares reading what is known to be zero.
     */
    BlockDevice openLive(VolumeId volume, Deadline deadline) throws ProviderException;
}
