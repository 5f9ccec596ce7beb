package io.tidemark.control.vm;

import io.tidemark.control.ControlException;

/** The VMs of all open hypervisors of this site. */
public interface VirtualMachines {
    VmInventory list();

    /**
     * One VM by id or name.
     *
     * @throws ControlException {@code VM_NOT_FOUND}; {@code VM_NAME_AMBIGUOUS} with the ids to choose from
     */
    VmView get(String idOrName);
}
