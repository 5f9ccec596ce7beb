package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import java.util.List;
import java.util.function.DoubleConsumer;

/** Guards a recovery target; progress outside of 0 to 1 never reaches the host. */
final class GuardedRecoveryTarget implements RecoveryTarget {
    private final RecoveryTarget inner;
    private final Guard guard;

    GuardedRecoveryTarget(RecoveryTarget inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public VmId create(RecoveryVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        Guard.argument("spec", spec);
        Guard.argument("operation", operation);
        return guard.call("RecoveryTarget.create", deadline, () -> inner.create(spec, operation, deadline));
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        Guard.argument("vm", vm);
        guard.run("RecoveryTarget.start", deadline, () -> inner.start(vm, deadline));
    }

    @Override
    public void promote(VmId vm, OperationId operation, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        Guard.argument("vm", vm);
        Guard.argument("operation", operation);
        guard.run(
                "RecoveryTarget.promote",
                deadline,
                () -> inner.promote(vm, operation, Guard.bounded(progress), deadline));
    }

    @Override
    public void discard(OperationId operation, Deadline deadline) throws ProviderException {
        Guard.argument("operation", operation);
        guard.run("RecoveryTarget.discard", deadline, () -> inner.discard(operation, deadline));
    }

    @Override
    public List<VmId> list(OperationId operation, Deadline deadline) throws ProviderException {
        Guard.argument("operation", operation);
        return guard.call("RecoveryTarget.list", deadline, () -> List.copyOf(inner.list(operation, deadline)));
    }
}
