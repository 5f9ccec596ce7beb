package io.tidemark.hypervisor.vsphere.recovery;

import io.tidemark.hypervisor.vsphere.config.VsphereConfig;
import io.tidemark.hypervisor.vsphere.datastore.DatastoreFiles;
import io.tidemark.hypervisor.vsphere.datastore.DatastorePath;
import io.tidemark.hypervisor.vsphere.datastore.DeviceStream;
import io.tidemark.hypervisor.vsphere.datastore.Vmdk;
import io.tidemark.hypervisor.vsphere.inventory.Topology;
import io.tidemark.hypervisor.vsphere.inventory.VsphereInventory;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.DiskSpec;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.Slot;
import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.Tasks;
import io.tidemark.hypervisor.vsphere.vim.VimFault;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.plugin.Deadline;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/** Makes VMs of ours: their folder, the files of their disks, and the VM itself; and finds and removes what was made. */
public final class VmMaker {
    private static final String PREFIX = "tidemark-";
    private static final int MOST_NAME_CHARACTERS = 40;

    private final VsphereConfig config;
    private final VimSession session;
    private final VsphereInventory inventory;
    private final OwnerField ownerField;

    public VmMaker(VsphereConfig config, VimSession session, VsphereInventory inventory, Consumer<String> warnings) {
        this.config = config;
        this.session = session;
        this.inventory = inventory;
        this.ownerField = new OwnerField(session, warnings);
    }

    /** The instance UUID of the VM that an operation makes under a name: the same each time. */
    static UUID instanceUuid(OperationId operation, String name) {
        return UUID.nameUUIDFromBytes((operation + "/" + name).getBytes(StandardCharsets.UTF_8));
    }

    public Placement placement(Deadline deadline) throws ProviderException {
        return Placement.of(config, inventory.topology(deadline));
    }

    DatastoreFiles files(Placement placement) {
        return new DatastoreFiles(session, placement.datacenterPath(), placement.datacenter());
    }

    /** @throws ProviderException of kind {@code CONFLICT} when any VM or template has the name */
    void requireFree(String name, Deadline deadline) throws ProviderException {
        Topology topology = inventory.topology(deadline);
        if (topology.all("VirtualMachine").stream()
                .anyMatch(each -> topology.name(each).equals(name))) {
            throw taken(name);
        }
    }

    private static ProviderException taken(String name) {
        return new ProviderException(
                FailureKind.CONFLICT,
                "VM " + name + " was not made",
                "the vCenter has a VM of that name",
                "Choose another name, or remove that VM.");
    }

    /** The empty folder of a VM to be made; what an earlier attempt left there is removed. */
    DatastorePath makeFolder(Placement placement, OperationId operation, String name, Deadline deadline)
            throws ProviderException {
        String readable = name.replaceAll("[^A-Za-z0-9._-]", "_");
        String shortened = readable.substring(0, Math.min(MOST_NAME_CHARACTERS, readable.length()));
        String unique = instanceUuid(operation, name).toString().substring(0, 8);
        DatastorePath folder =
                new DatastorePath(placement.datastore(), PREFIX + operation + "-" + shortened + "-" + unique);
        DatastoreFiles files = files(placement);
        files.delete(folder, deadline);
        files.makeFolder(folder, deadline);
        return folder;
    }

