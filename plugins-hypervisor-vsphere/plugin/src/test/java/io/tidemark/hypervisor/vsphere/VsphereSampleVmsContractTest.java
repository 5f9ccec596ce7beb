package io.tidemark.hypervisor.vsphere;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.SampleVmsContract;

final class VsphereSampleVmsContractTest extends SampleVmsContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return VsphereSubject.make();
    }
}
