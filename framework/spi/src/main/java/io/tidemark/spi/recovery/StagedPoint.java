package io.tidemark.spi.recovery;

import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;

/**
 * The contents of a volume at a checkpoint, complete at the target.
 *
 * @param sizeBytes of the volume; the target may keep it rounded up, which nobody sees here
 * @param token the target's name of it
 */
public record StagedPoint(VpgId vpg, VolumeId volume, CheckpointId checkpoint, long sizeBytes, String token) {}
