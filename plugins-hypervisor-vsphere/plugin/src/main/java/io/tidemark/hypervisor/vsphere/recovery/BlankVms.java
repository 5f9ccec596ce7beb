package io.tidemark.hypervisor.vsphere.recovery;

import io.tidemark.hypervisor.vsphere.config.VsphereConfig;
import io.tidemark.hypervisor.vsphere.datastore.DatastorePath;
import io.tidemark.hypervisor.vsphere.inventory.Topology;
import io.tidemark.hypervisor.vsphere.inventory.VsphereInventory;
import io.tidemark.hypervisor.vsphere.recovery.OwnerTag.Role;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.DiskSpec;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.NicSpec;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.Slot;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Makes small VMs with blank disks, marked as samples. */
public final class BlankVms {
    private static final String CONTROLLER = "ParaVirtualSCSIController";
    private static final int MEMORY_MIB = 64;

    private final VsphereConfig config;
    private final VsphereInventory inventory;
    private final VmMaker maker;

    public BlankVms(VsphereConfig config, VsphereInventory inventory, VmMaker maker) {
        this.config = config;
        this.inventory = inventory;
        this.maker = maker;
    }

    /**
     * Makes a VM, powered off, with one network card in a network that is not the test network, if there is one.
     *
     * @param settings free settings of the VM
     */
    public VmId create(
            String name,
            List<Long> diskSizesBytes,
            Map<String, String> settings,
            OperationId operation,
            Deadline deadline)
            throws ProviderException {
        maker.requireFree(name, deadline);
        Placement placement = maker.placement(deadline);
        DatastorePath folder = maker.makeFolder(placement, operation, name, deadline);
        List<DiskSpec> disks = new ArrayList<>();
        for (int i = 0; i < diskSizesBytes.size(); i++) {
            Slot slot = new Slot(CONTROLLER, 0, i);
            disks.add(maker.writeDisk(
                    placement, folder, "disk-" + i, slot, new BlankDisk(diskSizesBytes.get(i)), deadline));
        }
        OwnerTag tag = new OwnerTag(operation, Role.SAMPLE);
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(tag.settings());
        UUID instance = VmMaker.instanceUuid(operation, name);
        VmSpec spec = new VmSpec(
                name,
                instance,
                folder.child("vm.vmx"),
                MEMORY_MIB,
                1,
                Optional.empty(),
                "otherLinux64Guest",
                Optional.empty(),
                Optional.empty(),
                disks,
                nics(placement, instance, deadline),
                all);
        maker.create(placement, spec, tag, deadline);
        return new VmId(instance.toString());
    }

    private List<NicSpec> nics(Placement placement, UUID instance, Deadline deadline) throws ProviderException {
        Topology topology = inventory.topology(deadline);
        NicMapping mapping = new NicMapping(config, placement.datacenter(), topology, warning -> {});
        int number = instance.hashCode();
        // From the range that VMware leaves to addresses given by hand.
        String mac = "00:50:56:%02x:%02x:%02x".formatted(number >> 16 & 0x3f, number >> 8 & 0xff, number & 0xff);
        return topology.refs(placement.datacenter(), "network").stream()
                .map(topology::name)
                .filter(each -> !each.isEmpty() && !config.testNetwork().equals(Optional.of(each)))
                .sorted()
                .flatMap(each -> mapping.backing(each).stream())
                .findFirst()
                .map(backing -> List.of(new NicSpec("VirtualVmxnet3", mac, backing, true)))
                .orElse(List.of());
    }
}
