package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription.NicDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What outlives the process about one VM, besides its disks.
 *
 * @param power {@code RUNNING} or {@code OFF}
 * @param operation what the VM was made for
 */
record VmRecord(
        VmId id,
        String name,
        PowerState power,
        long memoryBytes,
        int processors,
        Origin origin,
        OperationId operation,
        List<DiskRecord> disks,
        List<NicDescription> nics) {
    VmRecord {
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
    }

    /** Why the VM exists; decides who may remove it. */
    enum Origin {
        SAMPLE,
        RECOVERED,
        PROMOTED
    }

    /**
     * One disk.
     *
     * @param source the block export that holds the contents; empty when they are in a file of the VM's folder
     */
    record DiskRecord(String device, long sizeBytes, Optional<BlockAddress.UnixSocket> source) {}

    VolumeId volume(int disk) {
        return new VolumeId(id + "/" + disks.get(disk).device());
    }

    VmRecord withPower(PowerState changed) {
        return new VmRecord(id, name, changed, memoryBytes, processors, origin, operation, disks, nics);
    }

    VmRecord withDisk(int index, DiskRecord changed) {
        List<DiskRecord> changedDisks = new ArrayList<>(disks);
        changedDisks.set(index, changed);
        return new VmRecord(id, name, power, memoryBytes, processors, origin, operation, changedDisks, nics);
    }

    /** The same VM with all its disks in files. */
    VmRecord promoted() {
        List<DiskRecord> own = disks.stream()
                .map(disk -> new DiskRecord(disk.device(), disk.sizeBytes(), Optional.empty()))
                .toList();
        return new VmRecord(id, name, power, memoryBytes, processors, Origin.PROMOTED, operation, own, nics);
    }
}
