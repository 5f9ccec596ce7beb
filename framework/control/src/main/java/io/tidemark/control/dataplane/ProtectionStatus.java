package io.tidemark.control.dataplane;

import io.tidemark.spi.id.VmId;
import java.util.List;

/** How the protection of a VPG stands. */
public record ProtectionStatus(List<MemberStatus> members) {
    public ProtectionStatus {
        members = List.copyOf(members);
    }

    /**
     * One VM.
     *
     * @param syncedBytes of the sync that runs, else 0
     * @param syncTotalBytes of the sync that runs, else 0
     * @param lagBytes captured but not yet durable at the recovery site
     * @param writes captured since start
     * @param writtenBytes captured since start
     * @param shippedBytes sent since start, after compression
     */
    public record MemberStatus(
            VmId vm,
            MemberState state,
            String detail,
            long syncedBytes,
            long syncTotalBytes,
            long lagBytes,
            long writes,
            long writtenBytes,
            long shippedBytes) {}
}
