package io.tidemark.replication;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.site.HypervisorSite;

/** How a VPG is protected; what its hypervisors offer decides. */
enum MethodChoice {
    /** Each write is captured as it happens. */
    CAPTURE,
    /** VMs are frozen again and again, and what changed is copied. */
    TRACKING;

    /**
     * Chooses for all members: capture where there is capture.
     *
     * @throws ProviderException when a hypervisor is not open now, offers neither, or the members would need both
     */
    static MethodChoice of(ReplicatedVpg vpg, ReplicationEngine.Sites sites) throws ProviderException {
        int captured = 0;
        for (ReplicatedVpg.Member member : vpg.members()) {
            HypervisorSite site = sites.hypervisor(member.hypervisor());
            if (site.writeCapture().isPresent()) {
                captured++;
            } else if (site.changeTracking().isEmpty()) {
                throw new ProviderException(
                        FailureKind.UNSUPPORTED,
                        "Cannot protect VM " + member.vm(),
                        "its hypervisor offers neither write capture nor change tracking",
                        "Remove it from the VPG, or protect it from a hypervisor plugin that offers one of them");
            }
        }
        if (captured == vpg.members().size()) {
            return CAPTURE;
        }
        if (captured == 0) {
            return TRACKING;
        }
        throw new ProviderException(
                FailureKind.UNSUPPORTED,
                "Cannot protect the VPG",
                "the writes of some of its VMs are captured, and others can be protected by snapshots only; one checkpoint"
                        + " cannot hold both",
                "Put them into two VPGs: one for each kind of hypervisor");
    }
}
