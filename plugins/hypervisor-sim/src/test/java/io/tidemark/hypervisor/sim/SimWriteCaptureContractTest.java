package io.tidemark.hypervisor.sim;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.WriteCaptureContract;

/** The simulated hypervisor keeps {@link WriteCaptureContract}. */
final class SimWriteCaptureContractTest extends WriteCaptureContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return new SimSubject();
    }
}
