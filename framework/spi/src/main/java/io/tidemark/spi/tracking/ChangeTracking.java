package io.tidemark.spi.tracking;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.util.List;

/** Facet: freezes VMs and tells what changed between two freezes. The host uses it where there is no capture of writes. */
public interface ChangeTracking {
    /**
     * Freezes the given volumes of a VM, running or off, all at the same moment. What an earlier, crashed host process left frozen of this
     * VM is released by this call; so there is never more than one freeze point of ours per VM. Switches tracking on where it is off.
     *
     * @throws ProviderException {@code CONFLICT} when somebody else's work on the VM forbids it now; {@code REJECTED} for a VM or volume
     *     that cannot be tracked, with the reason
     */
    FreezePoint freeze(VmId vm, List<VolumeId> volumes, Deadline deadline) throws ProviderException;

    /** Releases what is frozen of a VM, when its protection ends, and leaves nothing of ours behind. Does nothing when the VM is gone. */
    void forget(VmId vm, Deadline deadline) throws ProviderException;

    /**
     * The shortest time between two freezes of one VM that the hypervisor bears well; the host asks no more often. It shows this as the
     * recovery point that can be expected.
     */
    Duration shortestInterval();
}
