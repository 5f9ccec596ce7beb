package io.tidemark.control.dataplane;

import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.util.List;

/**
 * A VPG as the data plane needs it.
 *
 * @param epoch ownership term (J7), ≥ 1
 * @param recoverySite the paired site that keeps the journals
 */
public record ProtectedVpg(VpgId id, String name, long epoch, SiteId recoverySite, List<Member> members) {
    public ProtectedVpg {
        members = List.copyOf(members);
    }

    /**
     * One VM of the VPG.
     *
     * @param hypervisor name of the hypervisor instance of this site that runs it
     * @param volumes in journal order; never changes for the life of the journal
     */
    public record Member(VmId vm, String vmName, String hypervisor, List<MemberVolume> volumes) {
        public Member {
            volumes = List.copyOf(volumes);
        }
    }

    /** One protected volume. */
    public record MemberVolume(VolumeId id, String device, long sizeBytes) {}
}
