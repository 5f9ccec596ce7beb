package io.tidemark.hypervisor.sim;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.site.VmDescription;
import java.util.List;
import java.util.Optional;

/** The VMs of the simulated host. */
final class SimInventory implements Inventory {
    private final SimulatedHost host;

    SimInventory(SimulatedHost host) {
        this.host = host;
    }

    @Override
    public List<VmDescription> list(Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
        return host.vms().stream().map(SimulatedVm::describe).toList();
    }

    @Override
    public Optional<VmDescription> find(VmId vm, Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
        return host.find(vm).map(SimulatedVm::describe);
    }
}
