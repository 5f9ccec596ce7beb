package io.tidemark.hypervisor.sim;

import io.tidemark.hypervisor.sim.VmRecord.DiskRecord;
import io.tidemark.hypervisor.sim.VmRecord.Origin;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription.NicDescription;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.DoubleConsumer;

/**
 * Runs recovered VMs on the simulated host, their disks on the block exports that the request names. The operation is part of the VM's
 * record, so that its VMs are found again after a restart.
 */
final class SimRecoveryTarget implements RecoveryTarget {
    private static final String TEST_NETWORK = "sim-isolated";

    private final SimulatedHost host;

    SimRecoveryTarget(SimulatedHost host) {
        this.host = host;
    }

    @Override
    public VmId create(RecoveryVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
        requireFit(spec);
        for (SimulatedVm vm : made(operation)) {
            if (vm.record().name().equals(spec.name())) {
                requireSameDisks(vm, spec);
                vm.moveExports(spec.disks());
                return vm.id();
            }
        }
        return host.create(new VmRecord(
                        new VmId(UUID.randomUUID().toString()),
                        spec.name(),
                        PowerState.OFF,
                        spec.hardware().memoryBytes(),
                        spec.hardware().processors(),
                        Origin.RECOVERED,
                        operation,
                        spec.disks().stream().map(SimRecoveryTarget::record).toList(),
                        nics(spec)))
                .id();
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
        host.require(vm).start();
    }

    @Override
    public void promote(VmId vm, OperationId operation, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        host.requireReachable(deadline);
        SimulatedVm promoted = host.require(vm);
        if (!made(operation).contains(promoted)) {
            throw Refusal.unfit("VM " + vm + " was not promoted", "it was not made by operation " + operation);
        }
        if (promoted.record().origin() == Origin.PROMOTED) {
            progress.accept(1);
            return;
        }
        new Promotion(promoted, progress, deadline).run();
    }

    @Override
    public void discard(OperationId operation, Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
        for (SimulatedVm vm : made(operation)) {
            if (vm.record().origin() == Origin.RECOVERED) {
                host.remove(vm);
            }
        }
    }

    @Override
    public List<VmId> list(OperationId operation, Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
        return made(operation).stream().map(SimulatedVm::id).toList();
    }

    private List<SimulatedVm> made(OperationId operation) {
        return host.vms().stream()
                .filter(vm -> vm.record().origin() != Origin.SAMPLE
                        && vm.record().operation().equals(operation))
                .toList();
    }

    private static void requireFit(RecoveryVmSpec spec) throws ProviderException {
        String happened = "VM '" + spec.name() + "' was not created";
        if (spec.name().isBlank() || spec.disks().isEmpty()) {
            throw Refusal.unfit(happened, "it needs a name and a disk");
        }
        if (spec.disks().stream().map(RecoveryDisk::device).distinct().count()
                != spec.disks().size()) {
            throw Refusal.unfit(happened, "two of its disks have the same device name");
        }
    }

    private static void requireSameDisks(SimulatedVm vm, RecoveryVmSpec spec) throws ProviderException {
        List<String> made = vm.record().disks().stream()
                .map(disk -> disk.device() + ":" + disk.sizeBytes())
                .toList();
        List<String> asked = spec.disks().stream()
                .map(disk -> disk.device() + ":" + disk.sizeBytes())
                .toList();
        if (!made.equals(asked)) {
            throw Refusal.unfit(
                    "VM '" + spec.name() + "' was not created",
                    "the operation made it before with other disks: " + made + ", now " + asked);
        }
    }

    private static DiskRecord record(RecoveryDisk disk) {
        return new DiskRecord(disk.device(), disk.sizeBytes(), Optional.of(disk.source()));
    }

    private static List<NicDescription> nics(RecoveryVmSpec spec) {
        return spec.nics().stream()
                .map(nic ->
                        spec.purpose() == Purpose.TEST ? new NicDescription(nic.mac(), TEST_NETWORK, nic.model()) : nic)
                .toList();
    }
}
