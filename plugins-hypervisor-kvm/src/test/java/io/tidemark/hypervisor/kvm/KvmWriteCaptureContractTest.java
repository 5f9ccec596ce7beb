package io.tidemark.hypervisor.kvm;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.WriteCaptureContract;

/** The real hypervisor keeps {@link WriteCaptureContract}. */
final class KvmWriteCaptureContractTest extends WriteCaptureContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return KvmSubject.make();
    }
}