    /** Writes a disk with the bytes of a device. */
    DiskSpec writeDisk(
            Placement placement, DatastorePath folder, String name, Slot slot, BlockDevice contents, Deadline deadline)
            throws ProviderException {
        long sizeBytes = contents.sizeBytes();
        if (sizeBytes % 1024 != 0) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "Disk " + name + " was not written",
                    "its size of " + sizeBytes + " bytes is no multiple of 1024, and vSphere has no such disks",
                    "Enlarge the disk at its origin to the next KiB.");
        }
        Vmdk disk = new Vmdk(sizeBytes, name + "-flat.vmdk");
        DatastoreFiles files = files(placement);
        files.write(folder.child(disk.flatName()), sizeBytes, () -> new DeviceStream(contents, read -> {}), deadline);
        DatastorePath descriptor = folder.child(name + ".vmdk");
        String adapter = slot.controllerType().equals("VirtualIDEController") ? "ide" : "lsilogic";
        UUID identity = UUID.nameUUIDFromBytes(descriptor.toString().getBytes(StandardCharsets.UTF_8));
        files.writeText(descriptor, disk.descriptor(adapter, identity), deadline);
        return new DiskSpec(slot, descriptor, sizeBytes);
    }

    /** Makes the VM, powered off. */
    void create(Placement placement, VmSpec spec, OwnerTag tag, Deadline deadline) throws ProviderException {
        String what = "Making VM " + spec.name();
        try {
            MoRef vm = Tasks.run(
                            session,
                            what,
                            "CreateVM_Task",
                            placement.folder(),
                            body -> body.element("config", spec::write).ref("pool", placement.pool()),
                            deadline)
                    .map(each -> each.asRef())
                    .orElseThrow(() -> new ProviderException(
                            FailureKind.BUG, what + " failed", "the vCenter named no VM", "Report this."));
            ownerField.set(vm, tag, deadline);
        } catch (VimFault fault) {
            if (fault.is("DuplicateName")) {
                throw taken(spec.name());
            }
            throw fault.toProviderException(what);
        }
    }

    /** Changes the tag of a VM of ours. */
    void retag(VsphereVm vm, OwnerTag tag, Deadline deadline) throws ProviderException {
        String what = "Marking VM " + vm.name();
        try {
            Tasks.run(
                    session,
                    what,
                    "ReconfigVM_Task",
                    vm.ref(),
                    body -> body.element("spec", spec -> tag.settings()
                            .forEach((key, value) ->
                                    spec.typed("extraConfig", "OptionValue", option -> option.text("key", key)
                                            .any("value", "string", value)))),
                    deadline);
            ownerField.set(vm.ref(), tag, deadline);
        } catch (VimFault fault) {
            throw fault.toProviderException(what);
        }
    }

    /** The VMs of an operation that are what is asked for. */
    public List<VsphereVm> tagged(OperationId operation, Set<OwnerTag.Role> roles, Deadline deadline)
            throws ProviderException {
        return inventory.topology(deadline).vms().stream()
                .filter(vm -> OwnerTag.of(vm)
                        .filter(tag -> tag.operation().equals(operation) && roles.contains(tag.role()))
                        .isPresent())
                .toList();
    }

    /** Removes the folders that were made for an operation and that no VM uses. */
    public void removeFolders(OperationId operation, Deadline deadline) throws ProviderException {
        Placement placement = placement(deadline);
        DatastoreFiles files = files(placement);
        DatastorePath root = new DatastorePath(placement.datastore(), "");
        List<String> found = files.list(placement.browser(), root, PREFIX + operation + "-*", deadline);
        if (found.isEmpty()) {
            return;
        }
        Set<String> used = foldersInUse(inventory.topology(deadline));
        for (String name : found) {
            DatastorePath folder = root.child(name);
            if (!used.contains(folder.toString())) {
                files.delete(folder, deadline);
            }
        }
    }

    /** Folders that any VM or template has files in. A VM whose files are not known might use any. */
    private static Set<String> foldersInUse(Topology topology) throws ProviderException {
        Set<String> used = new HashSet<>();
        for (MoRef vm : topology.all("VirtualMachine")) {
            Optional<DatastorePath> vmx = DatastorePath.parse(topology.text(vm, "config.files.vmPathName"));
            if (vmx.isEmpty()) {
                throw new ProviderException(
                        FailureKind.RETRY_LATER,
                        "Folders of recovered VMs were not removed",
                        "the vCenter does not tell where the files of VM " + topology.name(vm) + " are",
                        "Bring that VM's host back, or remove it from the inventory.");
            }
            used.add(vmx.get().parent().toString());
        }
        for (VsphereVm vm : topology.vms()) {
            vm.drives().forEach(drive -> DatastorePath.parse(drive.fileName())
                    .ifPresent(file -> used.add(file.parent().toString())));
        }
        return used;
    }
}
