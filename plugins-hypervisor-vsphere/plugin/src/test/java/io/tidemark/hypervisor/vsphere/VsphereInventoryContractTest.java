package io.tidemark.hypervisor.vsphere;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.InventoryContract;

final class VsphereInventoryContractTest extends InventoryContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return VsphereSubject.make();
    }
}
