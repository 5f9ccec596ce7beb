package io.tidemark.control.vpg;

import java.util.List;
import java.util.Optional;

/**
 * What to protect, and where to.
 *
 * @param name unique on both sites; 1 to 64 letters, digits, {@code . _ -}, beginning with a letter or digit
 * @param vms ids or names, at least one
 * @param recoverySite id or name of a paired site
 * @param recoveryHypervisor name of a hypervisor instance there; may be left out when it has only one that can recover
 */
public record CreateVpg(
        String name, List<String> vms, String recoverySite, Optional<String> recoveryHypervisor, VpgPolicy policy) {
    public CreateVpg {
        vms = List.copyOf(vms);
    }
}
