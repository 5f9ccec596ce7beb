package io.tidemark.hypervisor.kvm;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.VolumeReaderContract;

/** The real hypervisor keeps {@link VolumeReaderContract}. */
final class KvmVolumeReaderContractTest extends VolumeReaderContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return KvmSubject.make();
    }
}
