package io.tidemark.hypervisor.sim;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.ProviderContract;

/** The simulated hypervisor keeps {@link ProviderContract}. */
final class SimProviderContractTest extends ProviderContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return new SimSubject();
    }
}
