package io.tidemark.hypervisor.vsphere.tracking;

import io.tidemark.hypervisor.vsphere.inventory.Topology;
import io.tidemark.hypervisor.vsphere.inventory.VirtualDrive;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.Properties;
import io.tidemark.hypervisor.vsphere.vim.VimFault;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads snapshots: their disks, and the areas that changed. */
final class SnapshotReader {
    static final String ALLOCATED = "*";

    private final VimSession session;
    private final DiskAccess disks;

    SnapshotReader(VimSession session) {
        this.session = session;
        this.disks = new DiskAccess(session);
    }

    /** The drives as the snapshot keeps them. */
    List<VirtualDrive> drives(MoRef snapshot, Deadline deadline) throws ProviderException {
        String what = "Reading a snapshot";
        try {
            for (Properties.Read read :
                    Properties.of(session, List.of(snapshot), List.of("config.hardware"), deadline)) {
                Optional<XmlNode> hardware = read.value("config.hardware");
                if (hardware.isPresent()) {
                    return VirtualDrive.all(hardware.get());
                }
            }
        } catch (VimFault fault) {
            throw fault.toProviderException(what);
        }
        throw new ProviderException(
                FailureKind.RETRY_LATER,
                what + " failed",
                "the snapshot is gone, or tells no hardware",
                "Somebody may have removed it; it is taken anew next time.");
    }

    BlockDevice open(VsphereVm vm, VirtualDrive frozen, Topology topology, Deadline deadline) throws ProviderException {
        return disks.open(vm, frozen, topology, deadline);
    }

    /**
     * All areas that changed since a change id, in order.
     *
     * @throws VimFault when the vCenter cannot tell: the change id is of no use, or tracking is broken
     */
    List<BlockExtent> changed(VsphereVm vm, MoRef snapshot, VirtualDrive drive, String changeId, Deadline deadline)
            throws ProviderException, VimFault {
        String what = "Asking what changed on " + drive.volume(vm.id());
        List<BlockExtent> extents = new ArrayList<>();
        long at = 0;
        while (at < drive.sizeBytes()) {
            long from = at;
            XmlNode info = session.read(
                            what,
                            "QueryChangedDiskAreas",
                            vm.ref(),
                            body -> body.ref("snapshot", snapshot)
                                    .text("deviceKey", drive.key())
                                    .text("startOffset", from)
                                    .text("changeId", changeId),
                            deadline)
                    .child("returnval")
                    .orElseThrow(() -> noProgress(what, from));
            for (XmlNode area : info.children("changedArea")) {
                add(
                        extents,
                        area.number("start").orElse(-1),
                        area.number("length").orElse(0),
                        drive.sizeBytes());
            }
            at = info.number("startOffset").orElse(0) + info.number("length").orElse(0);
            if (at <= from) {
                throw noProgress(what, from);
            }
        }
        return extents;
    }

    /** Areas are rounded up and may reach beyond the disk's end. */
    private static void add(List<BlockExtent> extents, long start, long lengthBytes, long sizeBytes) {
        long end = Math.min(start + lengthBytes, sizeBytes);
        long begin = start;
        if (begin < 0 || begin >= end) {
            return;
        }
        if (!extents.isEmpty() && extents.getLast().endOffset() >= begin) {
            BlockExtent last = extents.removeLast();
            begin = last.offset();
            end = Math.max(end, last.endOffset());
        }
        extents.add(new BlockExtent(begin, end - begin, BlockExtent.Content.DATA));
    }

    private static ProviderException noProgress(String what, long at) {
        return new ProviderException(
                FailureKind.BUG,
                what + " failed",
                "the vCenter's answer from offset " + at + " covers nothing",
                "Report this with the version of the vCenter.");
    }
}
