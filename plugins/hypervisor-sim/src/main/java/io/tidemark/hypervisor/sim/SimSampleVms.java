package io.tidemark.hypervisor.sim;

import io.tidemark.hypervisor.sim.VmRecord.DiskRecord;
import io.tidemark.hypervisor.sim.VmRecord.Origin;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription.NicDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** Makes simulated VMs with a ledger on each disk. */
final class SimSampleVms implements SampleVms {
    private static final String NETWORK = "sim-production";
    private static final long MEMORY_BYTES = 256L << 20;
    private static final long LEAST_DISK_BYTES = 8L << 20;
    private static final long DISK_UNIT_BYTES = 1L << 20;
    private static final int MOST_DISKS = 26;

    private final SimulatedHost host;

    SimSampleVms(SimulatedHost host) {
        this.host = host;
    }

    @Override
    public SampleVm create(SampleVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
        requireFit(spec);
        UUID id = UUID.randomUUID();
        List<DiskRecord> disks = new ArrayList<>();
        for (long sizeBytes : spec.diskSizesBytes()) {
            disks.add(new DiskRecord("vd" + (char) ('a' + disks.size()), sizeBytes, Optional.empty()));
        }
        NicDescription nic = new NicDescription(macOf(id), NETWORK, "virtio");
        SimulatedVm vm = host.create(new VmRecord(
                new VmId(id.toString()),
                spec.name(),
                PowerState.OFF,
                MEMORY_BYTES,
                1,
                Origin.SAMPLE,
                operation,
                disks,
                List.of(nic)));
        vm.start();
        return connect(vm.id(), deadline);
    }

    @Override
    public SampleVm connect(VmId vm, Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
        SimulatedVm running = host.require(vm);
        running.program();
        return new SimConsole(host, running);
    }

    @Override
    public void removeAll(OperationId operation, Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
        for (SimulatedVm vm : host.vms()) {
            if (vm.record().origin() == Origin.SAMPLE && vm.record().operation().equals(operation)) {
                host.remove(vm);
            }
        }
    }

    private static void requireFit(SampleVmSpec spec) throws ProviderException {
        String happened = "Sample VM '" + spec.name() + "' was not created";
        if (spec.name().isBlank()) {
            throw Refusal.unfit(happened, "its name is blank");
        }
        int disks = spec.diskSizesBytes().size();
        if (disks < 1 || disks > MOST_DISKS) {
            throw Refusal.unfit(happened, "it has " + disks + " disks, but 1 to " + MOST_DISKS + " are possible");
        }
        for (long sizeBytes : spec.diskSizesBytes()) {
            if (sizeBytes < LEAST_DISK_BYTES || sizeBytes % DISK_UNIT_BYTES != 0) {
                throw Refusal.unfit(
                        happened, "a disk of " + sizeBytes + " bytes is not a multiple of 1 MiB of at least 8 MiB");
            }
        }
    }

    /** In the range that QEMU uses, so that it looks familiar. */
    private static String macOf(UUID id) {
        long bits = id.getLeastSignificantBits();
        return String.format(Locale.ROOT, "52:54:00:%02x:%02x:%02x", bits >> 16 & 0xff, bits >> 8 & 0xff, bits & 0xff);
    }
}
