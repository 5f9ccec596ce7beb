package io.tidemark.spi.sample;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;

/**
 * Facet: makes small VMs, as real as the site can run, each with a program inside that keeps a ledger on its disks and answers on the
 * VM's console.
 */
public interface SampleVms {
    /** Makes and starts a VM and returns once the program inside answers. */
    SampleVm create(SampleVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException;

    /** Reaches the program inside a running VM whose disks came from a sample VM, for example a recovered one. Waits until it answers. */
    SampleVm connect(VmId vm, Deadline deadline) throws ProviderException;

    /** Removes all VMs and files that were made for the operation. */
    void removeAll(OperationId operation, Deadline deadline) throws ProviderException;
}
