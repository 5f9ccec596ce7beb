package io.tidemark.hypervisor.vsphere;

import io.tidemark.tck.hypervisor.ChangeTrackingContract;
import io.tidemark.tck.hypervisor.HypervisorSubject;

final class VsphereChangeTrackingContractTest extends ChangeTrackingContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        // Answers in pieces, as a real vCenter gives them for fragmented disks.
        return VsphereSubject.make("-areas-per-call", "2");
    }
}
