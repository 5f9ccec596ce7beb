package io.tidemark.hypervisor.kvm;

import org.libvirt.Domain;
import org.libvirt.Domain.BlockCopyFlags;
import org.libvirt.LibvirtException;
import org.libvirt.TypedParameter;
import org.libvirt.TypedUintParameter;

/** Starts QEMU's mirror job on a disk through virDomainBlockCopy. */
final class BlockCopy {
    /**
     * Grain of the job's own bookkeeping while it copies; QEMU's default for raw targets. It is named because the Java binding
     * (0.5.4) fails on an empty list of parameters.
     */
    private static final TypedParameter[] PARAMETERS = {new TypedUintParameter("granularity", PendingZeroes.CHUNK_BYTES)
    };

    private BlockCopy() {}

    /**
     * Copies the disk to the target and mirrors each write of the guest to both before it is acknowledged, until aborted.
     *
     * @param target a {@code <disk>} document
     */
    static void start(Domain domain, String disk, String target) throws LibvirtException {
        // Transient: libvirt then takes it for persistent domains too; it ends with the QEMU process, as everything
        // here does.
        domain.blockCopy(disk, target, PARAMETERS, BlockCopyFlags.TRANSIENT_JOB | BlockCopyFlags.SYNCHRONOUS_WRITES);
    }
}
