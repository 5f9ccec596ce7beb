package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.id.VolumeId;

/**
 * One captured volume: what QEMU mirrors it to.
 *
 * @param disk guest-side position, as libvirt's block calls name a disk
 * @param alias libvirt's name of the guest's device
 * @param storageNode QEMU's node that holds the connection to the export
 */
record CapturedVolume(
        VolumeId id, String disk, String alias, CaptureDevice device, BlockExport export, String storageNode) {

    /** Whether QEMU let go of the export: its block job has ended, however that came. */
    boolean disconnected() {
        return export.connections() == 0;
    }
}
