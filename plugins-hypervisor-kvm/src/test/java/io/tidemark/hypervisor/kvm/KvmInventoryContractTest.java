package io.tidemark.hypervisor.kvm;

import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.InventoryContract;

/** The real hypervisor keeps {@link InventoryContract}. */
final class KvmInventoryContractTest extends InventoryContract {
    @Override
    protected HypervisorSubject makeSubject() throws Exception {
        return KvmSubject.make();
    }
}
