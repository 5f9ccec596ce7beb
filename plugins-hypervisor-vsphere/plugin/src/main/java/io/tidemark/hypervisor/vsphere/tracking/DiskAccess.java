package io.tidemark.hypervisor.vsphere.tracking;

import io.tidemark.hypervisor.vsphere.datastore.DatastoreFiles;
import io.tidemark.hypervisor.vsphere.datastore.DatastorePath;
import io.tidemark.hypervisor.vsphere.datastore.FlatDisk;
import io.tidemark.hypervisor.vsphere.inventory.Topology;
import io.tidemark.hypervisor.vsphere.inventory.VirtualDrive;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;

/** Opens the files of VMs' disks. */
final class DiskAccess {
    private final VimSession session;

    DiskAccess(VimSession session) {
        this.session = session;
    }

    /** @param drive names the file; of the VM as it is, or as a snapshot has it */
    BlockDevice open(VsphereVm vm, VirtualDrive drive, Topology topology, Deadline deadline) throws ProviderException {
        DatastorePath descriptor = DatastorePath.parse(drive.fileName())
                .orElseThrow(() -> new ProviderException(
                        FailureKind.UNSUPPORTED,
                        "Disk " + drive.volume(vm.id()) + " cannot be read",
                        "'" + drive.fileName() + "' is no datastore path",
                        "Report this with the VM's settings."));
        MoRef datacenter = topology.datacenterOf(vm)
                .orElseThrow(() -> new ProviderException(
                        FailureKind.RETRY_LATER,
                        "Disk " + drive.volume(vm.id()) + " cannot be read",
                        "the vCenter names no data centre for the VM's datastores",
                        "See whether Tidemark's user may see the datastores."));
        DatastoreFiles files = new DatastoreFiles(session, topology.path(datacenter), datacenter);
        return FlatDisk.open(files, descriptor, deadline);
    }

    static ProviderException noSuchVolume(VolumeId volume) {
        return new ProviderException(
                FailureKind.REJECTED,
                "Volume " + volume + " could not be opened",
                "the vCenter has no such disk, or it is one that cannot be protected",
                "List the VM's volumes and choose among them.");
    }
}
