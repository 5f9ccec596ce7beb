package io.tidemark.control.recovery;

import io.tidemark.control.ControlException;
import io.tidemark.control.ControlSettings;
import io.tidemark.control.DataPlane;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.checkpoint.CheckpointChooser;
import io.tidemark.control.checkpoint.CheckpointHolds;
import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.checkpoint.KnownCheckpoints;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.JournalStore.Access;
import io.tidemark.control.dataplane.ProtectedVpg.MemberVolume;
import io.tidemark.control.vpg.MemberDefinition;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.control.vpg.VpgRegistry;
import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.HypervisorSite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleConsumer;

/**
 * What the steps of recoveries do at the recovery site. Each is idempotent: it reads the recovery's row anew, and repeated after a crash
 * it finds what it made before.
 */
final class RecoveryActions {
    private final ControlSettings settings;
    private final DataPlane dataPlane;
    private final VpgRegistry registry;
    private final CheckpointHolds holds;
    private final RecoveryTable table;

    RecoveryActions(
            ControlSettings settings,
            DataPlane dataPlane,
            VpgRegistry registry,
            CheckpointHolds holds,
            RecoveryTable table) {
        this.settings = settings;
        this.dataPlane = dataPlane;
        this.registry = registry;
        this.holds = holds;
        this.table = table;
    }

    String chooseCheckpoint(OperationId id) throws ProviderException {
        RecoveryRecord recovery = table.get(id);
        CheckpointView chosen;
        if (recovery.checkpoint().isPresent()) {
            chosen = recovery.checkpoint().get();
        } else {
            chosen = CheckpointChooser.choose(
                    recovery.vpgName(),
                    KnownCheckpoints.read(dataPlane.journals(), registry.get(recovery.vpg())),
                    recovery.request().checkpoint());
            table.setCheckpoint(id, chosen);
        }
        return "checkpoint " + chosen.id() + " of " + chosen.time()
                + (chosen.tag().isEmpty() ? "" : ", tagged '" + chosen.tag() + "'");
    }

    String pinCheckpoint(OperationId id) throws ProviderException {
        RecoveryRecord recovery = table.get(id);
        holds.keep(recovery.vpg(), checkpoint(recovery).id());
        return "";
    }

    /** Lets the checkpoint age again, unless a person or another recovery wants it kept. */
    String unpinCheckpoint(OperationId id) throws ProviderException {
        RecoveryRecord recovery = table.get(id);
        if (recovery.checkpoint().isEmpty()) {
            return "none was pinned";
        }
        CheckpointView checkpoint = recovery.checkpoint().get();
        boolean wanted = holds.endRecovery(recovery.vpg(), checkpoint.id(), (vpg, kept) -> table.open(vpg).stream()
                .anyMatch(other -> !other.id().equals(id)
                        && other.checkpoint().map(CheckpointView::id).equals(Optional.of(kept))));
        return wanted ? "still wanted" : "";
    }

    /** Serves the volumes; after a restart at the same addresses. */
    Map<VolumeId, BlockAddress.UnixSocket> serve(OperationId id) throws ProviderException {
        RecoveryRecord recovery = table.get(id);
        boolean ownsScratch = hypervisor(recovery).capabilities().contains(Capability.RECOVERY_OWNS_SCRATCH);
        JournalStore.Access access = ownsScratch ? Access.READ_ONLY : Access.SCRATCH;
        return dataPlane.journals().serve(recovery.vpg(), checkpoint(recovery).id(), id, access);
    }

    String createVms(OperationId id, DoubleConsumer progress) throws ProviderException {
        RecoveryRecord recovery = table.get(id);
        Vpg vpg = registry.get(recovery.vpg());
        Map<VolumeId, BlockAddress.UnixSocket> addresses = serve(id);
        RecoveryTarget target = target(recovery);
        // Names are persisted before anything has them: asked again after a crash, our own VM would make its name look
        // taken.
        List<RecoveredVm> vms = new ArrayList<>(
                recovery.vms().isEmpty()
                        ? RecoveryNames.choose(recovery, vpg.definition().members(), hypervisor(recovery), deadline())
                        : recovery.vms());
        table.setVms(id, vms);
        Optional<StagedCreation> staged = StagedCreation.begin(
                hypervisor(recovery), dataPlane.journals(), recovery, deadline(), settings.promoteTimeout());
        for (int i = 0; i < vms.size(); i++) {
            RecoveredVm vm = vms.get(i);
            MemberDefinition member = vpg.definition().members().get(i);
            RecoveryVmSpec spec = spec(recovery, vm, member, addresses);
            int before = i;
            VmId made = staged.isEmpty()
                    ? target.create(spec, id, deadline())
                    : staged.get().create(spec, member, fraction -> progress.accept((before + fraction) / vms.size()));
            vms.set(i, new RecoveredVm(vm.source(), vm.sourceName(), vm.name(), Optional.of(made)));
            table.setVms(id, vms);
            progress.accept((i + 1.0) / vms.size());
        }
        return vms.size() + " VMs on '" + recovery.hypervisor() + "'"
                + staged.map(creation -> "; " + creation.told()).orElse("");
    }

