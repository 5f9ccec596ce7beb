package io.tidemark.hypervisor.vsphere;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.VolumeReaderContract;

final class VsphereVolumeReaderContractTest extends VolumeReaderContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return VsphereSubject.make();
    }
}
