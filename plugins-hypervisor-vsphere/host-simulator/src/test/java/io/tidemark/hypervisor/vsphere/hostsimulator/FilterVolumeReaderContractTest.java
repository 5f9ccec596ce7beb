package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.VolumeReaderContract;

/** What {@code FilterClient} offers suffices for {@link VolumeReaderContract}. */
final class FilterVolumeReaderContractTest extends VolumeReaderContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return new FilterSubject();
    }
}