    String startVms(OperationId id, DoubleConsumer progress) throws ProviderException {
        var _ = serve(id);
        RecoveryRecord recovery = table.get(id);
        RecoveryTarget target = target(recovery);
        List<VmId> made = made(recovery);
        for (int i = 0; i < made.size(); i++) {
            target.start(made.get(i), deadline());
            progress.accept((i + 1.0) / made.size());
        }
        return made.size() + " VMs run";
    }

    /** Copies the VMs to the target's storage; long. */
    String promoteVms(OperationId id, DoubleConsumer progress) throws ProviderException {
        var _ = serve(id);
        RecoveryRecord recovery = table.get(id);
        RecoveryTarget target = target(recovery);
        List<VmId> made = made(recovery);
        for (int i = 0; i < made.size(); i++) {
            int before = i;
            target.promote(
                    made.get(i),
                    id,
                    fraction -> progress.accept((before + fraction) / made.size()),
                    Deadline.after(settings.promoteTimeout()));
        }
        return made.size() + " VMs are on storage of '" + recovery.hypervisor() + "'";
    }

    String discardVms(OperationId id) throws ProviderException {
        RecoveryRecord recovery = table.get(id);
        if (recovery.vms().isEmpty()) {
            // None was ever asked for: the target need not be there to be sure.
            return "there are none";
        }
        target(recovery).discard(id, deadline());
        return "";
    }

    String releaseVolumes(OperationId id) throws ProviderException {
        dataPlane.journals().release(id);
        return "";
    }

    /** Refuses what cannot be recovered to, before anything is done. */
    void checkTarget(String hypervisor) {
        HypervisorSite site = dataPlane.hypervisors().find(hypervisor).orElseThrow(() -> notOpen(hypervisor));
        if (site.recoveryTarget().isEmpty()) {
            throw cannotRecover(hypervisor);
        }
    }

    HypervisorSite hypervisor(RecoveryRecord recovery) {
        return dataPlane.hypervisors().find(recovery.hypervisor()).orElseThrow(() -> notOpen(recovery.hypervisor()));
    }

    private RecoveryTarget target(RecoveryRecord recovery) {
        return hypervisor(recovery).recoveryTarget().orElseThrow(() -> cannotRecover(recovery.hypervisor()));
    }

    private static RecoveryVmSpec spec(
            RecoveryRecord recovery,
            RecoveredVm vm,
            MemberDefinition member,
            Map<VolumeId, BlockAddress.UnixSocket> addresses)
            throws ProviderException {
        List<RecoveryDisk> disks = new ArrayList<>();
        for (MemberVolume volume : member.member().volumes()) {
            BlockAddress.UnixSocket address = addresses.get(volume.id());
            if (address == null) {
                throw new ProviderException(
                        FailureKind.BUG,
                        "VM '" + vm.sourceName() + "' was not created",
                        "the journal serves no volume " + volume.id(),
                        "Report this with the journal's log.");
            }
            disks.add(new RecoveryDisk(volume.device(), volume.sizeBytes(), address));
        }
        return new RecoveryVmSpec(
                vm.name().orElseThrow(), purpose(recovery.type()), member.hardware(), disks, member.nics());
    }

    /** As targets know the types of recovery. */
    static Purpose purpose(RecoveryType type) {
        return type == RecoveryType.TEST ? Purpose.TEST : Purpose.LIVE;
    }

    private static List<VmId> made(RecoveryRecord recovery) {
        return recovery.vms().stream().map(vm -> vm.id().orElseThrow()).toList();
    }

    private static CheckpointView checkpoint(RecoveryRecord recovery) {
        return recovery.checkpoint()
                .orElseThrow(() -> new IllegalStateException("recovery " + recovery.id() + " has no checkpoint yet"));
    }

    private Deadline deadline() {
        return Deadline.after(settings.hypervisorTimeout());
    }

    private ControlException notOpen(String hypervisor) {
        return ErrorCode.HYPERVISOR_UNREACHABLE.because(
                "The recovery cannot use hypervisor '" + hypervisor + "'",
                "it is not open at site '" + settings.siteName() + "'",
                "Add it, or see in the events why it could not be opened.");
    }

    private static ControlException cannotRecover(String hypervisor) {
        return ErrorCode.HYPERVISOR_CANNOT_RECOVER.because(
                "The recovery cannot use hypervisor '" + hypervisor + "'",
                "it cannot run recovered VMs",
                "Protect the VMs with a VPG whose recovery hypervisor can.");
    }
}
