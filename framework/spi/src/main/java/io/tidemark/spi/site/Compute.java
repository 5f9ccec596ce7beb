package io.tidemark.spi.site;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;

/** Power of the site's own VMs, protected or recovered. */
public interface Compute {
    PowerState power(VmId vm, Deadline deadline) throws ProviderException;

    /** Starts a VM that is off; does nothing to a running one. */
    void start(VmId vm, Deadline deadline) throws ProviderException;

    /** Asks the guest to shut down and returns when the VM is off. Does nothing to one that is off. */
    void shutDown(VmId vm, Deadline deadline) throws ProviderException;

    /** Cuts the power. Does nothing to a VM that is off. */
    void powerOff(VmId vm, Deadline deadline) throws ProviderException;
}
