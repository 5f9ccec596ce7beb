package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.tracking.FreezePoint;
import java.time.Duration;
import java.util.List;

/** Guards freezing. */
final class GuardedChangeTracking implements ChangeTracking {
    /** Safe for any hypervisor, when a plugin does not say. */
    private static final Duration LONG_INTERVAL = Duration.ofHours(1);

    private final ChangeTracking inner;
    private final Guard guard;

    GuardedChangeTracking(ChangeTracking inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public FreezePoint freeze(VmId vm, List<VolumeId> volumes, Deadline deadline) throws ProviderException {
        Guard.argument("vm", vm);
        List<VolumeId> copy = List.copyOf(Guard.argument("volumes", volumes));
        return new GuardedFreezePoint(
                guard.call("ChangeTracking.freeze", deadline, () -> inner.freeze(vm, copy, deadline)), guard);
    }

    @Override
    public void forget(VmId vm, Deadline deadline) throws ProviderException {
        Guard.argument("vm", vm);
        guard.run("ChangeTracking.forget", deadline, () -> inner.forget(vm, deadline));
    }

    @Override
    public Duration shortestInterval() {
        return guard.askOr("ChangeTracking.shortestInterval", LONG_INTERVAL, () -> {
            Duration said = inner.shortestInterval();
            if (said != null && !said.isPositive()) {
                throw new IllegalStateException("it returned " + said + ", which would freeze VMs without a pause");
            }
            return said;
        });
    }
}
