package io.tidemark.hypervisor.sim;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.InventoryContract;

/** The simulated hypervisor keeps {@link InventoryContract}. */
final class SimInventoryContractTest extends InventoryContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return new SimSubject();
    }
}
