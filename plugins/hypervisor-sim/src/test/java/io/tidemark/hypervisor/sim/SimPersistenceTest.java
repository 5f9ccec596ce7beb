package io.tidemark.hypervisor.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** VMs outlive the process, however it ends, and half made ones do not. */
final class SimPersistenceTest {
    @Test
    void vmsAndTheirPowerSurvive() throws Exception {
        try (SimLab lab = new SimLab()) {
            SampleVm running = lab.boot("räksmörgås = 1", 2);
            SampleVm off = lab.boot("off", 1);
            running.append(1, 1, SimLab.soon());
            lab.site().compute().powerOff(off.id(), SimLab.soon());
            VmDescription before = lab.describe(running.id());
            lab.reopen();
            assertEquals(before, lab.describe(running.id()));
            assertEquals(PowerState.OFF, lab.describe(off.id()).power());
            SampleVm again = lab.sampleVms().connect(running.id(), SimLab.soon());
            assertEquals(new LedgerReport(1, true), again.report(1, SimLab.soon()));
            again.append(1, 2, SimLab.soon());
        }
    }

    @Test
    void foldersThatAreNoVmsAreRemoved() throws Exception {
        try (SimLab lab = new SimLab()) {
            VmId vm = lab.boot("vm", 1).id();
            Path half = Files.createDirectory(vms(lab).resolve("half-made"));
            Files.writeString(half.resolve("disk-0.raw"), "never finished");
            Files.writeString(vms(lab).resolve(vm.value()).resolve("vm.properties.new"), "torn");
            lab.reopen();
            assertFalse(Files.exists(half), "a folder without a record");
            assertEquals(vm, lab.describe(vm).id());
        }
    }

    @Test
    void removedVmsLeaveNoFile() throws Exception {
        try (SimLab lab = new SimLab();
                SampleVm kept = lab.boot("kept", 1)) {
            lab.host().remove(lab.host().require(lab.boot("gone", 2).id()));
            try (Stream<Path> left = Files.list(vms(lab))) {
                assertEquals(
                        List.of(kept.id().value()),
                        left.map(each -> each.getFileName().toString()).toList());
            }
        }
    }

    @Test
    void unreadableRecordIsNamed() throws Exception {
        try (SimLab lab = new SimLab()) {
            Path record = vms(lab).resolve(lab.boot("vm", 1).id().value()).resolve("vm.properties");
            lab.site().close();
            Files.writeString(record, "version=1\nid=x\n");
            ProviderException refused =
                    assertThrows(ProviderException.class, () -> lab.subject().open());
            assertEquals(FailureKind.CORRUPT, refused.kind());
            assertTrue(refused.why().contains(record.toString()), refused.why());
            Files.writeString(record, "version=2\n");
            refused = assertThrows(ProviderException.class, () -> lab.subject().open());
            assertTrue(refused.why().contains("version"), refused.why());
        }
    }

    @Test
    void folderIsOpenOnceOnly() throws Exception {
        try (SimLab lab = new SimLab()) {
            VmId vm = lab.boot("vm", 1).id();
            ProviderException refused =
                    assertThrows(ProviderException.class, () -> lab.subject().open());
            assertEquals(FailureKind.CONFLICT, refused.kind());
            assertEquals(vm, lab.describe(vm).id());
        }
    }

    @Test
    void killedProcessLosesNoAcknowledgedEntry() throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "sim");
        Process writer = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            long acknowledged = 0;
            try (BufferedReader output = writer.inputReader(StandardCharsets.US_ASCII)) {
                for (String line = output.readLine(); line != null; line = output.readLine()) {
                    acknowledged = Long.parseLong(line);
                    if (acknowledged == 300) {
                        writer.toHandle().destroyForcibly(); // unlike Process, leaves the pipe to be read to its end
                    }
                }
            }
            assertTrue(acknowledged >= 300, "the writer ended by itself after " + acknowledged);
            assertTrue(writer.waitFor(10, TimeUnit.SECONDS));
            try (SimulatedHost host = open(folder)) {
                SimulatedVm vm = host.vms().getFirst();
                assertEquals(PowerState.RUNNING, vm.record().power());
                LedgerReport report = vm.program().report(0);
                assertTrue(report.intact() && report.entries() >= acknowledged, acknowledged + " vs " + report);
                vm.program().append(0, report.entries() + 1);
            }
        } finally {
            writer.destroyForcibly();
            SimulatedHost.deleteFolder(folder);
        }
    }

    private static Path vms(SimLab lab) {
        return lab.host().directory().resolve("vms");
    }

    private static SimulatedHost open(Path folder) throws ProviderException {
        return SimulatedHost.open(
                new SimSiteConfig(folder, 0, Optional.empty()),
                new NbdBlockNetwork(folder),
                Thread.ofPlatform().daemon().factory());
    }

    /** Appends until killed, and prints each number after its acknowledgement. */
    static final class Writer {
        private Writer() {}

        @SuppressWarnings("SystemOut") // the pipe to the test
        public static void main(String[] arguments) throws IOException, ProviderException {
            Deadline deadline = Deadline.after(Duration.ofMinutes(1));
            try (HypervisorSite site = new SimSite(open(Path.of(arguments[0])))) {
                SampleVm vm = site.sampleVms()
                        .orElseThrow()
                        .create(new SampleVmSpec("vm", List.of(SimLab.DISK_BYTES)), OperationId.random(), deadline);
                for (long number = 1; !deadline.passed(); number++) {
                    vm.append(0, number, deadline);
                    System.out.println(number);
                }
            }
        }
    }
}
