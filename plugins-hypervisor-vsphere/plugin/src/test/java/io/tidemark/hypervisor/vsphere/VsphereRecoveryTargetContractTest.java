package io.tidemark.hypervisor.vsphere;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.RecoveryTargetContract;

final class VsphereRecoveryTargetContractTest extends RecoveryTargetContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return VsphereSubject.make();
    }
}
