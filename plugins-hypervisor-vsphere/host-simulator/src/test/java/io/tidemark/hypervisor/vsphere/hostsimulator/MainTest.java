package io.tidemark.hypervisor.vsphere.hostsimulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.hypervisor.vsphere.filter.AttachSpec;
import io.tidemark.hypervisor.vsphere.filter.FilterAttachment;
import io.tidemark.hypervisor.vsphere.filter.FilterClient;
import io.tidemark.hypervisor.vsphere.filter.FilterClientConfig;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret;
import io.tidemark.hypervisor.vsphere.filter.protocol.GapCause;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The simulator as a process of its own: how it starts, how it ends, and what is left when it is killed. */
final class MainTest {
    private static final String TOKEN = "0123456789abcdef0123456789abcdef";
    private static final String SECRET = "fedcba9876543210fedcba9876543210";

    private final Path folder;
    private final Path datastore;
    private final Path flat;
    private final List<Process> started = new ArrayList<>();

    MainTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
        this.datastore = Files.createDirectory(folder.resolve("datastore"));
        this.flat = Files.createFile(datastore.resolve("disk" + FlatFile.SUFFIX));
    }

    @AfterEach
    void endAll() throws InterruptedException {
        for (Process process : started) {
            process.destroyForcibly();
            process.waitFor();
        }
    }

    /** A running process, its output and what it said when it was ready. */
    private record Started(Process process, BufferedReader out, JsonNode ready) {
        VCenterDriver vcenter() {
            return new VCenterDriver(URI.create(ready.path("adminUrl").asText()), TOKEN);
        }

        FilterClient client() {
            return FilterClient.open(FilterClientConfig.of(
                    ready.path("filterHost").asText(),
                    ready.path("filterPort").asInt(),
                    FilterSecret.of(SECRET),
                    "main-test"));
        }
    }

    private ProcessBuilder command(String... more) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                HostSimulatorMain.class.getName(),
                "--datastore",
                datastore.toString()));
        command.addAll(List.of(more));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectError(folder.resolve("errors").toFile());
        builder.environment().keySet().removeAll(List.of("TIDEMARK_HOST_TOKEN", "TIDEMARK_FILTER_SECRET"));
        return builder;
    }

    private Started start(String... more) throws IOException {
        ProcessBuilder builder = command(more);
        builder.environment().putAll(Map.of("TIDEMARK_HOST_TOKEN", TOKEN, "TIDEMARK_FILTER_SECRET", SECRET));
        Process process = builder.start();
        started.add(process);
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        assertNotNull(line, () -> "no line, but: " + errors());
        return new Started(process, out, Json.parse(line));
    }

    private String errors() {
        try {
            return Files.readString(folder.resolve("errors"));
        } catch (IOException none) {
            return none.toString();
        }
    }

    private void powerOn(VCenterDriver vcenter, String writesPerSecond) throws Exception {
        vcenter.push(
                "vm-1",
                VCenterDriver.vm(
                        "one",
                        true,
                        List.of(new VCenterDriver.Disk(2000, flat, Lab.DISK_BYTES)),
                        Map.of(
                                "guestinfo.tidemark.workload",
                                "random",
                                "guestinfo.tidemark.writes-per-second",
                                writesPerSecond)));
    }

    private static void awaitWrites(VCenterDriver vcenter, int count) throws Exception {
        Lab.await(
                "the guest writes", () -> vcenter.report("vm-1").path("writes").asInt() > count);
    }

    @Test
    void endOfInputEndsItWithAReport() throws Exception {
        Started simulator = start("--report");
        assertEquals(simulator.process().pid(), simulator.ready().path("pid").asLong());
        try (VCenterDriver vcenter = simulator.vcenter()) {
            powerOn(vcenter, "max");
            awaitWrites(vcenter, 100);
        }
        simulator.process().getOutputStream().close();
        JsonNode disk = Json.parse(simulator.out().readLine())
                .path("vms")
                .path(0)
                .path("disks")
                .path(0);
        assertTrue(disk.path("writes").asInt() > 100, disk::toString);
        assertTrue(disk.path("p50Nanos").asLong() <= disk.path("p99Nanos").asLong(), disk::toString);
        assertTrue(simulator.process().waitFor(20, TimeUnit.SECONDS));
        assertEquals(0, simulator.process().exitValue(), this::errors);
        assertEquals(null, simulator.out().readLine());
    }

    @Test
    void terminationClosesTheDisksFirst() throws Exception {
        Started simulator = start();
        FilterClient client = simulator.client();
        try (VCenterDriver vcenter = simulator.vcenter()) {
            powerOn(vcenter, "max");
            Shadow shadow = new Shadow(Lab.DISK_BYTES);
            client.attach(AttachSpec.of("vm-1/2000"), shadow, Lab.soon());
            awaitWrites(vcenter, 50);
            simulator.process().destroy();
            assertTrue(simulator.process().waitFor(20, TimeUnit.SECONDS));
            Lab.await("the filter is told", () -> shadow.gap() != null);
            assertFalse(shadow.jumped());
        } finally {
            client.close();
        }
    }

    /** Every write that may be in the file is in the map, and a filter is not told that nothing is missing. */
    @Test
    void killedSimulatorLeavesNoChangeUnmarked() throws Exception {
        Started simulator = start();
        byte[] frozen;
        int sequence;
        int port = simulator.ready().path("filterPort").asInt();
        FilterClient client = simulator.client();
        try {
            Shadow shadow = new Shadow(Lab.DISK_BYTES);
            FilterAttachment attachment;
            try (VCenterDriver vcenter = simulator.vcenter()) {
                powerOn(vcenter, "200");
                awaitWrites(vcenter, 50);
                attachment = client.attach(AttachSpec.of("vm-1/2000"), shadow, Lab.soon());
                sequence = vcenter.freeze(flat).path("sequence").asInt();
                frozen = Files.readAllBytes(flat);
                vcenter.thaw(flat);
                Lab.await("more is written", () -> shadow.last() > 100);
                simulator.process().destroyForcibly().waitFor();
            }
            byte[] left = Files.readAllBytes(flat);
            ByteBuffer marks = ByteBuffer.wrap(Files.readAllBytes(datastore.resolve("disk-ctk.bin")))
                    .order(ByteOrder.LITTLE_ENDIAN);
            int changed = 0;
            for (int grain = 0; grain < left.length / 65536; grain++) {
                int from = grain * 65536;
                if (Arrays.mismatch(left, from, from + 65536, frozen, from, from + 65536) >= 0) {
                    changed++;
                    assertTrue(marks.getInt(grain * 4) > sequence, "grain " + grain + " is not marked");
                }
            }
            assertTrue(changed > 0, "nothing was changed");
            Started again = start("--filter-port", Integer.toString(port));
            try (VCenterDriver vcenter = again.vcenter()) {
                powerOn(vcenter, "200");
                Lab.await("the filter hears of it", () -> shadow.gap() != null);
                assertEquals(Optional.of(GapCause.UNKNOWN), attachment.gap());
                Shadow anew = new Shadow(Lab.DISK_BYTES);
                client.attach(AttachSpec.of("vm-1/2000"), anew, Lab.soon());
                Lab.await("capture goes on", () -> anew.last() > 20);
            }
        } finally {
            client.close();
        }
    }

    @Test
    void startsOnlyWithSecretsAndDatastore() throws Exception {
        Path weak = Files.writeString(folder.resolve("weak"), "short\n");
        Path token = Files.writeString(folder.resolve("token"), TOKEN + "\n");
        Path secret = Files.writeString(folder.resolve("secret"), SECRET + "\n");
        for (List<Path> files : List.of(
                List.<Path>of(),
                List.of(token),
                List.of(weak, secret),
                List.of(token, weak),
                List.of(token, folder.resolve("no")))) {
            List<String> options = new ArrayList<>();
            if (!files.isEmpty()) {
                options.addAll(List.of("--token-file", files.getFirst().toString()));
            }
            if (files.size() > 1) {
                options.addAll(List.of("--filter-secret-file", files.getLast().toString()));
            }
            Process process = command(options.toArray(String[]::new)).start();
            started.add(process);
            assertTrue(process.waitFor(20, TimeUnit.SECONDS), options::toString);
            assertEquals(1, process.exitValue(), options::toString);
            assertTrue(errors().startsWith("host-simulator: "), this::errors);
        }
    }
}
