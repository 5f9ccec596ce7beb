package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.PowerState;

/** Guards the power of VMs. */
final class GuardedCompute implements Compute {
    private final Compute inner;
    private final Guard guard;

    GuardedCompute(Compute inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public PowerState power(VmId vm, Deadline deadline) throws ProviderException {
        Guard.argument("vm", vm);
        return guard.call("Compute.power", deadline, () -> inner.power(vm, deadline));
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        Guard.argument("vm", vm);
        guard.run("Compute.start", deadline, () -> inner.start(vm, deadline));
    }

    @Override
    public void shutDown(VmId vm, Deadline deadline) throws ProviderException {
        Guard.argument("vm", vm);
        guard.run("Compute.shutDown", deadline, () -> inner.shutDown(vm, deadline));
    }

    @Override
    public void powerOff(VmId vm, Deadline deadline) throws ProviderException {
        Guard.argument("vm", vm);
        guard.run("Compute.powerOff", deadline, () -> inner.powerOff(vm, deadline));
    }
}
