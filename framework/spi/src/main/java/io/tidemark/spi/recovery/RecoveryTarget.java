package io.tidemark.spi.recovery;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.util.List;
import java.util.function.DoubleConsumer;

/**
 * Facet: runs recovered VMs. Every call is idempotent by operation: repeated after a crash it finds what it made before.
 *
 * <p>Life of a recovered VM: {@code create → start → (promote | discard)}; {@code discard} is lawful at any time before promote ended.
 */
public interface RecoveryTarget {
    /** Defines the VM, powered off, with its disks on the given block exports. Tagged with the operation. */
    VmId create(RecoveryVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException;

    /** Starts it. Returns once the hypervisor runs the guest; the guest may still be booting. */
    void start(VmId vm, Deadline deadline) throws ProviderException;

    /**
     * Copies the VM's disks to storage of the target while it runs, and lets go of the block exports. Afterwards the VM is an ordinary
     * VM of the site and no longer removed by {@link #discard}. Resumable: a second call goes on or starts over.
     *
     * @param progress takes values from 0 to 1
     */
    void promote(VmId vm, OperationId operation, DoubleConsumer progress, Deadline deadline) throws ProviderException;

    /** Removes every VM, disk and file that was made for the operation and not promoted. Nothing is left behind; nothing else is touched. */
    void discard(OperationId operation, Deadline deadline) throws ProviderException;

    /** VMs that exist for the operation, promoted or not. */
    List<VmId> list(OperationId operation, Deadline deadline) throws ProviderException;
}
