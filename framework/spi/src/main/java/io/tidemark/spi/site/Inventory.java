package io.tidemark.spi.site;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.util.List;
import java.util.Optional;

/** The VMs of a site as they are now. */
public interface Inventory {
    /** All VMs, in name order. */
    List<VmDescription> list(Deadline deadline) throws ProviderException;

    /** One VM; empty when the hypervisor positively does not have it (unreachable is an exception, never empty). */
    Optional<VmDescription> find(VmId vm, Deadline deadline) throws ProviderException;
}
