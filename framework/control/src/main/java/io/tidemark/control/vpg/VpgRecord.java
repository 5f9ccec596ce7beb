package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.ProtectedVpg;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VpgId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A VPG as it is persisted.
 *
 * @param peer the other site
 * @param deletion how it was asked to be deleted, once it was
 * @param version grows with every change
 */
public record VpgRecord(
        VpgId id,
        String name,
        VpgRole role,
        VpgLifecycle lifecycle,
        SiteId peer,
        String recoveryHypervisor,
        VpgPolicy policy,
        long epoch,
        List<MemberDefinition> members,
        Optional<DeleteVpg> deletion,
        Instant createdAt,
        long version) {
    public VpgRecord {
        members = List.copyOf(members);
    }

    VpgRecord withLifecycle(VpgLifecycle to) {
        return new VpgRecord(
                id, name, role, to, peer, recoveryHypervisor, policy, epoch, members, deletion, createdAt, version);
    }

    public VpgRecord withEpoch(long to) {
        return new VpgRecord(
                id, name, role, lifecycle, peer, recoveryHypervisor, policy, to, members, deletion, createdAt, version);
    }

    VpgRecord withPolicy(VpgPolicy newPolicy) {
        return withDefinition(newPolicy, members);
    }

    VpgRecord withDefinition(VpgPolicy newPolicy, List<MemberDefinition> newMembers) {
        return new VpgRecord(
                id,
                name,
                role,
                lifecycle,
                peer,
                recoveryHypervisor,
                newPolicy,
                epoch,
                newMembers,
                deletion,
                createdAt,
                version);
    }

    VpgRecord withDeletion(DeleteVpg how) {
        return new VpgRecord(
                id,
                name,
                role,
                lifecycle,
                peer,
                recoveryHypervisor,
                policy,
                epoch,
                members,
                Optional.of(how),
                createdAt,
                version);
    }

    VpgRecord withVersion(long to) {
        return new VpgRecord(
                id, name, role, lifecycle, peer, recoveryHypervisor, policy, epoch, members, deletion, createdAt, to);
    }

    /** As the data plane needs it. */
    ProtectedVpg forDataPlane(SiteId self) {
        SiteId recoverySite = role == VpgRole.PROTECTED ? peer : self;
        return new ProtectedVpg(
                id,
                name,
                epoch,
                recoverySite,
                members.stream().map(MemberDefinition::member).toList());
    }
}
