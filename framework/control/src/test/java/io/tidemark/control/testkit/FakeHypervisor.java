package io.tidemark.control.testkit;

import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.RecoveryPreflight;
import io.tidemark.spi.recovery.RecoverySite;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VmDescription.NicDescription;
import io.tidemark.spi.site.VmDescription.SkippedDrive;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.site.VolumeDescription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleConsumer;

/** A hypervisor in memory: VMs, their power, and recovered VMs. Outlives the control plane. */
public final class FakeHypervisor implements RecoverySite, Inventory, Compute, RecoveryTarget {
    public final Failures failures = new Failures();
    private final Crashes crashes;
    private final Map<VmId, VmDescription> vms = new ConcurrentHashMap<>();
    private final Map<VmId, PowerState> power = new ConcurrentHashMap<>();
    private final Map<VmId, Made> made = new ConcurrentHashMap<>();
    private final Set<Capability> capabilities = ConcurrentHashMap.newKeySet();
    private final WriteCapture capture = (vm, volumes, sink, deadline) -> {
        throw new UnsupportedOperationException("nobody captures here: the data plane of these tests is a fake too");
    };

    /** What is staged here; seen by the control plane only after {@link #stages}. */
    public final FakeStaging staging;

    private volatile boolean stages;

    public FakeHypervisor(Crashes crashes) {
        this.crashes = crashes;
        this.staging = new FakeStaging(this, crashes);
    }

    /** From now on it has the facets of a target that stages. */
    public void stages() {
        stages = true;
    }

    @Override
    public Optional<PreStaging> preStaging() {
        return stages ? Optional.of(staging) : Optional.empty();
    }

    @Override
    public Optional<RecoveryPreflight> recoveryPreflight() {
        return stages ? Optional.of(staging) : Optional.empty();
    }

    /** A recovered VM. */
    public record Made(OperationId operation, RecoveryVmSpec spec, boolean promoted) {}

    /** Adds a running VM with disks of 1 MiB and a CD drive. */
    public VmId add(String id, String name, int disks) {
        VmId vm = new VmId(id);
        List<VolumeDescription> volumes = new ArrayList<>();
        for (int i = 0; i < disks; i++) {
            String device = "vd" + (char) ('a' + i);
            volumes.add(new VolumeDescription(new VolumeId(id + "/" + device), device, 1 << 20, "raw", "/" + id));
        }
        vms.put(
                vm,
                new VmDescription(
                        vm,
                        name,
                        PowerState.RUNNING,
                        new VmHardware(
                                1 << 28,
                                2,
                                Optional.of(new VmHardware.NativeDefinition("fake-xml", "<" + name + "/>"))),
                        volumes,
                        List.of(new SkippedDrive("sda", "CD/DVD drive: never protected")),
                        List.of(new NicDescription("52:54:00:00:00:01", "default", "virtio"))));
        power.put(vm, PowerState.RUNNING);
        return vm;
    }

    public void offers(Capability capability) {
        capabilities.add(capability);
    }

    /** Recovered VMs by name. */
    public Map<String, Made> made() {
        Map<String, Made> byName = new TreeMap<>();
        made.values().forEach(vm -> byName.put(vm.spec().name(), vm));
        return byName;
    }

    public PowerState power(String id) {
        return power.getOrDefault(new VmId(id), PowerState.UNKNOWN);
    }

    @Override
    public String description() {
        return "a hypervisor in memory";
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.copyOf(capabilities);
    }

    @Override
    public void checkHealth(Deadline deadline) {}

    @Override
    public void close() {}

    @Override
    public Inventory inventory() {
        return this;
    }

    @Override
    public Compute compute() {
        return this;
    }

    @Override
    public Optional<WriteCapture> writeCapture() {
        return Optional.of(capture);
    }

    @Override
    public Optional<RecoveryTarget> recoveryTarget() {
        return Optional.of(this);
    }

    @Override
    public List<VmDescription> list(Deadline deadline) throws ProviderException {
        failures.check("inventory");
        return vms.values().stream()
                .sorted(Comparator.comparing(VmDescription::name))
                .toList();
    }

    @Override
    public Optional<VmDescription> find(VmId vm, Deadline deadline) {
        return Optional.ofNullable(vms.get(vm));
    }

    @Override
    public PowerState power(VmId vm, Deadline deadline) {
        return power.getOrDefault(vm, PowerState.UNKNOWN);
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        failures.check("start");
        var _ = crashes.effect("start " + vm, () -> {
            if (!vms.containsKey(vm)) {
                throw new AssertionError("start of a VM that is not there: " + vm);
            }
            return Optional.ofNullable(power.put(vm, PowerState.RUNNING));
        });
    }

    @Override
    public void shutDown(VmId vm, Deadline deadline) throws ProviderException {
        failures.check("shutDown");
        power.put(vm, PowerState.OFF);
    }

    @Override
    public void powerOff(VmId vm, Deadline deadline) {
        power.put(vm, PowerState.OFF);
    }

    @Override
    public VmId create(RecoveryVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        failures.check("create");
        return crashes.effect("create " + spec.name(), () -> {
            VmId id = new VmId(operation + ":" + spec.name());
            if (made.containsKey(id)) {
                return id;
            }
            if (vms.values().stream().anyMatch(vm -> vm.name().equals(spec.name()))) {
                throw new ProviderException(
                        FailureKind.CONFLICT, "VM not created", "the name " + spec.name() + " is taken", "Rename it.");
            }
            made.put(id, new Made(operation, spec, false));
            vms.put(
                    id,
                    new VmDescription(
                            id, spec.name(), PowerState.OFF, spec.hardware(), List.of(), List.of(), spec.nics()));
            power.put(id, PowerState.OFF);
            return id;
        });
    }

    @Override
    public void promote(VmId vm, OperationId operation, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        failures.check("promote");
        var _ = crashes.effect("promote " + vm, () -> {
            progress.accept(0.5);
            Made before = made.get(vm);
            if (before == null) {
                throw new AssertionError("promote of a VM that is not there: " + vm);
            }
            return Optional.ofNullable(made.put(vm, new Made(operation, before.spec(), true)));
        });
    }

    @Override
    public void discard(OperationId operation, Deadline deadline) throws ProviderException {
        failures.check("discard");
        var _ = crashes.effect("discard", () -> {
            made.forEach((id, vm) -> {
                if (vm.operation().equals(operation) && !vm.promoted()) {
                    vms.remove(id);
                    power.remove(id);
                }
            });
            return made.values().removeIf(vm -> vm.operation().equals(operation) && !vm.promoted());
        });
    }

    @Override
    public List<VmId> list(OperationId operation, Deadline deadline) {
        return made.entrySet().stream()
                .filter(entry -> entry.getValue().operation().equals(operation))
                .map(Map.Entry::getKey)
                .toList();
    }
}
