package io.tidemark.hypervisor.sim;

import io.tidemark.tck.hypervisor.ComputeContract;
import io.tidemark.tck.hypervisor.HypervisorSubject;

/** The simulated hypervisor keeps {@link ComputeContract}. */
final class SimComputeContractTest extends ComputeContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return new SimSubject();
    }
}
