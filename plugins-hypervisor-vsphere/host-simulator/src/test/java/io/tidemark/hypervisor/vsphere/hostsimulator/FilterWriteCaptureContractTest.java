package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.WriteCaptureContract;

/** What {@code FilterClient} offers suffices for {@link WriteCaptureContract}. */
final class FilterWriteCaptureContractTest extends WriteCaptureContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return new FilterSubject();
    }
}
