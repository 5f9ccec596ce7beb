package io.tidemark.hypervisor.sim;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.RecoveryTargetContract;

/** The simulated hypervisor keeps {@link RecoveryTargetContract}. */
final class SimRecoveryTargetContractTest extends RecoveryTargetContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return new SimSubject();
    }
}
