package io.tidemark.hypervisor.vsphere.recovery;

import io.tidemark.hypervisor.vsphere.compute.VsphereCompute;
import io.tidemark.hypervisor.vsphere.config.VsphereConfig;
import io.tidemark.hypervisor.vsphere.datastore.DatastorePath;
import io.tidemark.hypervisor.vsphere.inventory.VsphereInventory;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.recovery.OwnerTag.Role;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.DiskSpec;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.Slot;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;

/**
 * Brings VMs back onto a vCenter: their disks are written to a datastore whole, then the VM is made. The views are needed during
 * {@code create} alone; there is nothing left to copy when a VM is promoted.
 *
 * <p>A VM's instance UUID follows from operation and name, and its folder's name carries the operation; so a repeated call after a crash
 * finds what an earlier one made, and {@code discard} finds it even when the VM itself was never made.
 */
public final class VsphereRecoveryTarget implements RecoveryTarget {
    private final VsphereConfig config;
    private final BlockNetwork network;
    private final VsphereInventory inventory;
    private final VsphereCompute compute;
    private final VmMaker maker;
    private final Consumer<String> warnings;

    public VsphereRecoveryTarget(
            VsphereConfig config,
            BlockNetwork network,
            VsphereInventory inventory,
            VsphereCompute compute,
            VmMaker maker,
            Consumer<String> warnings) {
        this.config = config;
        this.network = network;
        this.inventory = inventory;
        this.compute = compute;
        this.maker = maker;
        this.warnings = warnings;
    }

    @Override
    public VmId create(RecoveryVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        UUID instance = VmMaker.instanceUuid(operation, spec.name());
        VmId vm = new VmId(instance.toString());
        if (inventory.topology(deadline).vm(vm).isPresent()) {
            return vm;
        }
        maker.requireFree(spec.name(), deadline);
        NativeConfig origin = NativeConfig.of(spec.hardware());
        Placement placement = maker.placement(deadline);
        DatastorePath folder = maker.makeFolder(placement, operation, spec.name(), deadline);
        List<Slot> slots =
                origin.slots(spec.disks().stream().map(RecoveryDisk::device).toList());
        List<DiskSpec> disks = new ArrayList<>();
        for (int i = 0; i < slots.size(); i++) {
            disks.add(writeDisk(placement, folder, i, slots.get(i), spec.disks().get(i), deadline));
        }
        OwnerTag tag = new OwnerTag(operation, Role.RECOVERED);
        Map<String, String> settings = new HashMap<>(origin.guestSettings());
        settings.putAll(tag.settings());
        NicMapping nics = new NicMapping(config, placement.datacenter(), inventory.topology(deadline), warnings);
        VmSpec made = new VmSpec(
                spec.name(),
                instance,
                folder.child("vm.vmx"),
                Math.max(1, spec.hardware().memoryBytes() >> 20),
                spec.hardware().processors(),
                origin.coresPerSocket(),
                origin.guestId(),
                origin.firmware(),
                origin.version(),
                disks,
                nics.of(spec),
                settings);
        maker.create(placement, made, tag, deadline);
        return vm;
    }

    private DiskSpec writeDisk(
            Placement placement, DatastorePath folder, int number, Slot slot, RecoveryDisk disk, Deadline deadline)
            throws ProviderException {
        try (BlockDevice contents = network.connect(disk.source())) {
            return maker.writeDisk(placement, folder, "disk-" + number, slot, contents, deadline);
        } catch (IOException broken) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "Disk " + disk.device() + " was not written",
                    "the checkpoint's view of it cannot be read: " + broken.getMessage(),
                    "See the journal's state, and try again.",
                    broken);
        }
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        compute.start(vm, deadline);
    }

    @Override
    public void promote(VmId vm, OperationId operation, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        Optional<VsphereVm> found = list(operation, Set.of(Role.RECOVERED, Role.PROMOTED), deadline).stream()
                .filter(each -> each.id().equals(vm))
                .findFirst();
        VsphereVm owned = found.orElseThrow(() -> new ProviderException(
                FailureKind.REJECTED,
                "VM " + vm + " was not promoted",
                "operation " + operation + " has no such VM",
                "List the operation's VMs."));
        OwnerTag promoted = new OwnerTag(operation, Role.PROMOTED);
        if (!OwnerTag.of(owned).equals(Optional.of(promoted))) {
            maker.retag(owned, promoted, deadline);
        }
        progress.accept(1.0);
    }

    @Override
    public void discard(OperationId operation, Deadline deadline) throws ProviderException {
        for (VsphereVm vm : list(operation, Set.of(Role.RECOVERED), deadline)) {
            compute.destroy(vm, deadline);
        }
        maker.removeFolders(operation, deadline);
    }

    @Override
    public List<VmId> list(OperationId operation, Deadline deadline) throws ProviderException {
        return list(operation, Set.of(Role.RECOVERED, Role.PROMOTED), deadline).stream()
                .map(VsphereVm::id)
                .toList();
    }

    private List<VsphereVm> list(OperationId operation, Set<Role> roles, Deadline deadline) throws ProviderException {
        return maker.tagged(operation, roles, deadline);
    }
}
