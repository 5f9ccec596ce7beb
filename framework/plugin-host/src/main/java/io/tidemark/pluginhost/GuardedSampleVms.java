package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;

/** Guards the making of sample VMs. */
final class GuardedSampleVms implements SampleVms {
    private final SampleVms inner;
    private final Guard guard;

    GuardedSampleVms(SampleVms inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public SampleVm create(SampleVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        Guard.argument("spec", spec);
        Guard.argument("operation", operation);
        return guarded(guard.call("SampleVms.create", deadline, () -> inner.create(spec, operation, deadline)));
    }

    @Override
    public SampleVm connect(VmId vm, Deadline deadline) throws ProviderException {
        Guard.argument("vm", vm);
        return guarded(guard.call("SampleVms.connect", deadline, () -> inner.connect(vm, deadline)));
    }

    @Override
    public void removeAll(OperationId operation, Deadline deadline) throws ProviderException {
        Guard.argument("operation", operation);
        guard.run("SampleVms.removeAll", deadline, () -> inner.removeAll(operation, deadline));
    }

    private SampleVm guarded(SampleVm vm) throws ProviderException {
        return new GuardedSampleVm(vm, guard);
    }
}
