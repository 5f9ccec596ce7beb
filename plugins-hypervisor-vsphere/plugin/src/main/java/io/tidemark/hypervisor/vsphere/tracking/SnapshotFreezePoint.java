package io.tidemark.hypervisor.vsphere.tracking;

import io.tidemark.hypervisor.vsphere.inventory.Topology;
import io.tidemark.hypervisor.vsphere.inventory.VirtualDrive;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.VimFault;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.tracking.ChangeToken;
import io.tidemark.spi.tracking.FreezePoint;
import io.tidemark.spi.tracking.VolumeChanges;
import io.tidemark.spi.tracking.VolumeChanges.Basis;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A VM's disks in one snapshot. Any thread. */
final class SnapshotFreezePoint implements FreezePoint {
    private final VsphereChangeTracking owner;
    private final SnapshotReader reader;
    private final VsphereVm vm;
    private final MoRef snapshot;
    private final Topology topology;
    private final List<VirtualDrive> drives;
    private final Instant takenAt;
    private final AtomicBoolean released = new AtomicBoolean();

    SnapshotFreezePoint(
            VsphereChangeTracking owner,
            SnapshotReader reader,
            VsphereVm vm,
            MoRef snapshot,
            Topology topology,
            List<VirtualDrive> drives,
            Instant takenAt) {
        this.owner = owner;
        this.reader = reader;
        this.vm = vm;
        this.snapshot = snapshot;
        this.topology = topology;
        this.drives = drives;
        this.takenAt = takenAt;
    }

    /** Whether the snapshot tells a change id of each volume. */
    boolean tracks(List<VolumeId> volumes) {
        return volumes.stream()
                .allMatch(volume -> find(volume).flatMap(VirtualDrive::changeId).isPresent());
    }

    private Optional<VirtualDrive> find(VolumeId volume) {
        return drives.stream()
                .filter(each -> each.volume(vm.id()).equals(volume))
                .findFirst();
    }

    private VirtualDrive require(VolumeId volume) throws ProviderException {
        return find(volume).orElseThrow(() -> DiskAccess.noSuchVolume(volume));
    }

    @Override
    public Instant takenAt() {
        return takenAt;
    }

    @Override
    public ChangeToken token(VolumeId volume) {
        return find(volume)
                .flatMap(VirtualDrive::changeId)
                .map(ChangeToken::new)
                .orElseThrow(() -> new IllegalArgumentException(volume + " was not frozen here"));
    }

    @Override
    public VolumeChanges changes(VolumeId volume, Optional<ChangeToken> since, Deadline deadline)
            throws ProviderException {
        VirtualDrive drive = require(volume);
        if (since.isEmpty()) {
            return whole(drive, "", deadline);
        }
        if (!tracking(since.get().value()).equals(tracking(drive.changeId().orElse("")))) {
            return whole(drive, "changed-block tracking was reset since (another tracking id)", deadline);
        }
        try {
            return new VolumeChanges(
                    Basis.TOKEN,
                    "",
                    reader.changed(vm, snapshot, drive, since.get().value(), deadline));
        } catch (VimFault fault) {
            if (!cannotTell(fault)) {
                throw fault.toProviderException("Asking what changed on " + volume);
            }
            return whole(drive, "the vCenter cannot tell what changed since (" + fault.getMessage() + ")", deadline);
        }
    }

    /** A change id is the id of a run of tracking, a slash, and a number. */
    private static String tracking(String changeId) {
        int slash = changeId.lastIndexOf('/');
        return slash < 0 ? changeId : changeId.substring(0, slash);
    }

    private static boolean cannotTell(VimFault fault) {
        return fault.is("FileFault")
                || fault.is("InvalidArgument")
                || fault.is("NotFound")
                || fault.is("FileNotFound")
                || fault.is("NotSupported");
    }

    private VolumeChanges whole(VirtualDrive drive, String reason, Deadline deadline) throws ProviderException {
        try {
            return new VolumeChanges(
                    Basis.BLANK_VOLUME,
                    reason,
                    reader.changed(vm, snapshot, drive, SnapshotReader.ALLOCATED, deadline));
        } catch (VimFault fault) {
            if (!cannotTell(fault)) {
                throw fault.toProviderException("Asking what is allocated on " + drive.volume(vm.id()));
            }
            // Some datastores (NFS) do not know what is allocated: then all of it may be.
            BlockExtent all = new BlockExtent(0, drive.sizeBytes(), BlockExtent.Content.DATA);
            return new VolumeChanges(Basis.BLANK_VOLUME, reason, List.of(all));
        }
    }

    @Override
    public BlockDevice open(VolumeId volume, Deadline deadline) throws ProviderException {
        return reader.open(vm, require(volume), topology, deadline);
    }

    @Override
    public void release(Deadline deadline) throws ProviderException {
        if (released.get()) {
            return;
        }
        owner.remove(snapshot, vm.name(), deadline);
        released.set(true);
    }

    @Override
    public void close() {
        if (released.compareAndSet(false, true)) {
            owner.removeInTime(snapshot, vm.name());
        }
    }
}
