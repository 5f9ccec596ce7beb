package io.tidemark.hypervisor.kvm;

import io.tidemark.tck.hypervisor.ComputeContract;
import io.tidemark.tck.hypervisor.HypervisorSubject;

/** The real hypervisor keeps {@link ComputeContract}. */
final class KvmComputeContractTest extends ComputeContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return KvmSubject.make();
    }
}
