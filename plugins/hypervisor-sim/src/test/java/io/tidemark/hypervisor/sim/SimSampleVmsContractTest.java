package io.tidemark.hypervisor.sim;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.SampleVmsContract;

/** The simulated hypervisor keeps {@link SampleVmsContract}. */
final class SimSampleVmsContractTest extends SampleVmsContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return new SimSubject();
    }
}
