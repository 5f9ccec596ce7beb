package io.tidemark.hypervisor.sim;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.PowerState;

/** The power buttons of the simulated VMs. */
final class SimCompute implements Compute {
    private final SimulatedHost host;

    SimCompute(SimulatedHost host) {
        this.host = host;
    }

    @Override
    public PowerState power(VmId vm, Deadline deadline) throws ProviderException {
        return reach(vm, deadline).record().power();
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        reach(vm, deadline).start();
    }

    /** The guest has nothing in memory that is not on its disks, so that it is down at once. */
    @Override
    public void shutDown(VmId vm, Deadline deadline) throws ProviderException {
        reach(vm, deadline).powerOff("the guest shut down");
    }

    @Override
    public void powerOff(VmId vm, Deadline deadline) throws ProviderException {
        reach(vm, deadline).powerOff("the VM was powered off");
    }

    private SimulatedVm reach(VmId vm, Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
        return host.require(vm);
    }
}
