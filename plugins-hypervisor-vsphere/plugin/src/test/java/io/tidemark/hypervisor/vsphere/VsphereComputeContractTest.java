package io.tidemark.hypervisor.vsphere;

import io.tidemark.tck.hypervisor.ComputeContract;
import io.tidemark.tck.hypervisor.HypervisorSubject;

final class VsphereComputeContractTest extends ComputeContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return VsphereSubject.make();
    }
}
