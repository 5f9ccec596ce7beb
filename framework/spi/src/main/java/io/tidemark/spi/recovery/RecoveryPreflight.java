package io.tidemark.spi.recovery;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.site.VmHardware;
import java.util.List;
import java.util.Map;

/** Facet: tells what a recovery would run into, all of it at once, and changes nothing. */
public interface RecoveryPreflight {
    /**
     * Checks whether the VMs could be recovered now.
     *
     * @param vms may be empty: then only what every recovery needs is checked
     * @throws ProviderException when the target cannot be asked; what it says no to is a finding
     */
    PreflightReport check(List<PlannedVm> vms, Purpose purpose, Deadline deadline) throws ProviderException;

    /**
     * A VM that would be recovered.
     *
     * @param diskSizesBytes in bus order
     * @param placement see {@link RecoveryOrigin#placement()}
     */
    record PlannedVm(
            String name, VmHardware hardware, List<Long> diskSizesBytes, int nics, Map<String, String> placement) {
        public PlannedVm {
            diskSizesBytes = List.copyOf(diskSizesBytes);
            placement = Map.copyOf(placement);
        }
    }
}
