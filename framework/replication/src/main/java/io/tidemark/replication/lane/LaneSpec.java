package io.tidemark.replication.lane;

import io.tidemark.journal.JournalVolume;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.util.List;

/**
 * What a lane carries.
 *
 * @param epoch ownership term of the VPG (J7)
 * @param volumes in journal order
 */
public record LaneSpec(VpgId vpg, VmId vm, long epoch, List<JournalVolume> volumes) {
    public LaneSpec {
        volumes = List.copyOf(volumes);
    }

    /** Index of a volume in the journal, or -1 when it is not protected here. */
    int indexOf(VolumeId volume) {
        for (int i = 0; i < volumes.size(); i++) {
            if (volumes.get(i).id().equals(volume)) {
                return i;
            }
        }
        return -1;
    }
}
