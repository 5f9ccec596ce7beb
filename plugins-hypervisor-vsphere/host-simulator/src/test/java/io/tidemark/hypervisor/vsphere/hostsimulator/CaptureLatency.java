package io.tidemark.hypervisor.vsphere.hostsimulator;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.hypervisor.vsphere.filter.AttachSpec;
import io.tidemark.hypervisor.vsphere.filter.FilterAttachment;
import io.tidemark.hypervisor.vsphere.filter.FilterClient;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * No test: prints what a filter costs a guest, as the guest's own latency log has it. Started by hand:
 *
 * <pre>
 * java -cp target/classes:target/test-classes:… io.tidemark.hypervisor.vsphere.hostsimulator.CaptureLatency
 * </pre>
 */
final class CaptureLatency {
    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final Duration MEASURED = Duration.ofSeconds(8);

    private CaptureLatency() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("capture-latency");
        for (String rate : new String[] {"500", "max"}) {
            Path datastore = Files.createDirectory(folder.resolve(rate));
            try (Lab lab = new Lab(datastore)) {
                lab.with("workload", "random").with("writes-per-second", rate).powerOn();
                measure(lab, rate + " writes/s, no filter");
                FilterClient client = lab.client(lab.simulator.endpoint().port());
                for (AttachMode mode : AttachMode.values()) {
                    Shadow shadow = new Shadow(Lab.DISK_BYTES);
                    AttachSpec spec = new AttachSpec(Lab.DISK, mode, Duration.ofSeconds(2), 64 << 20);
                    try (FilterAttachment attachment = client.attach(spec, shadow, Lab.soon())) {
                        measure(
                                lab,
                                rate + " writes/s, " + mode + ", gap "
                                        + attachment.status(Lab.soon()).gap());
                    }
                }
            }
        }
    }

    private static void measure(Lab lab, String what) throws Exception {
        LockSupport.parkNanos(WARM_UP.toNanos());
        lab.vcenter.clearReport(Lab.VM);
        LockSupport.parkNanos(MEASURED.toNanos());
        JsonNode report = lab.vcenter.report(Lab.VM);
        System.out.printf(
                Locale.ROOT,
                "%-40s %8.0f writes/s  p50 %6.0f us  p99 %6.0f us  longest %7.1f ms%n",
                what,
                report.path("writes").asDouble() / MEASURED.toSeconds(),
                report.path("p50Nanos").asDouble() / 1e3,
                report.path("p99Nanos").asDouble() / 1e3,
                report.path("longestNanos").asDouble() / 1e6);
    }
}
