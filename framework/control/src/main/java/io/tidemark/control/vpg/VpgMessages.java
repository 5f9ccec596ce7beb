package io.tidemark.control.vpg;

import io.tidemark.control.task.TaskId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What the managers of two sites say to each other about VPGs. Fields are only ever added. */
final class VpgMessages {
    private VpgMessages() {}

    /**
     * {@code vpg.check}: could the VPG be prepared, and its VMs be recovered?
     *
     * @param members empty from a site that does not know of preflights
     */
    record CheckRequest(String name, Optional<String> recoveryHypervisor, Optional<List<MemberDefinition>> members) {}

    /**
     * @param recoveryHypervisor the one that was asked for, or the only one there is
     * @param warnings of its preflight; empty when it has none
     */
    record CheckAnswer(String recoveryHypervisor, Optional<List<String>> warnings) {}

    /** {@code vpg.prepare}: create or open the journals, and know the VPG. Repeated whenever the source starts. */
    record PrepareRequest(
            VpgId id,
            String name,
            long epoch,
            String recoveryHypervisor,
            VpgPolicy policy,
            List<MemberDefinition> members) {
        static PrepareRequest of(VpgRecord row) {
            return new PrepareRequest(
                    row.id(), row.name(), row.epoch(), row.recoveryHypervisor(), row.policy(), row.members());
        }

        VpgRecord toRecord(SiteId source, Instant now) {
            return new VpgRecord(
                    id,
                    name,
                    VpgRole.RECOVERY,
                    VpgLifecycle.DEFINED,
                    source,
                    recoveryHypervisor,
                    policy,
                    epoch,
                    members,
                    Optional.empty(),
                    now,
                    1);
        }
    }

    /** {@code vpg.remove}: the source ends protection. */
    record RemoveRequest(VpgId id, DeleteVpg.Journals journals) {}

    /** {@code vpg.pause}, {@code vpg.resume}: asked of the recovery site, done by the source. */
    record VpgRequest(VpgId id) {}

    /** {@code vpg.update}: asked of the recovery site, done by the source. */
    record UpdateRequest(VpgId id, PolicyChange change) {}

    /** The answer to {@code vpg.scrub}: asked of the source, done by the recovery site. */
    record ScrubAnswer(TaskId task) {}

    /** {@code vpg.delete}: asked of the recovery site, done by the source. */
    record DeleteRequest(VpgId id, DeleteVpg how) {}

    record DeleteAnswer(TaskId task) {}

    /** {@code vpg.fence}: the recovery site owns the VPG from this epoch on. */
    record FenceRequest(VpgId id, long epoch) {}

    /** {@code peer.heartbeat}: how the VPGs stand that the asking site protects at the asked one. */
    record HeartbeatRequest(List<SourceReport> vpgs) {}

    record HeartbeatAnswer(List<CustodyReport> vpgs) {}

    /** {@code vm.running}, {@code vm.shutdown}, {@code vm.start}: power of the source VMs. */
    record PowerRequest(VpgId id, List<VmId> vms, boolean force) {}

    record PowerAnswer(List<VmId> vms, String detail) {}
}
