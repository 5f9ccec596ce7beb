package io.tidemark.launcher.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.cli.TidemarkCli;
import io.tidemark.spi.sample.SampleVm;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two whole sites, real journals and a target that stages: what REST and the command line tell of it, and that a deletion leaves nothing. */
class StagingThroughTheApiTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final CleanUp cleanUp = new CleanUp();
    private final String before = System.getProperty("tidemark.plugins", "");

    @AfterEach
    void end() {
        cleanUp.close();
        System.setProperty("tidemark.plugins", before);
    }

    @Test
    void staging_and_preflights_are_told_at_both_sites_and_a_deletion_leaves_nothing() throws Exception {
        Path target = Files.createDirectory(folder.resolve("target"));
        DemoWorld world = world(target);
        String kind = world.connectHypervisor("sim");
        String instance = world.connectTarget("folder");
        List<SampleVm> vms = world.startVms(world.paris().hypervisor(kind), "api");
        vms.forEach(vm -> cleanUp.later("a console", vm::close));
        ObjectNode request = DemoSite.json().put("name", "bank").put("recoverySite", "lyon");
        request.put("recoveryHypervisor", instance);
        vms.forEach(vm -> request.withArray("vms").add(vm.id().value()));
        request.putObject("policy").put("checkpointIntervalSeconds", 1);
        Narrator narrator = new Narrator(Narrator.Pace.HEADLESS);
        var _ = world.paris().run("/vpgs", request, narrator);

        JsonNode first = awaitStaged(world.lyon(), 0);
        JsonNode second =
                awaitStaged(world.lyon(), first.path("checkpoint").path("id").asLong());
        assertEquals("", second.path("problem").asText());
        var _ = awaitStaged(world.paris(), 0);
        for (DemoSite site : List.of(world.paris(), world.lyon())) {
            String shown = cli(site, 0, "vpg", "show", "bank");
            assertTrue(shown.contains("staged at the target") && shown.contains("checkpoint "), shown);
            assertEquals(
                    "2 VMs fit into the folder",
                    cli(site, 0, "recovery", "preflight", "bank").strip());
            String plan = cli(site, 0, "recovery", "test", "bank", "--dry-run");
            assertTrue(plan.contains("Create VMs") && plan.contains("2 VMs fit into the folder"), plan);
        }
        Files.writeString(target.resolve("objections"), "no room left\nno light left\n");
        for (DemoSite site : List.of(world.paris(), world.lyon())) {
            assertTrue(cli(site, 8, "recovery", "preflight", "bank").contains("no light left"));
            String refused = cli(site, 5, "recovery", "test", "bank", "--dry-run");
            assertTrue(
                    refused.contains("TDM-1604")
                            && refused.contains("no room left")
                            && refused.contains("no light left"),
                    refused);
        }

        JsonNode deletion = world.paris().api().delete("/vpgs/bank?journals=DELETE&peerAbsence=FAIL");
        JsonNode end = world.paris().api().awaitTask(deletion.path("id").asText(), LIMIT, task -> {});
        assertEquals("SUCCEEDED", end.path("state").asText(), end::toString);
        try (Stream<Path> left = Files.walk(target.resolve("staged"))) {
            assertEquals(List.of(), left.filter(Files::isRegularFile).toList());
        }
    }

    private DemoWorld world(Path target) throws Exception {
        try (Stream<Path> zips = Files.list(Path.of("target", "test-plugins"))) {
            System.setProperty(
                    "tidemark.plugins",
                    zips.map(Path::toString).collect(Collectors.joining(":")) + ":"
                            + FolderPlugin.writeTo(folder.resolve("folder-plugin.zip")));
        }
        Path program = folder.resolve("plugins-target-folder/demo-target");
        Files.createDirectories(program.getParent());
        Files.writeString(program, """
                #!/bin/sh
                echo '{"kind": "folder", "settings": {"folder": "TARGET"}}'
                while read line; do :; done
                """.replace("TARGET", target.toString()));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return DemoWorld.start(new Narrator(Narrator.Pace.HEADLESS), cleanUp, new ProjectHome(Optional.of(folder)));
    }

    /** What a site tells of staging, once a checkpoint after another one is at the target. */
    private static JsonNode awaitStaged(DemoSite site, long after) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            JsonNode staging = site.api().get("/vpgs/bank").path("staging");
            if (staging.path("checkpoint").path("id").asLong() > after) {
                return staging;
            }
            assertTrue(System.nanoTime() - end < 0, () -> "not staged in time: " + staging);
            Thread.sleep(100);
        }
    }

    private static String cli(DemoSite site, int code, String... arguments) throws IOException {
        StringWriter out = new StringWriter();
        Map<String, String> environment = Map.of(
                "TIDEMARK_URL", site.server().restUrl().toString(),
                "TIDEMARK_TOKEN",
                        Files.readString(site.server().adminTokenFile()).strip());
        int ended = TidemarkCli.run(
                new PrintWriter(out), new PrintWriter(out), new StringReader(""), environment, arguments);
        assertEquals(code, ended, out::toString);
        return out.toString();
    }
}
