package io.tidemark.control.vm;

import java.util.List;

/**
 * All VMs that could be asked for.
 *
 * @param vms in name order
 * @param unavailable hypervisors that did not answer; their VMs are missing from the list, which says nothing about them
 */
public record VmInventory(List<VmView> vms, List<Unavailable> unavailable) {
    public VmInventory {
        vms = List.copyOf(vms);
        unavailable = List.copyOf(unavailable);
    }

    /**
     * A hypervisor that did not answer.
     *
     * @param reason what happened, why, and what to do
     */
    public record Unavailable(String hypervisor, String reason) {}
}
