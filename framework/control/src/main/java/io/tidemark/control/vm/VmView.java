package io.tidemark.control.vm;

import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.site.VmDescription;
import java.util.List;
import java.util.Optional;

/**
 * A VM as it is now.
 *
 * @param hypervisor name of the instance that has it
 * @param vpgs VPGs of this site that protect it
 * @param recoveredBy the open recovery that made it, when it is a recovered VM
 */
public record VmView(
        String hypervisor, VmDescription description, List<VpgMembership> vpgs, Optional<OperationId> recoveredBy) {
    public VmView {
        vpgs = List.copyOf(vpgs);
    }

    /** One VPG that the VM is in. */
    public record VpgMembership(VpgId id, String name) {}
}
