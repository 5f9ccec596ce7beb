package io.tidemark.spi.recovery;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.util.Optional;

/**
 * A volume to be staged.
 *
 * @param source the volume at the checkpoint; read by several threads, never written, closed by the caller
 * @param changes empty when the target has nothing of this volume, or nothing that is near
 */
public record StagingRequest(
        VpgId vpg, VolumeId volume, CheckpointId checkpoint, BlockDevice source, Optional<ChangesSince> changes) {}
