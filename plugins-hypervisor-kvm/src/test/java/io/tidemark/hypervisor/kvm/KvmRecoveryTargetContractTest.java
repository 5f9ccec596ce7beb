package io.tidemark.hypervisor.kvm;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.RecoveryTargetContract;

/** The real hypervisor keeps {@link RecoveryTargetContract}. */
final class KvmRecoveryTargetContractTest extends RecoveryTargetContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return KvmSubject.make();
    }
}
