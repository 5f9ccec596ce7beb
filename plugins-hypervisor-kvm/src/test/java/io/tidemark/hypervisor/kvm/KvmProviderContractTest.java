package io.tidemark.hypervisor.kvm;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.ProviderContract;

/** The real hypervisor keeps {@link ProviderContract}. */
final class KvmProviderContractTest extends ProviderContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return KvmSubject.make();
    }
}
