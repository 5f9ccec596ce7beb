package io.tidemark.hypervisor.kvm;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.SampleVmsContract;

/** The real hypervisor keeps {@link SampleVmsContract}. */
final class KvmSampleVmsContractTest extends SampleVmsContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return KvmSubject.make();
    }
}
