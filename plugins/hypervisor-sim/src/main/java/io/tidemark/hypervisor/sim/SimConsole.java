package io.tidemark.hypervisor.sim;

import io.tidemark.guest.LedgerProgram;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;

/** A console of a simulated VM; any number may be open. */
final class SimConsole implements SampleVm {
    private final SimulatedHost host;
    private final SimulatedVm vm;
    private volatile boolean closed;

    SimConsole(SimulatedHost host, SimulatedVm vm) {
        this.host = host;
        this.vm = vm;
    }

    @Override
    public VmId id() {
        return vm.id();
    }

    @Override
    public void append(int disk, long number, Deadline deadline) throws ProviderException {
        program(deadline).append(disk, number);
    }

    @Override
    public void scramble(int disk, Deadline deadline) throws ProviderException {
        program(deadline).scramble(disk);
    }

    @Override
    public void sync(Deadline deadline) throws ProviderException {
        program(deadline).sync();
    }

    @Override
    public LedgerReport report(int disk, Deadline deadline) throws ProviderException {
        return program(deadline).report(disk);
    }

    @Override
    public void close() {
        closed = true;
    }

    private LedgerProgram program(Deadline deadline) throws ProviderException {
        if (closed) {
            throw Refusal.unfit("The console of VM " + vm.id() + " did nothing", "it was closed");
        }
        host.requireReachable(deadline);
        return vm.program();
    }
}
