package io.tidemark.hypervisor.sim;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.VolumeReaderContract;

/** The simulated hypervisor keeps {@link VolumeReaderContract}. */
final class SimVolumeReaderContractTest extends VolumeReaderContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return new SimSubject();
    }
}
