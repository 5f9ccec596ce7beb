package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.MemberState;
import io.tidemark.control.dataplane.ProtectedVpg.MemberVolume;
import io.tidemark.spi.id.VmId;
import java.util.List;

/**
 * One VM of a VPG. On the recovery site the figures are what the source last reported.
 *
 * @param detail what happens, for people; may be empty
 * @param syncTotalBytes of the sync that runs, else 0
 * @param lagBytes captured but not yet durable at the recovery site
 */
public record MemberView(
        VmId vm,
        String vmName,
        String hypervisor,
        List<MemberVolume> volumes,
        MemberState state,
        String detail,
        long syncedBytes,
        long syncTotalBytes,
        long lagBytes,
        long writes,
        long writtenBytes,
        long shippedBytes) {
    public MemberView {
        volumes = List.copyOf(volumes);
    }
}
