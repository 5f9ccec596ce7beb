package io.tidemark.launcher.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.launcher.demo.ProjectHome.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProjectHomeTest {
    @TempDir
    private Path folder;

    private Path program(String path, String permissions) throws IOException {
        Path program = folder.resolve(path);
        Files.createDirectories(program.getParent());
        Files.writeString(program, "#!/bin/sh\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString(permissions));
        return program;
    }

    @Test
    void programs_are_found_by_name_and_unknown_names_are_refused_with_a_list() throws Exception {
        Path there = program("plugins-target-cloud/demo-target", "rwxr-xr-x");
        var _ = program("plugins-target-paper/demo-target", "rw-r--r--");
        var _ = program("plugins-hypervisor-big/demo-site", "rwxr-xr-x");
        ProjectHome home = new ProjectHome(Optional.of(folder));
        assertEquals(there, home.program(Role.TARGET, "--target", "cloud", List.of()));
        assertEquals(List.of("cloud"), home.names(Role.TARGET));
        assertEquals(List.of("big"), home.names(Role.SITE));
        for (String wrong : List.of("paper", "cluod", "../plugins-target-cloud", "", "cloud/../cloud")) {
            DemoException refused = assertThrows(
                    DemoException.class, () -> home.program(Role.TARGET, "--target", wrong, List.of("itself")));
            assertTrue(String.valueOf(refused.getMessage()).endsWith("There is: itself, cloud"), refused::getMessage);
        }
    }

    @Test
    void without_a_project_there_are_none() {
        ProjectHome home = new ProjectHome(Optional.empty());
        assertEquals(List.of(), home.names(Role.TARGET));
        assertThrows(DemoException.class, () -> home.program(Role.TARGET, "--target", "cloud", List.of()));
        assertThrows(DemoException.class, () -> new DemoWorld.Choice("sim", Optional.of("cloud")).check(home));
        assertThrows(DemoException.class, () -> new DemoWorld.Choice("vim", Optional.empty()).check(home));
    }
}
