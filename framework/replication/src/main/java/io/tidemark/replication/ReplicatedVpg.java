package io.tidemark.replication;

import io.tidemark.journal.JournalVolume;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import java.util.List;

/**
 * A VPG to replicate.
 *
 * @param epoch ownership term (J7), ≥ 1
 */
public record ReplicatedVpg(VpgId id, long epoch, SiteId recoverySite, List<Member> members) {
    public ReplicatedVpg {
        members = List.copyOf(members);
    }

    /**
     * One VM.
     *
     * @param hypervisor instance that runs it
     * @param volumes in journal order
     */
    public record Member(VmId vm, String hypervisor, List<JournalVolume> volumes) {
        public Member {
            volumes = List.copyOf(volumes);
        }
    }
}
