package io.tidemark.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.cli.TidemarkCli;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.site.HypervisorSite;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A plugin that is no part of this build: compiled against the SPI alone, installed by the command line, used, and removed. */
final class ThirdPartyPluginTest {
    private static final Path HOME = Path.of("third-party", "image-folder");
    private static final long DISK_BYTES = 8L << 20;

    @Test
    void aPluginOfSomebodyElseIsInstalledUsedAndRemoved() throws Exception {
        try (Workspace workspace = Workspace.make()) {
            Path zip = ForeignPlugin.build(HOME, workspace.folder("author"), "image-folder");
            Path plugins = workspace.folder("plugins");
            try (Stream<Path> bundled = Files.list(Workspace.PLUGINS)) {
                for (Path each : bundled.toList()) {
                    Files.copy(each, plugins.resolve(each.getFileName()));
                }
            }
            SiteServer source = SiteServer.start(workspace, "third-source");
            SiteProcess recovery = SiteProcess.of(workspace, "third-recovery", plugins);
            recovery.start();

            tidemark(recovery, "plugin", "verify", zip.toString());
            assertFalse(Files.exists(plugins.resolve("image-folder.zip")), "verifying installed it");
            assertTrue(tidemark(recovery, "plugin", "install", zip.toString()).contains("next start"));
            recovery.kill();
            recovery.start();
            String listed = tidemark(recovery, "plugin", "list");
            assertTrue(
                    listed.lines().anyMatch(line -> line.startsWith("image-folder") && line.contains("1.0.0")), listed);

            Path images = workspace.folder("images");
            recovery.api().addHypervisor("lab", "image-folder", Map.of("folder", images.toString()));
            assertRecoversInto(images, workspace, source, recovery);

            tidemark(recovery, "plugin", "remove", "image-folder", "--yes");
            recovery.kill();
            recovery.start();
            assertFalse(tidemark(recovery, "plugin", "list").contains("image-folder"));
        }
    }

    private static void assertRecoversInto(Path images, Workspace workspace, SiteServer source, SiteProcess recovery)
            throws Exception {
        source.api().addHypervisor("lab", "sim", Map.of());
        source.api().pairWith(recovery.api());
        HypervisorSite hypervisor = source.hypervisor("lab");
        SampleVm guest = workspace.closing(hypervisor
                .sampleVms()
                .orElseThrow()
                .create(new SampleVmSpec("db", List.of(DISK_BYTES, DISK_BYTES)), OperationId.random(), soon()));
        for (int entry = 1; entry <= 20; entry++) {
            guest.append(entry % 2, (entry + 1) / 2, soon());
        }
        source.api().protect("erp", List.of("db"), "third-recovery");
        guest.append(0, 11, soon());
        JsonNode tagged =
                source.api().post("/vpgs/erp/checkpoints", SiteApi.json().put("tag", "image"));

        JsonNode test = recover(recovery, "TEST", tagged);
        Path made = images.resolve(vmName(test));
        for (int disk = 0; disk < 2; disk++) {
            assertEquals(digestOfSource(hypervisor, guest, disk), digestOf(made.resolve("disk-" + disk + ".raw")));
        }
        recovery.api()
                .run(
                        "/recoveries/" + test.path("id").asText() + "/stop",
                        SiteApi.json().put("result", "PASSED"));
        try (Stream<Path> left = Files.list(images)) {
            assertEquals(List.of(), left.toList(), "the test left something behind");
        }

        JsonNode live = recover(recovery, "FAILOVER", tagged);
        Path kept = images.resolve(vmName(live));
        recovery.api().run("/recoveries/" + live.path("id").asText() + "/commit", SiteApi.json());
        for (int disk = 0; disk < 2; disk++) {
            assertEquals(digestOfSource(hypervisor, guest, disk), digestOf(kept.resolve("disk-" + disk + ".raw")));
        }
    }

    private static JsonNode recover(SiteProcess site, String type, JsonNode checkpoint) throws Exception {
        ObjectNode request = SiteApi.json().put("type", type);
        request.putObject("checkpoint").put("id", checkpoint.path("id").asLong());
        JsonNode started = site.api().run("/vpgs/erp/recoveries", request);
        return site.api().get("/recoveries/" + started.path("id").asText());
    }

    private static String vmName(JsonNode recovery) {
        return recovery.path("vms").path(0).path("id").asText();
    }

    private static String digestOfSource(HypervisorSite hypervisor, SampleVm guest, int disk) throws Exception {
        VolumeId volume = hypervisor
                .inventory()
                .find(guest.id(), soon())
                .orElseThrow()
                .volumes()
                .get(disk)
                .id();
        try (BlockDevice device = hypervisor.volumeReader().orElseThrow().openLive(volume, soon())) {
            ByteBuffer contents = ByteBuffer.allocate(Math.toIntExact(device.sizeBytes()));
            device.read(0, contents);
            return DiskViews.digest(contents.array());
        }
    }

    private static String digestOf(Path image) throws Exception {
        return DiskViews.digest(Files.readAllBytes(image));
    }

    private static Deadline soon() {
        return Deadline.after(Polling.PATIENCE);
    }

    private static String tidemark(SiteProcess site, String... command) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int ended = TidemarkCli.run(
                new PrintWriter(out), new PrintWriter(err), new StringReader(""), site.environment(), command);
        assertEquals(0, ended, () -> String.join(" ", command) + ": " + out + err);
        return out.toString();
    }
}
