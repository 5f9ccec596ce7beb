package io.tidemark.hypervisor.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.guest.LedgerProgram;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.tck.consistency.DiskHistory;
import io.tidemark.tck.consistency.TraceReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guests' own writes, and the record of all writes. */
final class GuestWorkloadTest {
    private final SimSubject subject;
    private final Path trace;

    GuestWorkloadTest(@TempDir Path folder) throws Exception {
        subject = new SimSubject();
        trace = folder.resolve("trace");
    }

    @AfterEach
    void remove() throws Exception {
        subject.close();
    }

    private HypervisorSite open(String writesPerSecond) throws ProviderException {
        Map<String, String> settings = new HashMap<>(subject.config().values());
        settings.put("workload-writes-per-second", writesPerSecond);
        settings.put("trace-directory", trace.toString());
        return subject.factory().open(new ProviderConfig(settings), subject.context(), SimLab.soon());
    }

    private void awaitWrites(VolumeId volume, int writes) throws Exception {
        for (var limit = SimLab.soon(); history(volume).size() < writes; LockSupport.parkNanos(20_000_000)) {
            assertTrue(!limit.passed(), () -> "no more writes to " + volume);
        }
    }

    private DiskHistory history(VolumeId volume) throws Exception {
        return new TraceReader(trace).read(volume.value());
    }

    private static byte[] read(HypervisorSite site, VolumeId volume) throws Exception {
        try (var device = site.volumeReader().orElseThrow().openLive(volume, SimLab.soon())) {
            ByteBuffer contents = ByteBuffer.allocate(Math.toIntExact(device.sizeBytes()));
            device.read(0, contents);
            return contents.array();
        }
    }

    @Test
    void everyWriteOfEveryRunIsInTheRecordAndTheLedgerStaysWhole() throws Exception {
        List<VolumeId> volumes;
        SampleVm vm;
        try (HypervisorSite site = open("1000")) {
            vm = site.sampleVms()
                    .orElseThrow()
                    .create(
                            new SampleVmSpec("busy", List.of(SimLab.DISK_BYTES, SimLab.DISK_BYTES)),
                            OperationId.random(),
                            SimLab.soon());
            volumes = site.inventory().find(vm.id(), SimLab.soon()).orElseThrow().volumes().stream()
                    .map(volume -> volume.id())
                    .toList();
            for (int number = 1; number <= 20; number++) {
                vm.append(1, number, SimLab.soon());
            }
            awaitWrites(volumes.get(0), 50);
            awaitWrites(volumes.get(1), 70);
            assertEquals(new LedgerReport(20, true), vm.report(1, SimLab.soon()));
        }
        Map<VolumeId, Integer> before = new HashMap<>();
        for (VolumeId volume : volumes) {
            before.put(volume, history(volume).size());
        }
        try (HypervisorSite site = open("1000")) {
            for (VolumeId volume : volumes) {
                awaitWrites(volume, before.getOrDefault(volume, 0) + 50);
            }
            site.compute().powerOff(vm.id(), SimLab.soon());
            for (VolumeId volume : volumes) {
                assertArrayEquals(read(site, volume), history(volume).contents(), volume.value());
                int ended = history(volume).size();
                Thread.sleep(50); // fifty writes, were there any
                assertEquals(ended, history(volume).size(), "a VM without power writes nothing");
            }
        }
    }

    @Test
    void recordThatEndsInTheMiddleIsReadUpToThere() throws Exception {
        VolumeId volume;
        SampleVm vm;
        try (HypervisorSite site = open("0")) {
            vm = site.sampleVms()
                    .orElseThrow()
                    .create(new SampleVmSpec("idle", List.of(SimLab.DISK_BYTES)), OperationId.random(), SimLab.soon());
            volume = site.inventory()
                    .find(vm.id(), SimLab.soon())
                    .orElseThrow()
                    .volumes()
                    .getFirst()
                    .id();
            vm.append(0, 1, SimLab.soon());
            vm.append(0, 2, SimLab.soon());
        }
        Path file = trace.resolve("0001").resolve(volume.value().replace('/', '_') + ".trace");
        byte[] whole = Files.readAllBytes(file);
        // A power-on, two issues with a block each, two acknowledgements; the last record is an acknowledgement.
        for (int lost : List.of(1, 20, 21, 22, 21 + LedgerProgram.ENTRY_BYTES, 21 + LedgerProgram.ENTRY_BYTES + 5)) {
            Files.write(
                    file, java.util.Arrays.copyOf(whole, whole.length - lost), StandardOpenOption.TRUNCATE_EXISTING);
            assertEquals(lost <= 21 ? 2 : 1, history(volume).size(), "without the last " + lost + " bytes");
        }
        // What the record no longer tells is told by the contents at the next power-on.
        try (HypervisorSite site = open("0")) {
            assertArrayEquals(read(site, volume), history(volume).contents());
        }
    }

    @Test
    void unfitSettingsAreRefused() {
        for (String rate : List.of("-1", "10001", "many", "1.5")) {
            ProviderException refused = assertThrows(ProviderException.class, () -> open(rate));
            assertTrue(refused.remedy().contains("workload-writes-per-second"), refused.getMessage());
        }
    }
}
