package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.site.VmDescription;
import java.util.List;
import java.util.Optional;

/** Guards an inventory: no VM twice, and the VM that was asked for. */
final class GuardedInventory implements Inventory {
    private final Inventory inner;
    private final Guard guard;

    GuardedInventory(Inventory inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public List<VmDescription> list(Deadline deadline) throws ProviderException {
        List<VmDescription> vms = guard.call("Inventory.list", deadline, () -> List.copyOf(inner.list(deadline)));
        if (vms.stream().map(VmDescription::id).distinct().count() != vms.size()) {
            throw guard.defect("Inventory.list", "it lists a VM twice", null);
        }
        return vms;
    }

    @Override
    public Optional<VmDescription> find(VmId vm, Deadline deadline) throws ProviderException {
        Guard.argument("vm", vm);
        Optional<VmDescription> found = guard.call("Inventory.find", deadline, () -> inner.find(vm, deadline));
        if (found.isPresent() && !found.get().id().equals(vm)) {
            throw guard.defect(
                    "Inventory.find",
                    "asked for " + vm + " it found " + found.get().id(),
                    null);
        }
        return found;
    }
}
