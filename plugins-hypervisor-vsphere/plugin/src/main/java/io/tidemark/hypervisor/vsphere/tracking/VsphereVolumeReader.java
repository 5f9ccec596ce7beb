package io.tidemark.hypervisor.vsphere.tracking;

import io.tidemark.hypervisor.vsphere.inventory.Topology;
import io.tidemark.hypervisor.vsphere.inventory.VirtualDrive;
import io.tidemark.hypervisor.vsphere.inventory.VsphereInventory;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.volume.VolumeReader;

/** Opens disks as they are now, by ranged download of their flat files. */
public final class VsphereVolumeReader implements VolumeReader {
    private final VsphereInventory inventory;
    private final DiskAccess disks;

    public VsphereVolumeReader(VimSession session, VsphereInventory inventory) {
        this.inventory = inventory;
        this.disks = new DiskAccess(session);
    }

    @Override
    public BlockDevice openLive(VolumeId volume, Deadline deadline) throws ProviderException {
        int slash = volume.value().indexOf('/');
        if (slash < 1) {
            throw DiskAccess.noSuchVolume(volume);
        }
        VmId id = new VmId(volume.value().substring(0, slash));
        Topology topology = inventory.topology(deadline);
        VsphereVm vm = topology.vm(id).orElseThrow(() -> DiskAccess.noSuchVolume(volume));
        VirtualDrive drive = vm.disks().stream()
                .filter(each -> each.volume(id).equals(volume))
                .findFirst()
                .orElseThrow(() -> DiskAccess.noSuchVolume(volume));
        return disks.open(vm, drive, topology, deadline);
    }
}
