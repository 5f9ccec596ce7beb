package io.tidemark.hypervisor.vsphere.hostsimulator;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.hypervisor.vsphere.filter.FilterClient;
import io.tidemark.hypervisor.vsphere.filter.protocol.DiskInfo;
import io.tidemark.hypervisor.vsphere.hostsimulator.VCenterDriver.Answer;
import io.tidemark.hypervisor.vsphere.hostsimulator.VCenterDriver.Disk;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.site.VolumeDescription;
import io.tidemark.spi.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A site whose vCenter is the test: as much of the SPI as the contracts of capture and reading need to be run on a host simulator. */
final class FilterSite implements HypervisorSite, Compute, Inventory, SampleVms {
    private final Lab lab;
    private final FilterClient client;
    private final AtomicInteger numbers = new AtomicInteger();
    private final Map<VmId, Vm> vms = new ConcurrentHashMap<>();

    FilterSite(Lab lab) {
        this.lab = lab;
        this.client = lab.client();
    }

    private record Vm(String name, List<Disk> disks) {}

    @Override
    public String description() {
        return "a host simulator";
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public void checkHealth(Deadline deadline) {}

    @Override
    public Inventory inventory() {
        return this;
    }

    @Override
    public Compute compute() {
        return this;
    }

    @Override
    public Optional<SampleVms> sampleVms() {
        return Optional.of(this);
    }

    @Override
    public Optional<WriteCapture> writeCapture() {
        return Optional.of(new FilterCapture(client));
    }

    @Override
    public Optional<VolumeReader> volumeReader() {
        return Optional.of((volume, deadline) -> {
            for (DiskInfo disk : disks(deadline)) {
                if (disk.id().equals(volume.value())) {
                    return new FilterVolume(client, disk.id(), disk.sizeBytes());
                }
            }
            throw FilterCapture.refusal(FailureKind.REJECTED, "there is no " + volume);
        });
    }

    @Override
    public PowerState power(VmId vm, Deadline deadline) throws ProviderException {
        return describe(vm, require(vm), disks(deadline)).power();
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        push(vm, require(vm), true);
    }

    @Override
    public void shutDown(VmId vm, Deadline deadline) throws ProviderException {
        push(vm, require(vm), false);
    }

    @Override
    public void powerOff(VmId vm, Deadline deadline) throws ProviderException {
        push(vm, require(vm), false);
    }

    @Override
    public List<VmDescription> list(Deadline deadline) throws ProviderException {
        List<DiskInfo> disks = disks(deadline);
        return vms.entrySet().stream()
                .map(vm -> describe(vm.getKey(), vm.getValue(), disks))
                .toList();
    }

    @Override
    public Optional<VmDescription> find(VmId vm, Deadline deadline) throws ProviderException {
        Vm known = vms.get(vm);
        return known == null ? Optional.empty() : Optional.of(describe(vm, known, disks(deadline)));
    }

    @Override
    public SampleVm create(SampleVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        VmId id = new VmId("vm-" + numbers.incrementAndGet());
        List<Disk> disks = new ArrayList<>();
        try {
            Path folder = Files.createDirectory(lab.datastore.resolve(spec.name()));
            for (long sizeBytes : spec.diskSizesBytes()) {
                Path flat = Files.createFile(folder.resolve("disk_" + disks.size() + FlatFile.SUFFIX));
                disks.add(new Disk(2000 + disks.size(), flat, sizeBytes));
            }
        } catch (IOException failed) {
            throw FilterCapture.refusal(FailureKind.RETRY_LATER, failed.toString());
        }
        vms.put(id, new Vm(spec.name(), disks));
        push(id, require(id), true);
        return new Console(id);
    }

    @Override
    public SampleVm connect(VmId vm, Deadline deadline) {
        return new Console(vm);
    }

    @Override
    public void removeAll(OperationId operation, Deadline deadline) throws ProviderException {
        for (VmId vm : vms.keySet()) {
            ask("DELETE", "/vms/" + vm.value(), null);
        }
        vms.clear();
    }

    /** Ends the capture of a disk as another filter does that attaches to it. */
    void breakCapture(VolumeId volume) throws IOException {
        try (FilterClient other = lab.client()) {
            other.attach(
                            io.tidemark.hypervisor.vsphere.filter.AttachSpec.of(volume.value()),
                            new Shadow(16 << 20),
                            Lab.soon())
                    .close();
        }
    }

    @Override
    public void close() {
        client.close();
    }

    private Vm require(VmId vm) throws ProviderException {
        Vm known = vms.get(vm);
        if (known == null) {
            throw FilterCapture.refusal(FailureKind.REJECTED, "there is no " + vm);
        }
        return known;
    }

    private List<DiskInfo> disks(Deadline deadline) throws ProviderException {
        try {
            return client.disks(deadline);
        } catch (IOException failed) {
            throw FilterCapture.refusal(FailureKind.UNREACHABLE, failed.toString());
        }
    }

    private static VmDescription describe(VmId id, Vm vm, List<DiskInfo> disks) {
        List<VolumeDescription> volumes = new ArrayList<>();
        boolean powered = false;
        for (DiskInfo disk : disks) {
            if (disk.vm().equals(id.value())) {
                powered = disk.powered();
                volumes.add(new VolumeDescription(
                        new VolumeId(disk.id()), "scsi0:" + volumes.size(), disk.sizeBytes(), "flat", disk.path()));
            }
        }
        return new VmDescription(
                id,
                vm.name(),
                powered ? PowerState.RUNNING : PowerState.OFF,
                new VmHardware(256 << 20, 1, Optional.empty()),
                volumes,
                List.of(),
                List.of());
    }

    private void push(VmId id, Vm vm, boolean powered) throws ProviderException {
        ask("PUT", "/vms/" + id.value(), VCenterDriver.vm(vm.name(), powered, vm.disks(), Map.of()));
    }

    private JsonNode ask(String method, String path, @org.jspecify.annotations.Nullable JsonNode body)
            throws ProviderException {
        try {
            Answer answer = lab.vcenter.request(method, path, body);
            if (answer.status() != 200) {
                throw FilterCapture.refusal(FailureKind.REJECTED, answer.body().toString());
            }
            return answer.body();
        } catch (IOException failed) {
            throw FilterCapture.refusal(FailureKind.UNREACHABLE, failed.toString());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw FilterCapture.refusal(FailureKind.RETRY_LATER, "interrupted");
        }
    }

    /** A guest's console over HTTP. */
    private final class Console implements SampleVm {
        private final VmId vm;

        Console(VmId vm) {
            this.vm = vm;
        }

        @Override
        public VmId id() {
            return vm;
        }

        @Override
        public void append(int disk, long number, Deadline deadline) throws ProviderException {
            say("append", disk, number);
        }

        @Override
        public void scramble(int disk, Deadline deadline) throws ProviderException {
            say("scramble", disk, 0);
        }

        @Override
        public void sync(Deadline deadline) throws ProviderException {
            say("sync", 0, 0);
        }

        @Override
        public LedgerReport report(int disk, Deadline deadline) throws ProviderException {
            JsonNode report = say("report", disk, 0);
            return new LedgerReport(
                    report.path("entries").asLong(), report.path("intact").asBoolean());
        }

        @Override
        public void close() {}

        private JsonNode say(String command, int disk, long number) throws ProviderException {
            JsonNode body =
                    Json.object().put("command", command).put("disk", disk).put("number", number);
            return ask("POST", "/vms/" + vm.value() + "/console", body);
        }
    }
}
