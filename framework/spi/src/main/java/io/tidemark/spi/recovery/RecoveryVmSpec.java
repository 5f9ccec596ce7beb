package io.tidemark.spi.recovery;

import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.site.VmDescription.NicDescription;
import io.tidemark.spi.site.VmHardware;
import java.util.List;

/**
 * A VM to bring back.
 *
 * @param name a name that is free on the target
 * @param disks in bus order; the first one boots unless the native definition says otherwise
 * @param nics as on the origin; a test network is the target's isolated one
 */
public record RecoveryVmSpec(
        String name, Purpose purpose, VmHardware hardware, List<RecoveryDisk> disks, List<NicDescription> nics) {
    public RecoveryVmSpec {
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
    }

    /** Why the VM is brought back; a test VM must not reach production networks. */
    public enum Purpose {
        TEST,
        LIVE
    }

    /**
     * One disk.
     *
     * @param device guest-side position on the origin, for example {@code vda}
     * @param source the checkpoint's contents; read-only where the target has {@code recovery.owns-scratch}, else writable scratch
     */
    public record RecoveryDisk(String device, long sizeBytes, BlockAddress.UnixSocket source) {}
}
