package io.tidemark.hypervisor.vsphere;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.ProviderContract;

final class VsphereProviderContractTest extends ProviderContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return VsphereSubject.make();
    }
}
