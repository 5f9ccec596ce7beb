package io.tidemark.hypervisor.vsphere.inventory;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.site.VmDescription;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The VMs of one vCenter, in Tidemark's words. */
public final class VsphereInventory implements Inventory {
    private final InventoryFeed feed;

    public VsphereInventory(InventoryFeed feed) {
        this.feed = feed;
    }

    @Override
    public List<VmDescription> list(Deadline deadline) throws ProviderException {
        return feed.current(deadline).vms().stream()
                .map(VsphereVm::describe)
                .sorted(Comparator.comparing(VmDescription::name))
                .toList();
    }

    @Override
    public Optional<VmDescription> find(VmId vm, Deadline deadline) throws ProviderException {
        return feed.current(deadline).vm(vm).map(VsphereVm::describe);
    }

    /** The VM, or a refusal that names what was to be done with it. */
    public VsphereVm require(VmId vm, String happened, Deadline deadline) throws ProviderException {
        return feed.current(deadline)
                .vm(vm)
                .orElseThrow(() -> new ProviderException(
                        FailureKind.REJECTED,
                        happened,
                        "the vCenter has no VM with the instance UUID " + vm,
                        "List the VMs of the site and choose one of them."));
    }

    /** All objects as they are now. */
    public Topology topology(Deadline deadline) throws ProviderException {
        return feed.current(deadline);
    }
}
