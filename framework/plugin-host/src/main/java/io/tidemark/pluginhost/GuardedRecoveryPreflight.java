package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.PreflightReport;
import io.tidemark.spi.recovery.RecoveryPreflight;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import java.util.List;

/** Guards preflights. */
final class GuardedRecoveryPreflight implements RecoveryPreflight {
    private final RecoveryPreflight inner;
    private final Guard guard;

    GuardedRecoveryPreflight(RecoveryPreflight inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public PreflightReport check(List<PlannedVm> vms, Purpose purpose, Deadline deadline) throws ProviderException {
        List<PlannedVm> copy = List.copyOf(Guard.argument("vms", vms));
        Guard.argument("purpose", purpose);
        return guard.call("RecoveryPreflight.check", deadline, () -> inner.check(copy, purpose, deadline));
    }
}
