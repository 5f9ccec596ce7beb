package io.tidemark.spi.recovery;

import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the disks of a VM to recover come from, and what an operator wants of its place.
 *
 * @param disks one for each disk of the {@link RecoveryVmSpec}, in its order
 * @param placement settings of this VM, by keys of {@link PreStaging#placementSpec()}; a key that is missing has its default
 */
public record RecoveryOrigin(VpgId vpg, List<DiskOrigin> disks, Map<String, String> placement) {
    public RecoveryOrigin {
        disks = List.copyOf(disks);
        placement = Map.copyOf(placement);
    }

    /**
     * One disk.
     *
     * @param changes against the nearest staged point; empty when nothing is staged
     */
    public record DiskOrigin(VolumeId volume, CheckpointId checkpoint, Optional<ChangesSince> changes) {}
}
