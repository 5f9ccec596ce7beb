package io.tidemark.launcher.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.launcher.demo.DemoWorld.Choice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole story over simulated machines, brought up by programs of a project that is made up. */
class DemoTest {
    @TempDir
    private Path folder;

    private final String before = System.getProperty("tidemark.plugins", "");

    @BeforeEach
    void bundlePlugins() throws IOException {
        try (Stream<Path> zips = Files.list(Path.of("target", "test-plugins"))) {
            System.setProperty("tidemark.plugins", zips.map(Path::toString).collect(Collectors.joining(":")));
        }
    }

    @AfterEach
    void restore() {
        System.setProperty("tidemark.plugins", before);
    }

    private void program(String path, String notes) throws IOException {
        program(path, notes, "{\"kind\": \"sim\", \"settings\": {}}");
    }

    private void program(String path, String notes, String says) throws IOException {
        Path program = folder.resolve(path);
        Files.createDirectories(program.getParent());
        Files.writeString(program, """
                #!/bin/sh
                echo "$@" >> NOTES/started
                echo 'SAYS'
                while read line; do :; done
                echo "$@" >> NOTES/ended
                """.replace("SAYS", says)
                .replace("NOTES", folder.toString())
                .replace("started", notes + "-started")
                .replace("ended", notes + "-ended"));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void a_hypervisor_and_a_target_of_other_names_are_brought_up_used_and_put_away() throws Exception {
        program("plugins-target-cloud/demo-target", "target");
        program("plugins-hypervisor-big/demo-site", "site");
        Path report = folder.resolve("report.json");
        Demo demo = new Demo(new Narrator(Narrator.Pace.HEADLESS), new ProjectHome(Optional.of(folder)));
        assertEquals(0, demo.run(new Choice("big", Optional.of("cloud")), Optional.of(report)));
        JsonNode told = new ObjectMapper().readTree(report.toFile());
        assertEquals("big", told.path("hypervisor").asText());
        assertEquals("cloud", told.path("target").asText());
        assertTrue(told.path("ledgerVerified").asBoolean());
        assertTrue(told.path("blocksVerified").asBoolean());
        assertEquals(1, Files.readAllLines(folder.resolve("target-ended")).size());
        List<String> sites = Files.readAllLines(folder.resolve("site-started"));
        assertEquals(2, sites.size(), sites::toString);
        assertTrue(sites.get(0).startsWith("paris /") && sites.get(1).startsWith("lyon /"), sites::toString);
        assertEquals(2, Files.readAllLines(folder.resolve("site-ended")).size());
        assertFalse(Files.exists(Path.of(sites.get(0).substring("paris ".length()))), "the folders are gone too");
    }

    /**
     * The plugin writes of each disk only what it is told to differ from what was staged. So a verified run proves the whole way: what the
     * journals say of changes, staging, creation from what is staged, and reading back.
     */
    @Test
    void a_target_that_stages_and_runs_no_guest_is_verified_by_what_is_read_back() throws Exception {
        Path target = Files.createDirectory(folder.resolve("target"));
        System.setProperty(
                "tidemark.plugins",
                System.getProperty("tidemark.plugins") + ":"
                        + FolderPlugin.writeTo(folder.resolve("folder-plugin.zip")));
        program(
                "plugins-target-folder/demo-target",
                "target",
                "{\"kind\": \"folder\", \"settings\": {\"folder\": \"" + target + "\"}}");
        Path report = folder.resolve("report.json");
        Demo demo = new Demo(new Narrator(Narrator.Pace.HEADLESS), new ProjectHome(Optional.of(folder)));
        assertEquals(0, demo.run(new Choice("sim", Optional.of("folder")), Optional.of(report)));
        JsonNode told = new ObjectMapper().readTree(report.toFile());
        assertEquals("folder", told.path("target").asText());
        assertTrue(told.path("ledgerVerified").asBoolean()
                && told.path("blocksVerified").asBoolean());
        List<String> created = Files.readAllLines(target.resolve("created.log"));
        assertEquals(3, created.size(), created::toString);
        for (String disk : created) {
            long written = Long.parseLong(disk.substring(0, disk.indexOf(' ')));
            assertTrue(written < DemoWorld.DISK_BYTES / 4, () -> "only the difference is written: " + created);
        }
        try (Stream<Path> left = Files.walk(target)) {
            assertEquals(
                    List.of(target.resolve("created.log")),
                    left.filter(Files::isRegularFile).toList(),
                    "nothing is left at the target");
        }
    }

    @Test
    void an_unknown_target_is_refused_before_anything_is_started() {
        Demo demo = new Demo(new Narrator(Narrator.Pace.HEADLESS), new ProjectHome(Optional.of(folder)));
        assertEquals(1, demo.run(new Choice("sim", Optional.of("cloud")), Optional.empty()));
    }
}
