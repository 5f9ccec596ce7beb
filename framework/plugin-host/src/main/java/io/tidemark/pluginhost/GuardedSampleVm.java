package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;

/** Guards the console of a sample VM. */
final class GuardedSampleVm implements SampleVm {
    private final SampleVm inner;
    private final Guard guard;
    private final VmId id;

    GuardedSampleVm(SampleVm inner, Guard guard) throws ProviderException {
        this.inner = inner;
        this.guard = guard;
        this.id = guard.ask("SampleVm.id", inner::id);
    }

    @Override
    public VmId id() {
        return id;
    }

    @Override
    public void append(int disk, long number, Deadline deadline) throws ProviderException {
        disk(disk);
        if (number < 1) {
            throw new IllegalArgumentException("ledger entries start at 1, got " + number);
        }
        guard.run("SampleVm.append", deadline, () -> inner.append(disk, number, deadline));
    }

    @Override
    public void scramble(int disk, Deadline deadline) throws ProviderException {
        disk(disk);
        guard.run("SampleVm.scramble", deadline, () -> inner.scramble(disk, deadline));
    }

    @Override
    public void sync(Deadline deadline) throws ProviderException {
        guard.run("SampleVm.sync", deadline, () -> inner.sync(deadline));
    }

    @Override
    public LedgerReport report(int disk, Deadline deadline) throws ProviderException {
        disk(disk);
        return guard.call("SampleVm.report", deadline, () -> inner.report(disk, deadline));
    }

    @Override
    public void close() {
        guard.quietly("SampleVm.close", inner::close);
    }

    private static void disk(int disk) {
        if (disk < 0) {
            throw new IllegalArgumentException("disks are counted from 0, got " + disk);
        }
    }
}
